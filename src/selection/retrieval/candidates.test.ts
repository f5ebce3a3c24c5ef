import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CandidateUnion, topEvidence } from './candidates.ts';
import { RetrievalCounter } from './retrieval-report.ts';

const items = 30;
const scores = fc
  .array(fc.integer({ min: -2, max: 6 }), { minLength: items, maxLength: items })
  .map((values) => Float32Array.from(values));

test('the union holds every retriever to its quota, repeats nothing and respects every exclusion', () => {
  const union = new CandidateUnion(items);
  fc.assert(
    fc.property(
      fc.tuple(scores, scores, scores),
      fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 }), fc.nat({ max: 12 })),
      fc.integer({ min: 1, max: 20 }),
      fc.uniqueArray(fc.nat({ max: items - 1 })),
      fc.uniqueArray(fc.nat({ max: items - 1 })),
      (rows, quotas, limit, excluded, soldOut) => {
        const allowed = new Uint8Array(items).fill(1);
        for (const item of soldOut) allowed[item] = 0;
        const before = rows.map((row) => row.slice());
        const fill = Int32Array.from({ length: items }, (_, i) => i);
        const { candidates, lists } = union.gather(
          rows,
          { quotas, limit },
          { items: Int32Array.from(excluded), allowed },
          fill,
          5,
        );
        expect(new Set(candidates).size).toBe(candidates.length);
        expect(candidates.length).toBeLessThanOrEqual(limit);
        for (const item of candidates) expect(excluded.includes(item) || soldOut.includes(item)).toBe(false);
        for (const [m, list] of lists.entries()) {
          expect(list.length).toBeLessThanOrEqual(quotas[m]!);
          for (const item of list) expect(before[m]![item]).toBeGreaterThan(0);
        }
        const wanted = Math.min(5, limit, items - new Set([...excluded, ...soldOut]).size);
        expect(candidates.length).toBeGreaterThanOrEqual(wanted);
      },
    ),
  );
});

test('where the limit is short every retriever keeps its share of places', () => {
  const rows = [0, 10, 20].map((start) => {
    const row = new Float32Array(items);
    for (let n = 0; n < 10; n++) row[start + n] = 10 - n;
    return row;
  });
  const { candidates } = new CandidateUnion(items).gather(rows, { quotas: [10, 10, 10], limit: 7 });
  expect([...candidates]).toEqual([0, 10, 20, 1, 11, 21, 2]);
});

test('no evidence brings no candidate', () => {
  expect([...topEvidence(Float32Array.of(0, 2, -1, 0, 5), 4)]).toEqual([4, 1]);
  expect(topEvidence(new Float32Array(5), 3).length).toBe(0);
});

test('the report counts what each retriever found, what it alone found, what none found, and the overlap', () => {
  const counter = new RetrievalCounter(['a', 'b']);
  counter.add(Int32Array.of(1, 2, 9), [Int32Array.of(1, 2), Int32Array.of(2, 3)], 2, 3);
  const { recall, lost, retrievers, overlap } = counter.report();
  expect([recall, lost]).toEqual([2 / 3, 1]);
  expect(retrievers).toEqual([
    { name: 'a', recall: 2 / 3, only: 1 / 3 },
    { name: 'b', recall: 1 / 3, only: 0 },
  ]);
  expect(overlap).toEqual([
    [1, 1 / 3],
    [1 / 3, 1],
  ]);
});
