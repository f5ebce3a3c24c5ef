/** Accuracy metrics by the keys that reports use: `HR@10`, `NDCG@20`, `MRR`. */
import type { RankedCase } from '../rank.ts';
import { averagePrecision } from './average-precision.ts';
import { f1 } from './f1.ts';
import { hitRate } from './hit-rate.ts';
import { ndcg } from './ndcg.ts';
import { precision } from './precision.ts';
import type { RankingMetric } from './ranking-metric.ts';
import { recall } from './recall.ts';
import { reciprocalRank } from './reciprocal-rank.ts';

type Name = 'HR' | 'Recall' | 'Precision' | 'F1' | 'NDCG' | 'MRR' | 'MAP';

const metrics: Readonly<Record<Name, RankingMetric>> = {
  HR: hitRate,
  Recall: recall,
  Precision: precision,
  F1: f1,
  NDCG: ndcg,
  MRR: reciprocalRank,
  MAP: averagePrecision,
};

/** Only a rank of the first right answer is known past the list, so only MRR and HR go without a cut-off. */
export type RankingKey = `${Name}@${number}` | 'MRR';

/** One value per case for each key; shape `[cases]`. */
export function rankingValues(
  ranked: readonly RankedCase[],
  keys: readonly RankingKey[],
): Record<string, Float64Array> {
  const values: Record<string, Float64Array> = {};
  for (const key of keys) {
    const [name, cut] = key.split('@') as [Name, string | undefined];
    const k = cut === undefined ? Infinity : Number(cut);
    values[key] = Float64Array.from(ranked, ({ ranks }) => metrics[name](ranks, k));
  }
  return values;
}
