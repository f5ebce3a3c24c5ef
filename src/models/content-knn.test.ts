import { afterAll, beforeAll, expect, test } from 'vitest';
import { ItemAttributes } from '../data/item-attributes.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import { absent } from './absent.ts';
import { contentKnn } from './content-knn.ts';
import type { Compute, Model } from './model.ts';
import { modelSettings } from './registry.ts';

let compute: Compute;
beforeAll(async () => {
  compute = { threads: 1, dense: await openWasmDenseMath(1) };
});
afterAll(() => compute.dense.close());

/** @param rows - attributes by item; histories hold the items of `chosen` */
async function fitOn(rows: readonly number[][], chosen: readonly number[], settings = {}): Promise<Model> {
  const attributes = ItemAttributes.of(rows.map((ids) => Int32Array.from(ids)));
  const histories = {
    ...{ itemCount: rows.length, items: Int32Array.from(chosen), ordered: true },
    offsets: Int32Array.of(0, chosen.length),
  };
  const context = { compute, seed: 1 };
  return contentKnn.fit({ histories, catalogue: { attributes } }, modelSettings(contentKnn, settings), context);
}

function scoresOf(model: Model, ...items: number[]): number[] {
  const out = new Float32Array(model.itemCount);
  const all = Int32Array.from({ length: model.itemCount }, (_, item) => item);
  model.scoreItems({ items: Int32Array.from(items) }, all, out);
  return [...out];
}

test('the score is the cosine of rarities, and what shares nothing is absent', async () => {
  const scores = scoresOf(await fitOn([[1, 2], [1], [2], [1, 2], []], [0]), 0);
  const [one, two] = [Math.log(1 + 5 / 3), Math.log(1 + 5 / 3)];
  const length = Math.hypot(one, two);
  expect(scores[3]).toBeCloseTo(1, 6);
  expect(scores[1]).toBeCloseTo(one / length, 6);
  expect(scores[2]).toBeCloseTo(two / length, 6);
  expect(scores[4]).toBe(absent);
});

test('the newest of the history weighs most', async () => {
  const scores = scoresOf(await fitOn([[1], [2], [1], [2]], [0, 1], { historyDecay: 0.5 }), 0, 1);
  expect(scores[3]! / scores[2]!).toBeCloseTo(2, 6);
});

test('of what very many share, half of those that nobody chose are looked at, and the most chosen', async () => {
  const rows = Array.from({ length: 100 }, () => [7]);
  const chosen = [5, 5, 5, 6, 6, 8];
  const model = await fitOn(rows, chosen, { perAttribute: 4 });
  const looked = scoresOf(model, 9).flatMap((score, item) => (score > absent ? [item] : []));
  expect(looked).toEqual([0, 1, 5, 6]);
});

test('without attributes it cannot be fitted, and says what is missing', async () => {
  const histories = { itemCount: 1, items: Int32Array.of(0), offsets: Int32Array.of(0, 1), ordered: true };
  const settings = modelSettings(contentKnn);
  for (const data of [{ histories }, { histories, catalogue: {} }])
    await expect(contentKnn.fit(data, settings, { compute, seed: 1 })).rejects.toMatchObject({ code: 'SW_MODEL_DATA' });
});
