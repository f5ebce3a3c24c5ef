import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { averagePrecision } from './average-precision.ts';
import { rankingValues } from './by-key.ts';
import { f1 } from './f1.ts';
import { hitRate } from './hit-rate.ts';
import { gradedNdcg, ndcg } from './ndcg.ts';
import { precision } from './precision.ts';
import type { RankingMetric } from './ranking-metric.ts';
import { recall } from './recall.ts';
import { reciprocalRank } from './reciprocal-rank.ts';

const ranks = (...values: number[]): Float64Array => Float64Array.from(values);

/** Answers at 1, 3 and 11 (out of three), counted by hand. */
const byHand: readonly [string, RankingMetric, number, number][] = [
  ['hit rate', hitRate, 10, 1],
  ['recall', recall, 10, 2 / 3],
  ['precision', precision, 10, 2 / 10],
  ['F1', f1, 10, 4 / 13],
  ['NDCG', ndcg, 10, (1 + 1 / 2) / (1 + 1 / Math.log2(3) + 1 / 2)],
  ['reciprocal rank', reciprocalRank, 10, 1],
  ['average precision', averagePrecision, 10, (1 + 2 / 3) / 3],
  ['average precision where the list is shorter than the answers', averagePrecision, 2, 1 / 2],
  ['NDCG where the list is shorter than the answers', ndcg, 2, 1 / (1 + 1 / Math.log2(3))],
];

describe('metrics of one ranked case', () => {
  test.each(byHand)('%s has its known value', (_, metric, k, expected) => {
    expect(metric(ranks(1, 3, 11), k)).toBeCloseTo(expected, 12);
  });

  test('a rank between two places counts up to the cut-off only', () => {
    expect(hitRate(ranks(10.5), 10)).toBe(0);
    expect(hitRate(ranks(9.5), 10)).toBe(1);
    expect(ndcg(ranks(2.5), 10)).toBeCloseTo(1 / Math.log2(3.5), 12);
  });

  test('each agrees with a naive count over a list of right and wrong', () => {
    const lists = fc
      .tuple(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 30 }))
      .filter(([list]) => list.includes(true));
    fc.assert(
      fc.property(lists, ([list, k]) => {
        const found = Float64Array.from(list.flatMap((right, i) => (right ? [i + 1] : [])));
        const n = found.length;
        const top = list.slice(0, k);
        const hits = top.filter(Boolean).length;
        const dcg = (row: readonly boolean[]): number =>
          row.reduce((sum, right, i) => sum + (right ? 1 / Math.log2(i + 2) : 0), 0);
        const ideal = Array.from({ length: Math.min(n, k) }, () => true);
        const precisions = top.map((right, i) => (right ? top.slice(0, i + 1).filter(Boolean).length / (i + 1) : 0));
        const first = top.indexOf(true);
        expect(hitRate(found, k)).toBe(hits > 0 ? 1 : 0);
        expect(recall(found, k)).toBeCloseTo(hits / n, 12);
        expect(precision(found, k)).toBeCloseTo(hits / k, 12);
        const [p, r] = [hits / k, hits / n];
        expect(f1(found, k)).toBeCloseTo(hits === 0 ? 0 : (2 * p * r) / (p + r), 12);
        expect(ndcg(found, k)).toBeCloseTo(dcg(top) / dcg(ideal), 12);
        expect(reciprocalRank(found, k)).toBeCloseTo(first < 0 ? 0 : 1 / (first + 1), 12);
        expect(averagePrecision(found, k)).toBeCloseTo(precisions.reduce((a, b) => a + b, 0) / Math.min(n, k), 12);
      }),
    );
  });

  test('graded NDCG has the value of the textbook example and is NaN without a positive grade', () => {
    // Grades 3 2 3 0 1 2 shown, 3 3 3 2 2 2 1 0 judged; gains linear (Järvelin & Kekäläinen's discount log2(1 + rank)).
    expect(gradedNdcg([3, 2, 3, 0, 1, 2], [3, 3, 3, 2, 2, 2, 1, 0], 6, true)).toBeCloseTo(0.785, 3);
    expect(gradedNdcg([1, 2], [2, 1], 10)).toBeCloseTo((1 + 3 / Math.log2(3)) / (3 + 1 / Math.log2(3)), 12);
    expect(gradedNdcg([0, 0], [0, 0], 10)).toBeNaN();
  });

  test('keys name the metric and its cut-off', () => {
    const ranked = [{ ranks: ranks(6), list: new Int32Array(0) }];
    const values = rankingValues(ranked, ['HR@5', 'HR@10', 'MRR', 'MRR@5']);
    expect(Object.entries(values).map(([key, column]) => [key, column[0]])).toEqual([
      ['HR@5', 0],
      ['HR@10', 1],
      ['MRR', 1 / 6],
      ['MRR@5', 0],
    ]);
  });
});
