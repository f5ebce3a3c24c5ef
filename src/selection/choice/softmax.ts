/** `P(c|u) = exp q(u,c) / Σ exp q(u,c')`: the probability of choice whose likelihood the learned forms maximise. */

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
