/** Losses, each a mean over the rows that it is given. Logits are scores before any sigmoid or softmax. */
import {
  add,
  divide,
  logSigmoid,
  multiply,
  negate,
  relu,
  softplus,
  square,
  subtract,
  where,
} from '../autodiff/operations/elementwise.ts';
import { matmul } from '../autodiff/operations/matrix.ts';
import { logSoftmax, softmax, softmaxLoss } from '../autodiff/operations/normalising.ts';
import { mean } from '../autodiff/operations/reductions.ts';
import { concat, reshape } from '../autodiff/operations/shaping.ts';
import { sum } from '../autodiff/operations/summing.ts';
import { constant, refuse, scalar, type Tensor } from '../autodiff/tensor.ts';

/** @param weights - of each value, 0 for what does not count; the mean is of those that do */
function meanOf(values: Tensor, weights?: Tensor): Tensor {
  if (!weights) return mean(values);
  return divide(sum(multiply(values, weights)), add(sum(weights), scalar(1e-12)));
}

/**
 * Softmax cross-entropy over all classes.
 *
 * @param logits - `[rows, classes]`
 * @param targets - int64 `[rows]`
 */
export function crossEntropy(logits: Tensor, targets: Tensor, weights?: Tensor): Tensor {
  return meanOf(softmaxLoss(logits, targets), weights);
}

export interface Sampled {
  /** Logits of what was chosen, `[rows]`. */
  readonly positive: Tensor;
  /** Logits of what was drawn, `[rows, drawn]`. */
  readonly negatives: Tensor;
  /** Logarithm of how often each is drawn, on average: `[rows]`. */
  readonly positiveLogQ?: Tensor;
  /** The same of what was drawn: `[drawn]`, or `[rows, drawn]`. */
  readonly negativeLogQ?: Tensor;
  /** bool `[rows, drawn]`: what was drawn is what was chosen, and no negative. */
  readonly isHit?: Tensor;
}

/**
 * Cross-entropy over what was chosen and what was drawn, corrected for how often each is drawn.
 *
 * @source Bengio & Senécal, Adaptive importance sampling to accelerate training of a neural probabilistic language model,
 *   IEEE TNN 2008; Yi et al., Sampling-bias-corrected neural modeling for large corpus item recommendations, RecSys 2019
 */
export function sampledSoftmax(of: Sampled, weights?: Tensor): Tensor {
  const { positive, negatives, positiveLogQ, negativeLogQ, isHit } = of;
  const own = positiveLogQ ? subtract(positive, positiveLogQ) : positive;
  const corrected = negativeLogQ ? subtract(negatives, negativeLogQ) : negatives;
  const others = isHit ? where(isHit, scalar(-1e9), corrected) : corrected;
  const all = concat([reshape(own, [-1, 1]), others], 1);
  const first = constant(new Array(all.shape[0]!).fill(0), [all.shape[0]!], 'int64');
  return meanOf(softmaxLoss(all, first), weights);
}

/**
 * Binary cross-entropy whose positive part is raised to a power, so that probabilities hold though few negatives are drawn.
 *
 * @param share - drawn negatives of all that could be drawn, in (0, 1]
 * @param calibration - 0 is plain binary cross-entropy, 1 fully calibrated
 * @source Petrov & Macdonald, gSASRec: reducing overconfidence in sequential recommendation, RecSys 2023
 */
export function generalisedBinary(
  { positive, negatives, isHit }: Pick<Sampled, 'positive' | 'negatives' | 'isHit'>,
  { share, calibration }: { readonly share: number; readonly calibration: number },
  weights?: Tensor,
): Tensor {
  const power = share * (calibration * (1 - 1 / share) + 1 / share);
  const against = softplus(negatives);
  const counted = isHit ? where(isHit, scalar(0), against) : against;
  return meanOf(subtract(sum(counted, [-1]), multiply(scalar(power), logSigmoid(positive))), weights);
}

/** @param labels - floats in [0, 1], of the shape of the logits */
export function binaryCrossEntropy(logits: Tensor, labels: Tensor, weights?: Tensor): Tensor {
  return meanOf(subtract(softplus(logits), multiply(logits, labels)), weights);
}

/** @source Rendle et al., BPR: Bayesian personalized ranking from implicit feedback, UAI 2009 */
export function bayesianRanking(positive: Tensor, negative: Tensor, weights?: Tensor): Tensor {
  return negate(meanOf(logSigmoid(subtract(positive, negative)), weights));
}

/** How far the negative is from being `margin` worse. */
export function marginRanking(positive: Tensor, negative: Tensor, margin: number, weights?: Tensor): Tensor {
  return meanOf(relu(add(scalar(margin), subtract(negative, positive))), weights);
}

/**
 * Each row finds its like among the rows of the other side, both ways.
 *
 * @param a - `[rows, size]`, of length 1
 * @param b - the same
 * @param weights - `[rows]`: where it is 0 there is no row, and nothing finds it
 * @source van den Oord, Li & Vinyals, Representation learning with contrastive predictive coding, 2018
 */
export function contrastive(a: Tensor, b: Tensor, temperature: number, weights?: Tensor): Tensor {
  const [count] = a.shape as [number, number];
  if (b.shape[0] !== count) refuse('contrastive', `${count} rows on both sides`, `${b.shape[0]}`);
  const own = constant([...Array(count).keys()], [count], 'int64');
  const absent = weights && multiply(scalar(-1e9), subtract(scalar(1), reshape(weights, [1, count])));
  const found = (x: Tensor, y: Tensor): Tensor => {
    const alike = matmul(x, y, { transposeB: true, scale: 1 / temperature });
    return crossEntropy(absent ? add(alike, absent) : alike, own, weights);
  };
  return multiply(scalar(0.5), add(found(a, b), found(b, a)));
}

/**
 * Cross-entropy between two softmaxes over a list: of the relevances and of the scores.
 *
 * @param scores - `[lists, places]`
 * @param relevances - the same
 * @source Cao et al., Learning to rank: from pairwise approach to listwise approach, ICML 2007 (ListNet)
 */
export function listwise(scores: Tensor, relevances: Tensor, weights?: Tensor): Tensor {
  return negate(meanOf(sum(multiply(softmax(relevances), logSoftmax(scores)), [-1]), weights));
}

export function squaredError(values: Tensor, targets: Tensor, weights?: Tensor): Tensor {
  return meanOf(square(subtract(values, targets)), weights);
}
