/** Logarithmic loss of probabilities. */
import type { Predictions } from './auc.ts';

/**
 * `-ln p(label)`, probabilities kept 1e-12 away from 0 and 1.
 *
 * @returns nats, shape `[n]`; its mean is the log loss
 */
export function logLoss({ scores, labels }: Predictions): Float64Array {
  return Float64Array.from(labels, (label, i) => {
    const p = Math.min(1 - 1e-12, Math.max(1e-12, scores[i]!));
    return -Math.log(label === 1 ? p : 1 - p);
  });
}
