/**
 * The conditional logit: q is linear in the standardised features, and its weights maximise the listwise likelihood of
 * held-out choices with an L2 penalty. Convex, so the answer does not depend on a seed.
 *
 * @source McFadden, Conditional logit analysis of qualitative choice behavior, 1974
 */
import { minimizeLbfgs } from '../../math/lbfgs.ts';
import type { ModelState } from '../../models/model.ts';
import { type ChoiceData, type Standardisation, standardisation, standardised } from './choice-data.ts';
import type { ChoiceDefinition, ChoiceModel } from './choice-model.ts';
import { listwiseLoss } from './listwise-loss.ts';

/** Weight of `|w|² / 2` beside the mean loss of a set. */
export const linearPenalty = 1e-4;

export const conditionalLogit: ChoiceDefinition = {
  form: 'linear',
  fit(data, { signal }) {
    const scale = standardisation(data);
    return new ConditionalLogit(fitLinearWeights(standardised(data, scale), linearPenalty, signal), scale);
  },
  load: ({ arrays }) =>
    new ConditionalLogit(arrays['weights'] as Float64Array, {
      mean: arrays['mean'] as Float64Array,
      inverse: arrays['inverse'] as Float64Array,
    }),
};

/** @param data - standardised; @returns weights, shape `[columns]` */
export function fitLinearWeights(data: ChoiceData, l2: number, signal?: AbortSignal): Float64Array {
  const loss = linearObjective(data, l2);
  return minimizeLbfgs(
    (weights, gradient) => {
      signal?.throwIfAborted();
      return loss(weights, gradient);
    },
    new Float64Array(data.columns),
    { maxIterations: 120, valueTolerance: 1e-6 },
  ).x;
}

/** Mean listwise loss plus `l2 / 2 · |w|²`, with its exact gradient. */
export function linearObjective(
  { features, columns, offsets, right, correction }: ChoiceData,
  l2: number,
): (weights: Float64Array, gradient: Float64Array) => number {
  const rows = right.length;
  const sets = offsets.length - 1;
  const q = new Float64Array(rows);
  const slope = new Float64Array(rows);
  return (weights, gradient) => {
    for (let r = 0; r < rows; r++) {
      const at = r * columns;
      // Two sums, so that one addition need not wait for the other.
      let [even, odd] = [0, 0];
      let f = 0;
      for (; f + 1 < columns; f += 2) {
        even += weights[f]! * features[at + f]!;
        odd += weights[f + 1]! * features[at + f + 1]!;
      }
      if (f < columns) even += weights[f]! * features[at + f]!;
      q[r] = even + odd;
    }
    let loss = 0;
    for (let s = 0; s < sets; s++) loss += listwiseLoss(q, correction, right, offsets[s]!, offsets[s + 1]!, slope);
    gradient.fill(0);
    for (let r = 0; r < rows; r++) {
      const g = slope[r]!;
      if (g === 0) continue;
      const at = r * columns;
      for (let f = 0; f < columns; f++) gradient[f]! += g * features[at + f]!;
    }
    let squares = 0;
    for (let f = 0; f < columns; f++) {
      gradient[f] = gradient[f]! / Math.max(1, sets) + l2 * weights[f]!;
      squares += weights[f]! ** 2;
    }
    return loss / Math.max(1, sets) + (l2 / 2) * squares;
  };
}

class ConditionalLogit implements ChoiceModel {
  readonly form = 'linear';
  readonly #weights: Float64Array;
  readonly #scale: Standardisation;

  constructor(weights: Float64Array, scale: Standardisation) {
    this.#weights = weights;
    this.#scale = scale;
  }

  score(features: Float32Array, count: number, out: Float64Array): void {
    const { mean, inverse } = this.#scale;
    const columns = mean.length;
    for (let c = 0, at = 0; c < count; c++) {
      let q = 0;
      for (let f = 0; f < columns; f++) q += this.#weights[f]! * (features[at++]! - mean[f]!) * inverse[f]!;
      out[c] = q;
    }
  }

  attribute(features: Float32Array, out: Float64Array): number {
    const { mean, inverse } = this.#scale;
    for (let f = 0; f < mean.length; f++) out[f] = this.#weights[f]! * (features[f]! - mean[f]!) * inverse[f]!;
    return 0;
  }

  state(): ModelState {
    return { meta: { form: this.form }, arrays: { weights: this.#weights, ...this.#scale } };
  }
}
