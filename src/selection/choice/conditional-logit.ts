/**
 * The conditional logit: q is linear in the standardised features, and its weights maximise the listwise likelihood of
 * held-out choices with an L2 penalty. Convex, so the answer does not depend on a seed.
 *
 * @source McFadden, Conditional logit analysis of qualitative choice behavior, 1974
 */
import { minimizeLbfgs } from '../../math/lbfgs.ts';
import type { ModelState } from '../../models/model.ts';
import type { Standardisation } from './choice-data.ts';
import type { ChoiceDefinition, ChoiceModel } from './choice-model.ts';
import { type PooledChoice, type PooledSets, withPooledChoice } from './pooled-sets.ts';

/** Weight of `|w|² / 2` beside the mean loss of a set. */
export const linearPenalty = 1e-4;

export const conditionalLogit: ChoiceDefinition = {
  form: 'linear',
  async fit(data, options) {
    const fitOn = async ({ teach, scale }: PooledChoice): Promise<ConditionalLogit> =>
      new ConditionalLogit(await fitLinearWeights(teach, linearPenalty), scale);
    return options.pooled ? fitOn(options.pooled) : withPooledChoice({ teach: data }, options, fitOn);
  },
  load: async ({ arrays }) =>
    new ConditionalLogit(arrays['weights'] as Float64Array, {
      mean: arrays['mean'] as Float64Array,
      inverse: arrays['inverse'] as Float64Array,
    }),
};

/** @returns weights, shape `[columns]` */
export async function fitLinearWeights(sets: PooledSets, l2: number): Promise<Float64Array> {
  const start = new Float64Array(sets.columns);
  const options = { maxIterations: 120, valueTolerance: 1e-6 };
  return (await minimizeLbfgs((weights, gradient) => linearObjective(sets, l2, weights, gradient), start, options)).x;
}

/** Mean listwise loss plus `l2 / 2 · |w|²`, with its gradient. */
export async function linearObjective(
  sets: PooledSets,
  l2: number,
  weights: Float64Array,
  gradient: Float64Array,
): Promise<number> {
  const count = Math.max(1, sets.sets);
  const loss = await sets.linear(weights, gradient);
  let squares = 0;
  for (let f = 0; f < weights.length; f++) {
    gradient[f] = gradient[f]! / count + l2 * weights[f]!;
    squares += weights[f]! ** 2;
  }
  return loss / count + (l2 / 2) * squares;
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
