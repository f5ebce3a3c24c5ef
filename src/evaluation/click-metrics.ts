/** Metrics of predicted probabilities against what happened: clicks, purchases, any yes or no. */
import { ShelfwiseError } from '../core/errors.ts';

export interface ClickPredictions {
  /** Predicted score or probability, shape `[n]`. */
  readonly scores: ArrayLike<number>;
  /** 1 or 0, shape `[n]`. */
  readonly labels: ArrayLike<number>;
}

/** Probability that a random positive stands above a random negative, ties counting half (Mann and Whitney). */
export function auc({ scores, labels }: ClickPredictions): number {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let positives = 0;
  let rankSum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) {
      if (labels[order[i]!] !== 1) continue;
      positives++;
      rankSum += rank;
    }
    from = to;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) {
    throw new ShelfwiseError(
      'SW_INPUT_EMPTY',
      `auc: expected both labels, got ${positives} positives and ${negatives} negatives.`,
      'Add the missing kind.',
    );
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Mean of the AUC inside each group (user) that has both labels: what is left when knowing the user is no help. */
export function withinGroupAuc(predictions: ClickPredictions, groups: ArrayLike<number>): number {
  const members = new Map<number, number[]>();
  for (let i = 0; i < groups.length; i++) {
    const known = members.get(groups[i]!);
    if (known) known.push(i);
    else members.set(groups[i]!, [i]);
  }
  let sum = 0;
  let counted = 0;
  for (const indices of members.values()) {
    const labels = indices.map((i) => predictions.labels[i]!);
    if (!labels.includes(1) || !labels.includes(0)) continue;
    sum += auc({ scores: indices.map((i) => predictions.scores[i]!), labels });
    counted++;
  }
  return counted === 0 ? Number.NaN : sum / counted;
}

/** Share of cases on the right side of the threshold. */
export function accuracy({ scores, labels }: ClickPredictions, threshold = 0.5): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (scores[i]! >= threshold === (labels[i] === 1)) right++;
  return right / labels.length;
}

/** Mean `-log p(label)`, probabilities kept 1e-12 away from 0 and 1. */
export function logLoss({ scores, labels }: ClickPredictions): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const p = Math.min(1 - 1e-12, Math.max(1e-12, scores[i]!));
    sum -= Math.log(labels[i] === 1 ? p : 1 - p);
  }
  return sum / labels.length;
}

/**
 * Expected calibration error: mean gap between predicted and observed rate over bins of equal width, weighted by size.
 *
 * @source Naeini, Cooper & Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015
 */
export function calibrationError({ scores, labels }: ClickPredictions, bins = 10): number {
  const predicted = new Float64Array(bins);
  const observed = new Float64Array(bins);
  for (let i = 0; i < labels.length; i++) {
    const bin = Math.min(bins - 1, Math.floor(scores[i]! * bins));
    predicted[bin]! += scores[i]!;
    observed[bin]! += labels[i]!;
  }
  let sum = 0;
  for (let b = 0; b < bins; b++) sum += Math.abs(predicted[b]! - observed[b]!);
  return sum / labels.length;
}
