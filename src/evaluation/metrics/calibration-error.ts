/**
 * Expected calibration error of probabilities.
 *
 * @source Naeini, Cooper & Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015
 */
import type { Predictions } from './auc.ts';

/** Mean gap between the predicted and the observed rate over bins of equal width, weighted by their size. */
export function calibrationError({ scores, labels }: Predictions, bins = 10): number {
  const gaps = new Float64Array(bins);
  for (let i = 0; i < labels.length; i++) {
    const bin = Math.max(0, Math.min(bins - 1, Math.floor(scores[i]! * bins)));
    gaps[bin]! += scores[i]! - labels[i]!;
  }
  let sum = 0;
  for (const gap of gaps) sum += Math.abs(gap);
  return sum / labels.length;
}
