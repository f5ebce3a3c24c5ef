/** Precision. */
import { hits, type RankingMetric } from './ranking-metric.ts';

/** Share of the first k that are right: `hits / k`. */
export const precision: RankingMetric = (ranks, k) => hits(ranks, k) / k;
