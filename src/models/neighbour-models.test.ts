import { expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { Histories, Query } from '../data/histories.ts';
import { absent } from './absent.ts';
import { itemKnn } from './item-knn.ts';
import type { Compute, Model, ModelDefinition, Setting } from './model.ts';
import { popularity } from './popularity.ts';
import { recentlyViewed } from './recently-viewed.ts';
import { modelSettings } from './registry.ts';
import { rp3beta } from './rp3beta.ts';

const compute = { threads: 2 } as Compute;
const fitOn = (
  definition: ModelDefinition,
  histories: Histories,
  chosen: Readonly<Record<string, Setting>> = {},
  more: { signal?: AbortSignal; onProgress?: (share: number) => void } = {},
): Promise<Model> => definition.fit({ histories }, modelSettings(definition, chosen), { compute, seed: 1, ...more });

/** 0 for what is absent: it adds nothing to a sum. */
async function scoresOf(model: Model, query: Query): Promise<number[]> {
  const out = new Float32Array(model.itemCount);
  await model.score([query], out);
  return Array.from(out, (score) => (score > absent ? score : 0));
}

/** 150 users by 40 items at random, weights 1 to 4; `dense[u][i]` is the same matrix. */
const random = new Random(21);
const dense = Array.from({ length: 150 }, () =>
  Array.from({ length: 40 }, () => (random.uniform() < 0.15 ? 1 + random.below(4) : 0)),
);
const rows = dense.map((row) => [...row.entries()].filter(([, weight]) => weight > 0));
const offsets = new Int32Array(rows.length + 1);
for (const [u, row] of rows.entries()) offsets[u + 1] = offsets[u]! + row.length;
const histories: Histories = {
  itemCount: 40,
  offsets,
  items: Int32Array.from(rows.flatMap((row) => row.map(([item]) => item))),
  weights: Float32Array.from(rows.flatMap((row) => row.map(([, weight]) => weight))),
  ordered: false,
};
const [users, items] = [dense.keys().toArray(), Array.from({ length: 40 }, (_, i) => i)];
const userDegree = users.map((u) => rows[u]!.length);
const itemDegree = items.map((i) => users.filter((u) => dense[u]![i]! > 0).length);
const shared = (i: number, j: number, exponent: number): number =>
  users.reduce((sum, u) => sum + dense[u]![i]! * dense[u]![j]! * (userDegree[u] || 1) ** -exponent, 0);

test('item-knn is the shrunk cosine of the definition, cut to the nearest', async () => {
  const model = await fitOn(itemKnn, histories, { shrink: 7, userExponent: 0.4, neighbours: 39 });
  const norm = items.map((i) => Math.sqrt(users.reduce((sum, u) => sum + dense[u]![i]! ** 2, 0)));
  const similar = (i: number, j: number): number => (i === j ? 0 : shared(i, j, 0.4) / (norm[i]! * norm[j]! + 7));
  const scores = await scoresOf(model, { items: Int32Array.of(3, 8), weights: Float32Array.of(1, 2) });
  for (const j of items) expect(scores[j]).toBeCloseTo(similar(3, j) + 2 * similar(8, j), 5);

  const few = await fitOn(itemKnn, histories, { shrink: 7, userExponent: 0.4, neighbours: 5 });
  const nearest = items.toSorted((a, b) => similar(3, b) - similar(3, a)).slice(0, 5);
  const kept = await scoresOf(few, { items: Int32Array.of(3) });
  expect(items.filter((j) => kept[j]! > 0)).toEqual(nearest.toSorted((a, b) => a - b));
});

test('rp3beta is the damped walk of the definition', async () => {
  const exponents = { userExponent: 0.7, sourceExponent: 0.6, targetExponent: 0.3 };
  const model = await fitOn(rp3beta, histories, { ...exponents, neighbours: 39 });
  const scores = await scoresOf(model, { items: Int32Array.of(12) });
  for (const j of items) {
    const walk = j === 12 ? 0 : shared(12, j, 0.7) / (itemDegree[12]! ** 0.6 * itemDegree[j]! ** 0.3);
    expect(scores[j]).toBeCloseTo(walk, 5);
  }
});

test('of many tied neighbours the lower indices are kept, best first', async () => {
  const counts = { userExponent: 0, sourceExponent: 0, targetExponent: 0 };
  const ones = { ...histories, weights: new Float32Array(histories.items.length).fill(1) };
  const together = (i: number, j: number): number =>
    i === j ? 0 : users.filter((u) => dense[u]![i]! > 0 && dense[u]![j]! > 0).length;
  for (const neighbours of [1, 7, 20, 39]) {
    const { arrays } = (await fitOn(rp3beta, ones, { ...counts, neighbours })).state();
    for (const i of items) {
      const order = items.filter((j) => together(i, j) > 0).sort((a, b) => together(i, b) - together(i, a) || a - b);
      const row = arrays['indices']!.slice(arrays['offsets']![i], arrays['offsets']![i + 1]);
      expect([...row]).toEqual(order.slice(0, neighbours));
    }
  }
});

test('the newest items of an ordered history count most, and of an unordered one all the same', async () => {
  const [a, b] = [Int32Array.of(3, 8), Int32Array.of(8, 3)];
  const ordered = await fitOn(itemKnn, { ...histories, ordered: true }, { historyDecay: 0.5 });
  const [of3, of8, both] = await Promise.all(
    [[3], [8], [3, 8]].map((held) => scoresOf(ordered, { items: Int32Array.from(held) })),
  );
  for (const j of items) expect(both![j]).toBeCloseTo(0.5 * of3![j]! + of8![j]!, 5);
  const unordered = await fitOn(itemKnn, histories, { historyDecay: 0.5 });
  const [first, second] = [await scoresOf(unordered, { items: a }), await scoresOf(unordered, { items: b })];
  for (const j of items) expect(first[j]).toBeCloseTo(second[j]!, 6);
});

test('a fit tells its progress and stops when it is told to', async () => {
  const shares: number[] = [];
  await fitOn(itemKnn, histories, {}, { onProgress: (share) => shares.push(share) });
  expect(shares.at(-1)).toBe(1);
  const stopped = fitOn(rp3beta, histories, {}, { signal: AbortSignal.abort(new Error('enough')) });
  await expect(stopped).rejects.toThrow('enough');
});

test('popularity counts weights, and older events less where there are times', async () => {
  const day = 86_400_000;
  const events: Histories = {
    itemCount: 3,
    offsets: Int32Array.of(0, 2, 4),
    items: Int32Array.of(0, 1, 0, 2),
    weights: Float32Array.of(1, 3, 1, 2),
    ordered: true,
  };
  const asked = { items: new Int32Array(0) };
  expect(await scoresOf(await fitOn(popularity, events), asked)).toEqual([2, 3, 2]);
  const timed = { ...events, times: Float64Array.of(0, 0, 30 * day, 30 * day) };
  const decayed = await scoresOf(await fitOn(popularity, timed, { halfLifeDays: 30 }), asked);
  expect(decayed).toEqual([1.5, 1.5, 2]);
  expect(await scoresOf(await fitOn(popularity, timed, { halfLifeDays: 0 }), asked)).toEqual([2, 3, 2]);
});

test('recently viewed items stand newest first, and nothing else has a score', async () => {
  const scores = await scoresOf(await fitOn(recentlyViewed, histories), { items: Int32Array.of(5, 2, 9) });
  const standing = items.filter((i) => scores[i]! > 0).sort((a, b) => scores[b]! - scores[a]!);
  expect(standing).toEqual([9, 2, 5]);
});
