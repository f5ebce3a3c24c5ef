/** The form of every accuracy metric of one ranked case: binary gains, ranks that may be fractional through ties. */

/**
 * @param ranks - where the right answers stand, from 1, ascending, at least one; Infinity past the list
 * @param k - cut-off; Infinity for none
 */
export type RankingMetric = (ranks: Float64Array, k: number) => number;

/** How many right answers stand in the first k. */
export function hits(ranks: Float64Array, k: number): number {
  let count = 0;
  while (count < ranks.length && ranks[count]! <= k) count++;
  return count;
}
