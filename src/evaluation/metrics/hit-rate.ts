/** Hit rate. */
import type { RankingMetric } from './ranking-metric.ts';

/** `1[any right answer stands in the first k]`. */
export const hitRate: RankingMetric = (ranks, k) => (ranks[0]! <= k ? 1 : 0);
