/**
 * Products that nobody has met, judged by weights of their own: what behaviour says of others it does not say of them, so
 * the weights that are right for the met are not right for them. Their q is linear in their features and learned against the
 * q of the met, which stay as they are: no met product moves before another because new ones came.
 *
 * @source McFadden, Conditional logit analysis of qualitative choice behavior, 1974 (q of the met is a fixed offset)
 */
import type { ModelState } from '../../models/model.ts';
import { nestStates, unnestState } from '../nested-state.ts';
import type { ChoiceData } from './choice-data.ts';
import type { ChoiceFitOptions, ChoiceModel } from './choice-model.ts';
import { fitLinearWeights } from './conditional-logit.ts';
import { withPooledChoice } from './pooled-sets.ts';

/** Few choices teach them. */
const penalty = 1e-3;
export const unmetForm = 'unmet-apart';

/**
 * @param data - choices in a world where some products were never met
 * @param place - of the column that is 1 for a product that nobody has met
 */
export async function fitUnmetChoice(
  met: ChoiceModel,
  data: ChoiceData,
  place: number,
  options: Pick<ChoiceFitOptions, 'columns' | 'seed' | 'threads'>,
): Promise<ChoiceModel> {
  const { columns } = data;
  const rows = data.right.length;
  const q = new Float64Array(rows);
  met.score(data.features, rows, q);
  const [features, correction] = [data.features.slice(), data.correction.slice()];
  for (let row = 0; row < rows; row++) {
    if (features[row * columns + place] === 1) continue;
    features.fill(0, row * columns, (row + 1) * columns);
    correction[row]! += q[row]!;
  }
  return withPooledChoice({ teach: { ...data, features, correction } }, options, async ({ teach, scale }) => {
    const weights = await fitLinearWeights(teach, penalty);
    return new UnmetChoice(
      met,
      weights.map((weight, f) => weight * scale.inverse[f]!),
      place,
    );
  });
}

/** @param loadMet - loads a choice of any other form */
export async function loadUnmetChoice(
  state: ModelState,
  loadMet: (state: ModelState) => Promise<ChoiceModel>,
): Promise<ChoiceModel> {
  const { met, self } = unnestState(state);
  return new UnmetChoice(await loadMet(met!), self!.arrays['weights'] as Float64Array, state.meta['place'] as number);
}

class UnmetChoice implements ChoiceModel {
  readonly form: ChoiceModel['form'];
  readonly #met: ChoiceModel;
  /** Of features as they are; shape `[columns]`. */
  readonly #weights: Float64Array;
  readonly #place: number;

  constructor(met: ChoiceModel, weights: Float64Array, place: number) {
    this.form = met.form;
    this.#met = met;
    this.#weights = weights;
    this.#place = place;
  }

  score(features: Float32Array, count: number, out: Float64Array): void {
    this.#met.score(features, count, out);
    const columns = this.#weights.length;
    for (let c = 0; c < count; c++) {
      if (features[c * columns + this.#place] !== 1) continue;
      let q = 0;
      for (let f = 0; f < columns; f++) q += this.#weights[f]! * features[c * columns + f]!;
      out[c] = q;
    }
  }

  attribute(features: Float32Array, out: Float64Array): number {
    if (features[this.#place] !== 1) return this.#met.attribute(features, out);
    for (let f = 0; f < this.#weights.length; f++) out[f] = this.#weights[f]! * features[f]!;
    return 0;
  }

  state(): ModelState {
    const self = { meta: {}, arrays: { weights: this.#weights } };
    return nestStates({ form: unmetForm, place: this.#place }, { met: this.#met.state(), self });
  }
}
