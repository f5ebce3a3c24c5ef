/**
 * The listwise likelihood of a choice: `P(c|u) = exp q(u,c) / Σ exp q(u,c')`, and of a set with several right answers the
 * mean of their log-likelihoods.
 *
 * @source McFadden, Conditional logit analysis of qualitative choice behavior, 1974; Cao et al., Learning to rank: from
 *   pairwise approach to listwise approach, ICML 2007
 */

/**
 * Negative log-likelihood of one set; 0, with a zero gradient, where no right answer is among its candidates.
 *
 * @param q - shape `[rows]`; only `from .. to - 1` is read
 * @param gradient - shape `[rows]`; dLoss/dq is written to `from .. to - 1`
 */
export function listwiseLoss(
  q: Float64Array,
  correction: Float32Array,
  right: Uint8Array,
  from: number,
  to: number,
  gradient: Float64Array,
): number {
  let most = -Infinity;
  let rights = 0;
  for (let i = from; i < to; i++) {
    const value = q[i]! + correction[i]!;
    if (value > most) most = value;
    rights += right[i]!;
  }
  if (rights === 0) {
    gradient.fill(0, from, to);
    return 0;
  }
  let sum = 0;
  let rightSum = 0;
  for (let i = from; i < to; i++) {
    const value = q[i]! + correction[i]!;
    const e = Math.exp(value - most);
    gradient[i] = e;
    sum += e;
    if (right[i] === 1) rightSum += value;
  }
  for (let i = from; i < to; i++) gradient[i] = gradient[i]! / sum - right[i]! / rights;
  return most + Math.log(sum) - rightSum / rights;
}

/** Probabilities of one choice set from its q, shape `[C]`. */
export function softmax(q: Float64Array): Float64Array {
  let most = -Infinity;
  for (let i = 0; i < q.length; i++) if (q[i]! > most) most = q[i]!;
  const out = new Float64Array(q.length);
  let sum = 0;
  for (let i = 0; i < q.length; i++) {
    out[i] = Math.exp(q[i]! - most);
    sum += out[i]!;
  }
  for (let i = 0; i < q.length; i++) out[i]! /= sum;
  return out;
}
