import fc from 'fast-check';
import { expect, test } from 'vitest';
import { composeSlate, type SlateRules } from './compose-slate.ts';
import { mmrOrder } from './mmr.ts';
import { attributeSimilarity, neighbourSimilarity, vectorSimilarity } from './similarity.ts';

const scored = fc
  .uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 40 })
  .chain((items) =>
    fc.tuple(
      fc.constant(Int32Array.from(items)),
      fc.array(fc.integer({ min: -5, max: 5 }), { minLength: items.length, maxLength: items.length }),
    ),
  );
/** Items that share a remainder are alike. */
const alike = (a: number, b: number): number => (a % 4 === b % 4 ? 0.9 : a % 2 === b % 2 ? 0.3 : 0);

test('a slate never shows what is excluded, never more than asked, and no product twice', () => {
  fc.assert(
    fc.property(
      scored,
      fc.integer({ min: 0, max: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (input, count, l) => {
        const [candidates, q] = input;
        const rules: SlateRules = {
          count,
          relevance: l,
          similarity: alike,
          exclude: (item) => (item % 5 === 0 ? 'out-of-stock' : item % 7 === 0 ? 'bought' : undefined),
          productOf: (item) => item >> 1,
        };
        const slate = composeSlate(candidates, Float64Array.from(q), rules, { tellLeftOut: true });
        expect(slate.items.length).toBeLessThanOrEqual(count);
        expect([...slate.items].filter((item) => item % 5 === 0 || item % 7 === 0)).toEqual([]);
        expect(new Set([...slate.items].map((item) => item >> 1)).size).toBe(slate.items.length);
        // Every candidate is either shown or named with its reason.
        const told = [...slate.items, ...slate.leftOut.map(({ item }) => item)].sort((a, b) => a - b);
        expect(told).toEqual([...candidates].sort((a, b) => a - b));
        const allowed = slate.leftOut.filter(({ reason }) => reason === 'beyond-count').length;
        if (allowed > 0) expect(slate.items.length).toBe(count);
        expect(composeSlate(candidates, Float64Array.from(q), rules, { tellLeftOut: true })).toEqual(slate);
      },
    ),
  );
});

test('with relevance alone the slate is in pure order', () => {
  fc.assert(
    fc.property(scored, fc.integer({ min: 1, max: 12 }), ([candidates, q], count) => {
      const slate = composeSlate(candidates, Float64Array.from(q), { count, relevance: 1, similarity: alike });
      const pure = [...candidates.keys()].sort((a, b) => q[b]! - q[a]! || a - b).map((place) => candidates[place]!);
      expect([...slate.items]).toEqual(pure.slice(0, count));
    }),
  );
});

test('MMR equals its definition, computed anew for every place', () => {
  fc.assert(
    fc.property(scored, fc.double({ min: 0, max: 1, noNaN: true }), ([items, raw], lambda) => {
      const relevance = Float64Array.from(raw, (value) => (value + 5) / 10);
      expect([...mmrOrder(items, relevance, 8, lambda, alike)]).toEqual(naiveMmr(items, relevance, 8, lambda));
    }),
  );
});

function naiveMmr(items: Int32Array, relevance: Float64Array, count: number, lambda: number): number[] {
  const order: number[] = [];
  while (order.length < Math.min(count, items.length)) {
    const values = [...items.keys()]
      .filter((c) => !order.includes(c))
      .map((c) => {
        const nearest = Math.max(0, ...order.map((o) => alike(items[c]!, items[o]!)));
        return [c, lambda * relevance[c]! - (1 - lambda) * nearest] as const;
      });
    order.push(values.reduce((best, one) => (one[1] > best[1] ? one : best))[0]);
  }
  return order;
}

test('less relevance makes the slate more varied', () => {
  const candidates = Int32Array.from({ length: 40 }, (_, i) => i);
  const q = Float64Array.from(candidates, (item) => (item % 4 === 0 ? 1 : 0) - item / 1000);
  const kinds = (relevance: number) =>
    new Set([...composeSlate(candidates, q, { count: 4, relevance, similarity: alike }).items].map((i) => i % 4)).size;
  expect(kinds(1)).toBe(1);
  expect(kinds(0.3)).toBeGreaterThan(2);
});

test('likeness is one for the same thing and zero for what shares nothing', () => {
  const byAttribute = attributeSimilarity([
    Int32Array.of(3, 1),
    Int32Array.of(1, 3),
    Int32Array.of(2),
    Int32Array.of(1),
  ]);
  expect(byAttribute(0, 1)).toBe(1);
  expect(byAttribute(0, 2)).toBe(0);
  expect(byAttribute(0, 3)).toBe(0.5);
  const byVector = vectorSimilarity(Float32Array.of(1, 0, 2, 0, 0, 3, -1, 0), 2);
  expect([byVector(0, 1), byVector(0, 2), byVector(0, 3)]).toEqual([1, 0, 0]);
  const byNeighbours = neighbourSimilarity({
    itemCount: 3,
    offsets: Int32Array.of(0, 2, 4, 5),
    indices: Int32Array.of(1, 2, 1, 2, 0),
    values: Float32Array.of(1, 1, 2, 2, 1),
  });
  expect(byNeighbours(0, 1)).toBeCloseTo(1, 12);
  expect(byNeighbours(2, 0)).toBe(0);
});
