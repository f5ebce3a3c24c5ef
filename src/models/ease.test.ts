import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Histories } from '../data/histories.ts';
import type { DenseMath } from '../math/dense-math.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import { absent } from './absent.ts';
import { ease } from './ease.ts';
import { modelSettings } from './registry.ts';

let dense: DenseMath;
beforeAll(async () => {
  dense = await openWasmDenseMath(1);
});
afterAll(() => dense.close());

const context = () => ({ compute: { threads: 1, dense }, seed: 1 });
/** Two users chose both items, one the first alone: XᵀX = [[3, 2], [2, 2]]. */
const pairs: Histories = {
  itemCount: 2,
  offsets: Int32Array.of(0, 2, 4, 5),
  items: Int32Array.of(0, 1, 1, 0, 0),
  ordered: false,
};

test('two items weigh on each other as the closed form says', async () => {
  const model = await ease.fit({ histories: pairs }, modelSettings(ease, { regularisation: 1 }), context());
  // P = [[4, 2], [2, 3]]⁻¹ = [[3, -2], [-2, 4]] / 8, so B01 = 2/4 and B10 = 2/3.
  const out = new Float32Array(4);
  await model.score([{ items: Int32Array.of(0) }, { items: Int32Array.of(1) }], out);
  expect(out[0]).toBe(absent);
  expect(out[1]).toBeCloseTo(0.5, 6);
  expect(out[2]).toBeCloseTo(2 / 3, 6);
  expect(out[3]).toBe(absent);
});

test('weights of choices count by their product', async () => {
  const weights = Float32Array.of(2, 1, 1, 2, 2);
  const model = await ease.fit(
    { histories: { ...pairs, weights } },
    modelSettings(ease, { regularisation: 1 }),
    context(),
  );
  // XᵀX = [[12, 4], [4, 2]]; P = [[13, 4], [4, 3]]⁻¹ = [[3, -4], [-4, 13]] / 23.
  const out = new Float32Array(2);
  await model.score([{ items: Int32Array.of(0) }], out);
  expect(out[1]).toBeCloseTo(4 / 13, 6);
});

test('only the largest entries of a row are kept', async () => {
  const rows = [0, 1, 2, 0, 1, 2, 0, 1];
  const histories = { itemCount: 3, offsets: Int32Array.of(0, 3, 6, 8), items: Int32Array.from(rows), ordered: false };
  const model = await ease.fit({ histories }, modelSettings(ease, { regularisation: 1, neighbours: 1 }), context());
  const out = new Float32Array(3);
  await model.score([{ items: Int32Array.of(0) }], out);
  expect(out[1]).toBeGreaterThan(0);
  expect(out[2]).toBe(absent);
});

test('more items than it can take are refused before anything is allocated', async () => {
  const large = { ...pairs, itemCount: 20_001 };
  await expect(ease.fit({ histories: large }, modelSettings(ease), context())).rejects.toMatchObject({
    code: 'SW_MODEL_LIMIT',
    message: expect.stringContaining('at most 20000 items, got 20001'),
  });
});
