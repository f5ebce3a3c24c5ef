/**
 * Normalised discounted cumulative gain, for right answers (binary) and for judged ones (graded).
 *
 * @source Järvelin & Kekäläinen, Cumulated gain-based evaluation of IR techniques, TOIS 2002
 * @source Burges et al., Learning to rank using gradient descent, ICML 2005 (the gain 2^grade - 1)
 */
import type { RankingMetric } from './ranking-metric.ts';

/** `Σ 1/log2(1 + rank)` over the right answers in the first k, over its largest value with min(n, k) of them. */
export const ndcg: RankingMetric = (ranks, k) => {
  let gain = 0;
  for (let i = 0; i < ranks.length && ranks[i]! <= k; i++) gain += 1 / Math.log2(1 + ranks[i]!);
  let ideal = 0;
  for (let i = 1; i <= ranks.length && i <= k; i++) ideal += 1 / Math.log2(1 + i);
  return gain / ideal;
};

/**
 * NDCG of one judged list, with gain `2^grade - 1`, or `grade` itself where `linear`.
 *
 * @param listed - grades in the order shown, ≥ 0; 0 for what nobody judged
 * @param judged - grades of everything judged for the query, in any order
 * @returns NaN where nothing judged has a grade above 0: such a query says nothing and must be left out
 */
export function gradedNdcg(listed: ArrayLike<number>, judged: ArrayLike<number>, k: number, linear = false): number {
  const best = dcg(Float64Array.from(judged).sort().reverse(), k, linear);
  return best > 0 ? dcg(listed, k, linear) / best : Number.NaN;
}

function dcg(grades: ArrayLike<number>, k: number, linear: boolean): number {
  let sum = 0;
  for (let i = 0; i < Math.min(k, grades.length); i++) {
    sum += (linear ? grades[i]! : 2 ** grades[i]! - 1) / Math.log2(2 + i);
  }
  return sum;
}
