/** Reciprocal rank; its mean over cases is MRR. */
import type { RankingMetric } from './ranking-metric.ts';

/** One over the rank of the first right answer, 0 past k. */
export const reciprocalRank: RankingMetric = (ranks, k) => (ranks[0]! <= k ? 1 / ranks[0]! : 0);
