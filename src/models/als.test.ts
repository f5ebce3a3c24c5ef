import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { Histories } from '../data/histories.ts';
import type { DenseMath } from '../math/dense-math.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import { als } from './als.ts';
import type { Model, Setting } from './model.ts';
import { modelSettings } from './registry.ts';

let dense: DenseMath;
beforeAll(async () => {
  dense = await openWasmDenseMath(2);
});
afterAll(() => dense.close());

/** 60 rows over 12 items; a row stays with the even or with the odd ones. */
function checkerboard(): Histories {
  const random = new Random(6);
  const rows = Array.from({ length: 60 }, (_, r) =>
    random.shuffle([0, 2, 4, 6, 8, 10].map((i) => i + (r % 2))).slice(0, 4),
  );
  const offsets = Int32Array.from({ length: 61 }, (_, r) => 4 * r);
  return { itemCount: 12, offsets, items: Int32Array.from(rows.flat()), ordered: false };
}

function fitted(histories: Histories, settings: Record<string, Setting>): Promise<Model> {
  const complete = modelSettings(als, { factors: 8, iterations: 10, ...settings });
  return als.fit({ histories }, complete, { compute: { threads: 2, dense }, seed: 3 });
}

async function scores(model: Model, items: number[], weights?: number[]): Promise<Float32Array> {
  const out = new Float32Array(model.itemCount);
  const query = { items: Int32Array.from(items), ...(weights && { weights: Float32Array.from(weights) }) };
  await model.score([query], out);
  return out;
}

test('the chosen score near 1, the rest of the same side above the other side', async () => {
  const out = await scores(await fitted(checkerboard(), {}), [0, 2, 4]);
  for (const chosen of [0, 2, 4]) expect(out[chosen]!).toBeGreaterThan(0.7);
  const [even, odd] = [
    [6, 8, 10],
    [1, 3, 5, 7, 9, 11],
  ].map((items) => items.map((i) => out[i]!));
  expect(Math.min(...even!)).toBeGreaterThan(Math.max(...odd!) + 0.2);
});

test('a vector solves its normal equations: the ridge pulls toward zero, confidence toward one', async () => {
  const histories = checkerboard();
  const loose = await scores(await fitted(histories, { regularisation: 0.001 }), [0, 2]);
  const tight = await scores(await fitted(histories, { regularisation: 0.3 }), [0, 2]);
  expect(loose[0]!).toBeGreaterThan(tight[0]!);
  const model = await fitted(histories, { alpha: 5 });
  const [weak, strong] = [await scores(model, [0, 2], [0.2, 1]), await scores(model, [0, 2], [5, 1])];
  expect(strong[0]!).toBeGreaterThan(weak[0]!);
});

test('weights of the fitted choices count', async () => {
  const histories = checkerboard();
  const weights = Float32Array.from(histories.items, (item) => (item === 0 ? 20 : 1));
  const plain = await scores(await fitted(histories, { alpha: 2 }), [2, 4]);
  const weighted = await scores(await fitted({ ...histories, weights }, { alpha: 2 }), [2, 4]);
  expect(weighted[0]! - plain[0]!).toBeGreaterThan(0.05);
});

test('the parts of a score sum to it; a repeated item counts once, an unknown one not at all', async () => {
  const model = await fitted(checkerboard(), {});
  const query = { items: Int32Array.of(0, 2, 0, 99, 4) };
  const parts = model.explain!(query, 6);
  // The repeated item counts once, where it last stood; the unknown one not at all.
  expect(parts.map(({ position }) => position)).toEqual([1, 2, 4]);
  const out = new Float32Array(12);
  await model.score([query], out);
  expect(parts.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(out[6]!, 5);
});
