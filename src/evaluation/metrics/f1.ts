/** F1. */
import { hits, type RankingMetric } from './ranking-metric.ts';

/** Harmonic mean of precision and recall of one case: `2 hits / (k + n)`. */
export const f1: RankingMetric = (ranks, k) => (2 * hits(ranks, k)) / (k + ranks.length);
