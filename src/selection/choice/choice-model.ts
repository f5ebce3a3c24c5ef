/**
 * The port of the choice: from the features of the candidates to q(u, c), whose softmax is the probability of choice.
 * Forms: linear (conditional logit), neural (one hidden layer), and two that learn nothing and stand as rivals.
 */
import type { ModelState } from '../../models/model.ts';
import type { SignalColumn } from '../signals/signal.ts';
import type { ChoiceData } from './choice-data.ts';
import type { PooledChoice } from './pooled-sets.ts';

export const choiceForms = ['linear', 'neural', 'equal-weights', 'rrf'] as const;
export type ChoiceForm = (typeof choiceForms)[number];

export interface ChoiceModel {
  readonly form: ChoiceForm;
  /** @param features - shape `[count, columns]`, as signals wrote them; `out` - q, shape `[count]` */
  score(features: Float32Array, count: number, out: Float64Array): void;
  /**
   * Parts of one candidate's q by column, which with the returned base sum to q as float32 has it, within 1e-5 of the sum
   * of their sizes: exact terms where q is a sum over columns, integrated gradients from the mean candidate where it is not.
   *
   * @param features - shape `[columns]`; `out` - shape `[columns]`
   */
  attribute(features: Float32Array, out: Float64Array): number;
  state(): ModelState;
}

export interface ChoiceFitOptions {
  readonly columns: readonly SignalColumn[];
  readonly seed: number;
  /** Threads of the kernels. */
  readonly threads: number;
  /** Choice sets kept from learning, where a form stops early by them. */
  readonly held?: ChoiceData;
  /** Both of them laid out already, where several forms are fitted on the same. */
  readonly pooled?: PooledChoice;
  /** The linear form fitted on the same data, where a form starts from it. */
  readonly start?: ChoiceModel;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number, note?: string) => void;
}

export interface ChoiceDefinition {
  readonly form: ChoiceForm;
  fit(data: ChoiceData, options: ChoiceFitOptions): Promise<ChoiceModel>;
  load(state: ModelState): Promise<ChoiceModel>;
}
