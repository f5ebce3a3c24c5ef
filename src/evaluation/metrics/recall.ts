/** Recall. */
import { hits, type RankingMetric } from './ranking-metric.ts';

/** Share of the n right answers that stand in the first k: `hits / n` (not `hits / min(n, k)`). */
export const recall: RankingMetric = (ranks, k) => hits(ranks, k) / ranks.length;
