/**
 * Graph filtering without training: a history is smoothed over the graph of items that users share, once by the
 * normalised adjacency itself (its nearest neighbours) and once by the ideal low-pass filter, the projection on the
 * graph's smoothest directions. `s = w R̃ᵀR̃ + α · w D^-½ V Vᵀ D^½`, R̃ the user-item matrix over the roots of both
 * degrees, V its leading right singular vectors, D the item degrees.
 *
 * Both filters live on the items' side, so any history can be scored. An item is no neighbour of its own: the diagonal of
 * the linear filter is left out.
 *
 * @source Shen et al., How powerful is graph convolution for recommendation?, CIKM 2021 (GF-CF)
 */
import type { Query } from '../data/histories.ts';
import { userItems } from '../data/user-items.ts';
import type { SparseMatrix } from '../math/sparse-matrix.ts';
import { rightSingularVectors } from '../math/truncated-svd.ts';
import type { Compute, Contribution, Model, ModelDefinition, ModelState, Settings } from './model.ts';
import { type NeighbourTable, neighbourValue, positionWeights, tableArrays, tableOf } from './neighbour-table.ts';
import { fitSimilarity } from './similarity-fit.ts';

export const graphFilter: ModelDefinition = {
  name: 'graph-filter',
  about: 'Linear and ideal low-pass filters on the user-item graph, GF-CF (Shen et al. 2021).',
  settings: {
    rank: { default: 512, min: 1, max: 4096, search: [64, 128, 256, 512], doc: 'Directions that the low-pass keeps.' },
    lowPass: {
      default: 0.3,
      min: 0,
      max: 100,
      search: [0.1, 0.2, 0.3, 0.5, 1],
      doc: 'Weight α of the low-pass filter.',
    },
    neighbours: {
      default: 1000,
      min: 1,
      max: 20_000,
      search: [200, 400, 1000],
      doc: 'Entries of the linear filter kept per item, largest first.',
    },
    iterations: { default: 4, min: 0, max: 100, doc: 'Subspace iterations of the singular vectors.' },
    historyDecay: {
      default: 0.7,
      min: 0,
      max: 1,
      search: [0.5, 0.7, 0.9, 1],
      doc: 'Weight lost per step back; ordered data only.',
    },
    historyLength: { default: 500, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
  },
  async fit(histories, settings, context) {
    const { compute, seed, signal, onProgress } = context;
    const matrix = userItems(histories);
    const { normalised, userDegrees, itemDegrees } = normalise(matrix);
    const roots = Float32Array.from(itemDegrees, (degree) => Math.sqrt(Math.max(degree, Number.MIN_VALUE)) || 1);
    const rowWeights = Float32Array.from(userDegrees, (degree) => (degree > 0 ? 1 / degree : 0));
    const scaling = { source: roots, target: roots, shrink: 0, neighbours: settings['neighbours'] as number };
    const linearProgress = (share: number): void => onProgress?.(0.3 * share, 'linear filter');
    const table = await fitSimilarity(matrix, rowWeights, scaling, { ...context, onProgress: linearProgress });
    const { rank, vectors } = await rightSingularVectors(normalised, settings['rank'] as number, {
      compute,
      seed,
      iterations: settings['iterations'] as number,
      signal,
      onProgress: (share) => onProgress?.(0.3 + 0.7 * share, 'low-pass filter'),
    });
    for (let i = 0; i < matrix.columns; i++) {
      const root = Math.sqrt(itemDegrees[i]!);
      for (let f = 0; f < rank; f++) vectors[i * rank + f]! *= root;
    }
    const kept = histories.ordered ? settings : { ...settings, historyDecay: 1 };
    return new GraphFilter(kept, table, Float32Array.from(itemDegrees), vectors, rank, compute);
  },
  async load(state, compute) {
    const { degrees, targets } = state.arrays as { degrees: Float32Array; targets: Float32Array };
    const settings = state.meta['settings'] as Settings;
    return new GraphFilter(settings, tableOf(state), degrees, targets, state.meta['rank'] as number, compute);
  },
};

/** The weighted matrix over the roots of both degrees, `[users, items]`, and the degrees (sums of weights). */
export function normalise(matrix: SparseMatrix): {
  readonly normalised: SparseMatrix;
  readonly userDegrees: Float64Array;
  readonly itemDegrees: Float64Array;
} {
  const { rows, columns, offsets, indices } = matrix;
  const userDegrees = new Float64Array(rows);
  const itemDegrees = new Float64Array(columns);
  for (let u = 0; u < rows; u++) {
    for (let p = offsets[u]!; p < offsets[u + 1]!; p++) {
      userDegrees[u]! += matrix.values[p]!;
      itemDegrees[indices[p]!]! += matrix.values[p]!;
    }
  }
  const values = new Float32Array(matrix.values.length);
  for (let u = 0; u < rows; u++) {
    for (let p = offsets[u]!; p < offsets[u + 1]!; p++) {
      values[p] = matrix.values[p]! / Math.sqrt(userDegrees[u]! * itemDegrees[indices[p]!]!);
    }
  }
  return { normalised: { ...matrix, values }, userDegrees, itemDegrees };
}

class GraphFilter implements Model {
  readonly name = 'graph-filter';
  readonly settings: Settings;
  readonly itemCount: number;
  readonly #table: NeighbourTable;
  /** Shape `[items]`; 0 for an item that no one chose. */
  readonly #degrees: Float32Array;
  /** `D^½ V`, shape `[items, rank]`. */
  readonly #targets: Float32Array;
  readonly #rank: number;
  readonly #compute: Compute;

  constructor(
    settings: Settings,
    table: NeighbourTable,
    degrees: Float32Array,
    targets: Float32Array,
    rank: number,
    compute: Compute,
  ) {
    this.settings = settings;
    this.itemCount = table.itemCount;
    this.#table = table;
    this.#degrees = degrees;
    this.#targets = targets;
    this.#rank = rank;
    this.#compute = compute;
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    const { itemCount: items } = this;
    const rank = this.#rank;
    const projected = new Float32Array(queries.length * rank);
    for (const [b, query] of queries.entries()) projected.set(this.#project(query), b * rank);
    const product = { a: projected, b: this.#targets, m: queries.length, k: rank, n: items, transposeB: true, out };
    await this.#compute.dense.matmul(product);
    for (const [b, query] of queries.entries()) {
      const row = out.subarray(b * items, (b + 1) * items);
      this.#visit(query, (item, weight) => {
        const to = this.#table.offsets[item + 1]!;
        for (let n = this.#table.offsets[item]!; n < to; n++) {
          row[this.#table.indices[n]!]! += weight * this.#table.values[n]!;
        }
      });
    }
  }

  explain(query: Query, item: number): Contribution[] {
    const rank = this.#rank;
    const lowPass = this.settings['lowPass'] as number;
    const parts: Contribution[] = [];
    this.#visit(query, (source, weight, position) => {
      let smooth = 0;
      for (let f = 0; f < rank; f++) smooth += this.#targets[source * rank + f]! * this.#targets[item * rank + f]!;
      const value = weight * (neighbourValue(this.#table, source, item) + (lowPass * smooth) / this.#degrees[source]!);
      if (value !== 0) parts.push({ position, value });
    });
    return parts;
  }

  state(): ModelState {
    const arrays = { ...tableArrays(this.#table), degrees: this.#degrees, targets: this.#targets };
    return { meta: { settings: this.settings, rank: this.#rank }, arrays };
  }

  /** `α · Σ w_j D_j^-½ V_j`, shape `[rank]`. */
  #project(query: Query): Float64Array {
    const rank = this.#rank;
    const lowPass = this.settings['lowPass'] as number;
    const sum = new Float64Array(rank);
    this.#visit(query, (item, weight) => {
      const scale = (lowPass * weight) / this.#degrees[item]!;
      for (let f = 0; f < rank; f++) sum[f]! += scale * this.#targets[item * rank + f]!;
    });
    return sum;
  }

  /** The positions of a history that count: known items that someone chose, with a weight. */
  #visit(query: Query, visit: (item: number, weight: number, position: number) => void): void {
    const decay = this.settings['historyDecay'] as number;
    const weights = positionWeights(query, decay, this.settings['historyLength'] as number);
    for (const [position, weight] of weights.entries()) {
      const item = query.items[position]!;
      if (weight === 0 || item < 0 || item >= this.itemCount || this.#degrees[item] === 0) continue;
      visit(item, weight, position);
    }
  }
}
