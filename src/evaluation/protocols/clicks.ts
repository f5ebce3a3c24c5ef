/**
 * Click prediction: labelled pairs of a shopper and an item, scored one by one. The AUC within users stands beside the
 * AUC, because samples that are balanced per user, or ids that follow popularity, let a model win the latter without
 * knowing anyone.
 */
import { Random } from '../../core/random.ts';
import type { Query, Scorer } from '../../data/histories.ts';
import { bootstrapIntervals, denseGroups, type Interval, mean, percentiles } from '../bootstrap.ts';
import { accuracy } from '../metrics/accuracy.ts';
import { ascendingOrder, auc, type Predictions, weightedAuc } from '../metrics/auc.ts';
import { calibrationError } from '../metrics/calibration-error.ts';
import { logLoss } from '../metrics/log-loss.ts';
import { withinGroupAuc } from '../metrics/within-group-auc.ts';

export interface LabelledPair {
  readonly query: Query;
  readonly item: number;
  readonly label: 0 | 1;
}

export interface ClickReport {
  readonly metrics: Readonly<Record<string, number>>;
  readonly intervals: Readonly<Record<string, Interval>>;
}

/** The scorer's score of each pair, shape `[pairs]`; neighbouring pairs of one query are scored together. */
export async function scorePairs(scorer: Scorer, pairs: readonly LabelledPair[]): Promise<Float32Array> {
  const scores = new Float32Array(pairs.length);
  const row = new Float32Array(scorer.itemCount);
  let scored: Query | undefined;
  for (const [n, { query, item }] of pairs.entries()) {
    if (query !== scored) await scorer.score([query], row);
    scored = query;
    scores[n] = row[item]!;
  }
  return scores;
}

/**
 * AUC and AUC within users; with `probabilities` also accuracy, log loss and expected calibration error.
 *
 * @param users - shape `[n]`; the unit of resampling
 */
export function clickReport(
  predictions: Predictions,
  users: ArrayLike<number>,
  options: {
    readonly seed: number;
    readonly probabilities: boolean;
    readonly threshold?: number;
    readonly resamples?: number;
  },
): ClickReport {
  const resamples = options.resamples ?? 1000;
  const within = withinGroupAuc(predictions, users);
  const metrics: Record<string, number> = { AUC: auc(predictions), 'AUC:within-users': within.mean };
  const intervals: Record<string, Interval> = {
    AUC: aucInterval(predictions, users, options.seed, resamples),
    'AUC:within-users': bootstrapIntervals(
      { within: Float64Array.from(within.byGroup.values()) },
      { seed: options.seed, resamples },
    )['within']!,
  };
  if (options.probabilities) {
    const values = { Accuracy: accuracy(predictions, options.threshold), LogLoss: logLoss(predictions) };
    metrics['Accuracy'] = mean(values.Accuracy);
    metrics['LogLoss'] = mean(values.LogLoss);
    metrics['CalibrationError'] = calibrationError(predictions);
    Object.assign(intervals, bootstrapIntervals(values, { seed: options.seed, groups: users, resamples }));
  }
  return { metrics, intervals };
}

function aucInterval(predictions: Predictions, users: ArrayLike<number>, seed: number, resamples: number): Interval {
  const order = ascendingOrder(predictions.scores);
  const { codes, count } = denseGroups(users);
  const drawn = new Float64Array(resamples);
  const weights = new Uint32Array(count);
  for (let n = 0; n < resamples; n++) {
    const random = new Random(seed, n);
    weights.fill(0);
    for (let u = 0; u < count; u++) weights[Math.floor((random.uint32() / 0x100000000) * count)]!++;
    drawn[n] = weightedAuc(predictions, order, codes, weights);
  }
  return percentiles(drawn);
}
