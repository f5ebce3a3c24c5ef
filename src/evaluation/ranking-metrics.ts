/**
 * Accuracy of rankings, one value per case so that intervals and paired tests can be taken. Gains are binary; a rank is
 * a mid-rank (see rank.ts); `n` is the number of right answers of the case.
 *
 * @source Järvelin & Kekäläinen, Cumulated gain-based evaluation of IR techniques, TOIS 2002 (NDCG)
 */
import type { RankedCase } from './rank.ts';

export type RankingMetric = (ranks: Float64Array, k: number) => number;

function hits(ranks: Float64Array, k: number): number {
  let count = 0;
  while (count < ranks.length && ranks[count]! <= k) count++;
  return count;
}

/** 1 where any right answer stands in the first k. */
export const hitRate: RankingMetric = (ranks, k) => (ranks[0]! <= k ? 1 : 0);

/** Share of the right answers that stand in the first k. */
export const recall: RankingMetric = (ranks, k) => hits(ranks, k) / ranks.length;

/** Share of the first k that are right. */
export const precision: RankingMetric = (ranks, k) => hits(ranks, k) / k;

/** Harmonic mean of precision and recall. */
export const f1: RankingMetric = (ranks, k) => (2 * hits(ranks, k)) / (k + ranks.length);

/** `Σ 1/log2(1 + rank)` over the right answers in the first k, over its largest possible value. */
export const ndcg: RankingMetric = (ranks, k) => {
  let gain = 0;
  for (let i = 0; i < ranks.length && ranks[i]! <= k; i++) gain += 1 / Math.log2(1 + ranks[i]!);
  let ideal = 0;
  for (let i = 1; i <= Math.min(ranks.length, k); i++) ideal += 1 / Math.log2(1 + i);
  return gain / ideal;
};

/** One over the rank of the first right answer, 0 past k. */
export const reciprocalRank: RankingMetric = (ranks, k) => (ranks[0]! <= k ? 1 / ranks[0]! : 0);

/** Mean over the right answers of the precision at their ranks, 0 past k; over min(n, k). */
export const averagePrecision: RankingMetric = (ranks, k) => {
  let sum = 0;
  for (let i = 0; i < ranks.length && ranks[i]! <= k; i++) sum += (i + 1) / ranks[i]!;
  return sum / Math.min(ranks.length, k);
};

const byName: Readonly<Record<string, RankingMetric>> = {
  HR: hitRate,
  Recall: recall,
  Precision: precision,
  F1: f1,
  NDCG: ndcg,
  MRR: reciprocalRank,
  MAP: averagePrecision,
};

/**
 * Values per case of metrics named `NDCG@10`, or `MRR` for no cut-off.
 *
 * @returns for each key, shape `[cases]`
 */
export function rankingMetrics(ranked: readonly RankedCase[], keys: readonly string[]): Record<string, Float64Array> {
  const values: Record<string, Float64Array> = {};
  for (const key of keys) {
    const [name, cut] = key.split('@') as [string, string | undefined];
    const metric = byName[name]!;
    const k = cut === undefined ? Infinity : Number(cut);
    values[key] = Float64Array.from(ranked, ({ ranks }) => metric(ranks, k));
  }
  return values;
}
