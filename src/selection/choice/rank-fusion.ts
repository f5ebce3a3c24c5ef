/**
 * Two ways to unite models without learning, over the same candidates and signals: the mean of their z-scores, and
 * reciprocal rank fusion. What the learned choice has to beat.
 *
 * @source Cormack, Clarke & Büttcher, Reciprocal rank fusion outperforms Condorcet and individual rank learning methods,
 *   SIGIR 2009 (k = 60)
 */
import type { ModelState } from '../../models/model.ts';
import type { SignalColumn } from '../signals/signal.ts';
import type { ChoiceDefinition, ChoiceForm, ChoiceModel } from './choice-model.ts';

const rankConstant = 60;

export const equalWeights: ChoiceDefinition = {
  form: 'equal-weights',
  fit: async (data, { columns }) => fusion('equal-weights', data.columns, columns),
  load: async (state) => loadFusion('equal-weights', state),
};

export const reciprocalRankFusion: ChoiceDefinition = {
  form: 'rrf',
  fit: async (data, { columns }) => fusion('rrf', data.columns, columns),
  load: async (state) => loadFusion('rrf', state),
};

function fusion(form: 'equal-weights' | 'rrf', width: number, columns: readonly SignalColumn[]): RankFusion {
  const ending = form === 'rrf' ? '.rank' : '.z';
  const read = [...columns.keys()].filter((n) => columns[n]!.name === `${columns[n]!.source}${ending}`);
  // The evidence column stands a fixed step after the rank column of the same model.
  const evidence = read.map((n) => columns.findIndex(({ name }) => name === `${columns[n]!.source}.evidence`));
  return new RankFusion(form, width, Int32Array.from(read), Int32Array.from(evidence));
}

function loadFusion(form: 'equal-weights' | 'rrf', { meta, arrays }: ModelState): RankFusion {
  return new RankFusion(form, meta['width'] as number, arrays['read'] as Int32Array, arrays['evidence'] as Int32Array);
}

class RankFusion implements ChoiceModel {
  readonly form: ChoiceForm;
  readonly #width: number;
  readonly #read: Int32Array;
  readonly #evidence: Int32Array;

  constructor(form: 'equal-weights' | 'rrf', width: number, read: Int32Array, evidence: Int32Array) {
    this.form = form;
    this.#width = width;
    this.#read = read;
    this.#evidence = evidence;
  }

  score(features: Float32Array, count: number, out: Float64Array): void {
    for (let c = 0; c < count; c++) {
      out[c] = 0;
      for (let m = 0; m < this.#read.length; m++) out[c]! += this.#term(features, c * this.#width, m);
    }
  }

  attribute(features: Float32Array, out: Float64Array): number {
    out.fill(0);
    for (let m = 0; m < this.#read.length; m++) out[this.#read[m]!]! += this.#term(features, 0, m);
    return 0;
  }

  state(): ModelState {
    return { meta: { form: this.form, width: this.#width }, arrays: { read: this.#read, evidence: this.#evidence } };
  }

  #term(features: Float32Array, at: number, m: number): number {
    const value = features[at + this.#read[m]!]!;
    if (this.form === 'equal-weights') return value / this.#read.length;
    return features[at + this.#evidence[m]!]! > 0 ? 1 / (rankConstant + Math.exp(-value)) : 0;
  }
}
