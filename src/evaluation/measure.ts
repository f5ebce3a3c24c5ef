/** The metrics of each task, and their values from ranked cases. */

import type { CaseValues } from './bootstrap.ts';
import type { Case, TrainingSplit } from './cases.ts';
import { type RankingKey, rankingValues } from './metrics/by-key.ts';
import { coverage } from './metrics/coverage.ts';
import { diversity } from './metrics/diversity.ts';
import { gini } from './metrics/gini.ts';
import { miscalibration } from './metrics/miscalibration.ts';
import { novelty } from './metrics/novelty.ts';
import type { RankedCase } from './rank.ts';

export const evaluationTasks = ['sequence', 'interactions', 'session', 'shop'] as const;
export type EvaluationTask = (typeof evaluationTasks)[number];

/** Length of the lists that are judged, and the deepest cut-off of any task. */
export const listDepth = 20;

interface TaskMetrics {
  readonly keys: readonly RankingKey[];
  /** Printed by comparisons; settings are chosen by the last of them. */
  readonly main: readonly RankingKey[];
}

export const taskMetrics: Readonly<Record<EvaluationTask, TaskMetrics>> = {
  sequence: {
    keys: ['HR@5', 'HR@10', 'HR@20', 'NDCG@5', 'NDCG@10', 'NDCG@20', 'MRR'],
    main: ['HR@10', 'NDCG@10'],
  },
  interactions: {
    keys: ['Recall@20', 'NDCG@20', 'Precision@20', 'MAP@20', 'F1@20', 'HR@20'],
    main: ['Recall@20', 'NDCG@20'],
  },
  session: {
    keys: ['Recall@20', 'MRR@20', 'HR@20', 'NDCG@20', 'Recall@10', 'MRR@10'],
    main: ['MRR@20', 'Recall@20'],
  },
  shop: {
    keys: ['Recall@10', 'NDCG@10', 'Recall@20', 'NDCG@20', 'HR@10', 'HR@20', 'Precision@20', 'MAP@20', 'F1@20', 'MRR'],
    main: ['Recall@20', 'NDCG@20'],
  },
};

export interface Measured {
  /** Metrics that are means over cases: they have intervals and can be compared in pairs. */
  readonly values: CaseValues;
  /** Metrics of all lists together. Resampling users would bias them, so they have no interval. */
  readonly figures: Readonly<Record<string, number>>;
}

/** @param lists - false where the lists are no lists of the whole catalogue (sampled candidates) */
export function measure(
  ranked: readonly RankedCase[],
  cases: readonly Case[],
  split: TrainingSplit,
  task: EvaluationTask,
  lists = true,
): Measured {
  const accuracy = rankingValues(ranked, taskMetrics[task].keys);
  if (!lists) return { values: accuracy, figures: {} };
  const shown = ranked.map(({ list }) => list.subarray(0, listDepth));
  return {
    values: {
      ...accuracy,
      Novelty: novelty(shown, split.train),
      ...(split.attributes && {
        Diversity: diversity(shown, split.attributes),
        Calibration: miscalibration(
          cases.map(({ query }) => query.items),
          shown,
          split.attributes,
        ),
      }),
    },
    figures: {
      'Coverage@10': coverage(shown, split.itemCount, 10),
      'Coverage@20': coverage(shown, split.itemCount, 20),
      Gini: gini(shown, split.itemCount),
    },
  };
}
