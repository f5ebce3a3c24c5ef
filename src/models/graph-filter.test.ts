import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Histories } from '../data/histories.ts';
import type { DenseMath } from '../math/dense-math.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import { graphFilter } from './graph-filter.ts';
import type { Model, Setting } from './model.ts';
import { modelSettings } from './registry.ts';

let dense: DenseMath;
beforeAll(async () => {
  dense = await openWasmDenseMath(1);
});
afterAll(() => dense.close());

/** u0 {0, 1}, u1 {0, 1}, u2 {1, 2}, u3 {2}: item degrees 2, 3, 2. */
const histories: Histories = {
  itemCount: 3,
  offsets: Int32Array.of(0, 2, 4, 6, 7),
  items: Int32Array.of(0, 1, 0, 1, 1, 2, 2),
  ordered: false,
};

function fitted(settings: Record<string, Setting>): Promise<Model> {
  const context = { compute: { threads: 1, dense }, seed: 1 };
  return graphFilter.fit({ histories }, modelSettings(graphFilter, settings), context);
}

async function scores(model: Model, ...items: number[]): Promise<number[]> {
  const out = new Float32Array(3);
  await model.score([{ items: Int32Array.from(items) }], out);
  return [...out];
}

test('the linear filter is the normalised co-occurrence', async () => {
  const out = await scores(await fitted({ lowPass: 0 }), 1);
  // 0 and 1 share two users of degree 2, 1 and 2 one.
  expect(out[0]).toBeCloseTo(1 / Math.sqrt(2 * 3), 6);
  expect(out[1]).toBe(0);
  expect(out[2]).toBeCloseTo(0.5 / Math.sqrt(3 * 2), 6);
});

test('a low-pass of full rank lets everything through, so that only the chosen item is raised', async () => {
  const [without, all] = [await scores(await fitted({ lowPass: 0 }), 0), await scores(await fitted({ lowPass: 2 }), 0)];
  for (const item of [0, 1, 2]) expect(all[item]! - without[item]!).toBeCloseTo(item === 0 ? 2 : 0, 4);
});

test('a low-pass of rank one follows the degrees: its direction is their root', async () => {
  const model = await fitted({ lowPass: 1, rank: 1 });
  const linear = await fitted({ lowPass: 0 });
  const [full, part] = [await scores(model, 0), await scores(linear, 0)];
  const smooth = full.map((score, item) => score - part[item]!);
  // Direction D^½ / |D^½| with |D^½|² = 7: from item 0, V0 / D0^½ = 1/√7, to item i, D_i^½ V_i = D_i / √7.
  expect(smooth[0]).toBeCloseTo(2 / 7, 3);
  expect(smooth[1]).toBeCloseTo(3 / 7, 3);
  expect(smooth[2]).toBeCloseTo(2 / 7, 3);
});
