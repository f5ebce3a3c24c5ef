import fc from 'fast-check';
import { expect, test } from 'vitest';
import { topK } from '../../math/top-k.ts';
import { absent } from '../../models/absent.ts';
import { Gatherer, type Retriever } from './candidates.ts';
import { RetrievalCounter } from './retrieval-report.ts';

const items = 30;
const scores = fc
  .array(fc.integer({ min: -2, max: 6 }), { minLength: items, maxLength: items })
  .map((values) => Float32Array.from(values));

/** Knows of an item what the row says; what is 0 it does not know. */
function retriever(row: Float32Array, quota: number): Retriever {
  return {
    quota,
    model: {
      retrieve(_, k, shelf) {
        const known = row.map((score, item) => (score !== 0 && (shelf?.has(item) ?? true) ? score : Number.NaN));
        const best = topK(known, k);
        return {
          items: best,
          scores: best.length === 0 ? new Float32Array() : Float32Array.from(best, (i) => row[i]!),
        };
      },
      scoreItems: (_, asked, out) =>
        out.set(asked.length > 0 ? Float32Array.from(asked, (i) => row[i]! || absent) : []),
    },
  };
}

const nobody = { items: new Int32Array(0) };

test('the union holds every retriever to its quota, repeats nothing and respects every exclusion', () => {
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
        const fill = Int32Array.from({ length: items }, (_, i) => i);
        const retrievers = rows.map((row, m) => retriever(row, quotas[m]!));
        const options = { itemCount: items, limit, fill, least: 5 };
        const gatherer = new Gatherer(retrievers, options);
        const { candidates, lists, scores } = gatherer.gather(nobody, { items: Int32Array.from(excluded), allowed });
        for (const [m, row] of rows.entries())
          for (const [c, item] of candidates.entries())
            expect(scores[m * candidates.length + c]).toBe(Math.fround(row[item]! || absent));
        // What was left out of one query is there for the next.
        expect(gatherer.gather(nobody)).toEqual(new Gatherer(retrievers, options).gather(nobody));
        expect(new Set(candidates).size).toBe(candidates.length);
        expect(candidates.length).toBeLessThanOrEqual(limit);
        for (const item of candidates) expect(excluded.includes(item) || soldOut.includes(item)).toBe(false);
        for (const [m, list] of lists.entries()) {
          expect(list.length).toBeLessThanOrEqual(quotas[m]!);
          for (const item of list) expect(rows[m]![item]).not.toBe(0);
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
  const options = { itemCount: items, limit: 7, fill: new Int32Array(0), least: 0 };
  const { candidates } = new Gatherer(
    rows.map((row) => retriever(row, 10)),
    options,
  ).gather(nobody);
  expect([...candidates]).toEqual([0, 10, 20, 1, 11, 21, 2]);
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
