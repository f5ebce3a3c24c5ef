/**
 * The form of vector models whose shopper is the mean of what they chose, each by its strength and how lately it was
 * chosen: a score is a cosine, and its parts by history position are exact.
 */
import type { Query } from '../data/histories.ts';
import type { VectorIndex } from '../math/vector-index.ts';
import type { Compute, Contribution, Settings } from './model.ts';
import { type HistoryWeighting, positionWeights } from './neighbour-table.ts';
import { VectorForm } from './vector-form.ts';

export abstract class ProfileForm extends VectorForm {
  /** 1 for items that have a vector; shape `[items]`. */
  protected readonly rows: Uint8Array;
  readonly #weighting: HistoryWeighting;

  constructor(settings: Settings & HistoryWeighting, index: VectorIndex, known: Uint8Array, compute: Compute) {
    super(settings, index, compute, known.length, known);
    this.rows = known;
    this.#weighting = settings;
  }

  userVector(query: Query): Float32Array | undefined {
    return this.#profile(query)?.vector;
  }

  explain(query: Query, item: number): Contribution[] {
    const profile = this.#profile(query);
    // What was typed stands at no position: then no parts sum to the score.
    if (!profile || !this.knows(item) || this.beside(query)) return [];
    const { d, vectors } = this.index;
    const parts: Contribution[] = [];
    for (const [position, weight] of profile.weights.entries()) {
      if (weight === 0) continue;
      const own = query.items[position]!;
      const product = this.index.product(item, vectors.subarray(own * d, (own + 1) * d));
      parts.push({ position, value: product * weight * profile.scale });
    }
    return parts;
  }

  /** What speaks beside the history; shape `[d]`. */
  protected beside(_query: Query): Float32Array | undefined {
    return undefined;
  }

  #profile(query: Query) {
    const { d, vectors } = this.index;
    const weights = positionWeights(query, this.#weighting);
    const vector = this.beside(query)?.slice() ?? new Float32Array(d);
    for (const [position, weight] of weights.entries()) {
      const item = query.items[position]!;
      if (weight === 0 || item < 0 || item >= this.itemCount || !this.knows(item)) weights[position] = 0;
      else for (let f = 0; f < d; f++) vector[f]! += weight * vectors[item * d + f]!;
    }
    let square = 0;
    for (const value of vector) square += value * value;
    if (!(square > 1e-18)) return undefined;
    const scale = 1 / Math.sqrt(square);
    for (let f = 0; f < d; f++) vector[f]! *= scale;
    return { vector, weights, scale };
  }
}
