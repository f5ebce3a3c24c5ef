/** Accuracy of a yes or no. */
import type { Predictions } from './auc.ts';

/**
 * 1 where the score stands on the label's side of the threshold, else 0.
 *
 * @returns shape `[n]`; its mean is the accuracy
 */
export function accuracy({ scores, labels }: Predictions, threshold = 0.5): Float64Array {
  return Float64Array.from(labels, (label, i) => (scores[i]! >= threshold === (label === 1) ? 1 : 0));
}
