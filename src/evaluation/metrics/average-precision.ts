/** Average precision; its mean over cases is MAP. */
import type { RankingMetric } from './ranking-metric.ts';

/** `Σ (i / rank_i)` over the right answers in the first k, over min(n, k). */
export const averagePrecision: RankingMetric = (ranks, k) => {
  let sum = 0;
  for (let i = 0; i < ranks.length && ranks[i]! <= k; i++) sum += (i + 1) / ranks[i]!;
  return sum / Math.min(ranks.length, k);
};
