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
import { Best, type Ranked } from '../math/best.ts';
import type { SparseMatrix } from '../math/sparse-matrix.ts';
import { rightSingularVectors } from '../math/truncated-svd.ts';
import { VectorIndex } from '../math/vector-index.ts';
import { absent } from './absent.ts';
import { Evidence } from './evidence.ts';
import {
  type Compute,
  type Contribution,
  defineModel,
  type Model,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type Settings,
  type SettingsOf,
} from './model.ts';
import { type NeighbourTable, neighbourValue, positionWeights, tableArrays, tableOf } from './neighbour-table.ts';
import type { Shelf } from './shelf.ts';
import { fitSimilarity } from './similarity-fit.ts';
import { exampleVectors } from './vector-form.ts';

const settings = {
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
  search: {
    default: 'lists',
    choices: ['lists', 'all'],
    doc: 'Where its best are looked for: in lists of like vectors, or among all; `all` suits one that only scores.',
  },
  historyDecay: {
    default: 0.7,
    min: 0,
    max: 1,
    search: [0.5, 0.7, 0.9, 1],
    doc: 'Weight lost per step back; ordered data only.',
  },
  historyLength: { default: 500, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

export const graphFilter: ModelDefinition = defineModel({
  name: 'graph-filter',
  about: 'Linear and ideal low-pass filters on the user-item graph, GF-CF (Shen et al. 2021).',
  settings,
  async fit({ histories }, own, context) {
    const { compute, seed, signal, onProgress } = context;
    const matrix = userItems(histories);
    const { normalised, userDegrees, itemDegrees } = normalise(matrix);
    const roots = Float32Array.from(itemDegrees, (degree) => Math.sqrt(Math.max(degree, Number.MIN_VALUE)) || 1);
    const rowWeights = Float32Array.from(userDegrees, (degree) => (degree > 0 ? 1 / degree : 0));
    const scaling = { source: roots, target: roots, shrink: 0, neighbours: own.neighbours };
    const linearProgress = (share: number): void => onProgress?.(0.3 * share, 'linear filter');
    const table = await fitSimilarity(matrix, rowWeights, scaling, { ...context, onProgress: linearProgress });
    const { rank, vectors } = await rightSingularVectors(normalised, own.rank, {
      compute,
      seed,
      iterations: own.iterations,
      signal,
      onProgress: (share) => onProgress?.(0.3 + 0.6 * share, 'low-pass filter'),
    });
    for (let i = 0; i < matrix.columns; i++) {
      const root = Math.sqrt(itemDegrees[i]!);
      for (let f = 0; f < rank; f++) vectors[i * rank + f]! *= root;
    }
    const kept = histories.ordered ? own : { ...own, historyDecay: 1 };
    const degrees = Float32Array.from(itemDegrees);
    const made = (index: VectorIndex): GraphFilter => new GraphFilter(kept, { table, degrees, index }, compute);
    const scanned = await VectorIndex.exact(vectors, rank);
    const exact = made(scanned);
    if (own.search === 'all') return exact;
    const examples = exampleVectors(histories, seed, rank, (query) => exact.project(query));
    const options = { dense: compute.dense, seed, examples, signal, recall };
    const index = await scanned.grouped(options);
    onProgress?.(1);
    return made(index);
  },
  async load(state, own, compute) {
    const { degrees, targets } = state.arrays as { degrees: Float32Array; targets: Float32Array };
    const { rank, probes } = state.meta as { rank: number; probes: number };
    const index = await VectorIndex.load(targets, rank, state.arrays, probes);
    return new GraphFilter(own, { table: tableOf(state), degrees, index }, compute);
  },
});

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

interface FilterParts {
  readonly table: NeighbourTable;
  /** Shape `[items]`; 0 for an item that no one chose. */
  readonly degrees: Float32Array;
  /** Over `D^½ V`, shape `[items, rank]`. */
  readonly index: VectorIndex;
}

/** What a query says: the linear filter as a sparse sum, the low-pass filter as a vector. */
interface Asked {
  readonly query: Query;
  /** Shape `[rank]`; undefined where the history tells nothing. */
  readonly vector: Float32Array | undefined;
}

/** Best of the linear filter that are looked at, for each item that is wanted. */
const linearShare = 2;
/**
 * The linear filter brings most of the best: on Gowalla .998 of the first hundred of both together are found where the lists
 * find .77 of the low-pass filter's own.
 */
const recall = { wanted: 0.9, least: 0, mostLists: 32 };

class GraphFilter implements Model {
  readonly name = 'graph-filter';
  readonly settings: Settings;
  readonly itemCount: number;
  entriesRead = 0;
  readonly #own: Own;
  readonly #table: NeighbourTable;
  readonly #degrees: Float32Array;
  readonly #targets: Float32Array;
  readonly #index: VectorIndex;
  readonly #rank: number;
  readonly #compute: Compute;
  readonly #linear: Evidence;
  /** The turn in which an item was looked at last. */
  readonly #looked: Int32Array;
  #turn = 0;
  #asked: Asked | undefined;

  constructor(own: Own, { table, degrees, index }: FilterParts, compute: Compute) {
    this.settings = { ...own };
    this.#own = own;
    this.itemCount = table.itemCount;
    this.#table = table;
    this.#degrees = degrees;
    this.#targets = index.vectors;
    this.#index = index;
    this.#rank = index.d;
    this.#compute = compute;
    this.#linear = new Evidence(this.itemCount);
    this.#looked = new Int32Array(this.itemCount);
  }

  /** The best of both filters together, among the best of each. */
  retrieve(query: Query, k: number, shelf?: Shelf): Ranked {
    const { vector } = this.#ask(query);
    const best = new Best(k);
    if (!vector || k === 0) return best.ranked();
    const turn = ++this.#turn;
    const [linear, looked] = [this.#linear, this.#looked];
    this.entriesRead += this.#index.scan(vector, k, (item, product) => {
      if (shelf && !shelf.has(item)) return false;
      looked[item] = turn;
      best.offer(item, product + (linear.of(item) || 0));
      return true;
    });
    const { items } = linear.best(linearShare * k, shelf);
    for (let n = 0; n < items.length; n++) {
      if (looked[items[n]!] === turn) continue;
      best.offer(items[n]!, this.#index.product(items[n]!, vector) + linear.of(items[n]!));
      this.entriesRead += this.#rank;
    }
    return best.ranked();
  }

  scoreItems(query: Query, items: Int32Array, out: Float32Array): void {
    const { vector } = this.#ask(query);
    if (!vector) {
      out.fill(absent, 0, items.length);
      return;
    }
    this.#index.products(items, vector, out);
    for (let n = 0; n < items.length; n++) out[n]! += this.#linear.of(items[n]!) || 0;
    this.entriesRead += items.length * (this.#rank + 1);
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    const { itemCount: items } = this;
    const rank = this.#rank;
    const projected = new Float32Array(queries.length * rank);
    const known = queries.map((query) => this.project(query));
    for (const [b, vector] of known.entries()) if (vector) projected.set(vector, b * rank);
    const product = { a: projected, b: this.#targets, m: queries.length, k: rank, n: items, transposeB: true, out };
    await this.#compute.dense.matmul(product);
    for (const [b, query] of queries.entries()) {
      const row = out.subarray(b * items, (b + 1) * items);
      if (!known[b]) row.fill(absent);
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
    const { lowPass } = this.#own;
    const sources: number[] = [];
    const found: { readonly position: number; readonly weight: number }[] = [];
    this.#visit(query, (source, weight, position) => {
      sources.push(source);
      found.push({ position, weight });
    });
    const smooth = new Float32Array(sources.length);
    const own = this.#targets.slice(item * rank, (item + 1) * rank);
    this.#index.products(Int32Array.from(sources), own, smooth);
    return found.flatMap(({ position, weight }, n) => {
      const source = sources[n]!;
      const low = (lowPass * smooth[n]!) / this.#degrees[source]!;
      const value = weight * (neighbourValue(this.#table, source, item) + low);
      return value === 0 ? [] : [{ position, value }];
    });
  }

  state(): ModelState {
    const index = this.#index.state();
    const own = { degrees: this.#degrees, targets: this.#targets };
    return {
      meta: { settings: this.settings, rank: this.#rank, ...index.meta },
      arrays: { ...tableArrays(this.#table), ...own, ...index.arrays },
    };
  }

  /** `α · Σ w_j D_j^-½ V_j`, shape `[rank]`; undefined where no position counts. */
  project(query: Query): Float32Array | undefined {
    const rank = this.#rank;
    const { lowPass } = this.#own;
    const sum = new Float64Array(rank);
    let known = false;
    this.#visit(query, (item, weight) => {
      known = true;
      const scale = (lowPass * weight) / this.#degrees[item]!;
      for (let f = 0; f < rank; f++) sum[f]! += scale * this.#targets[item * rank + f]!;
    });
    return known ? Float32Array.from(sum) : undefined;
  }

  #ask(query: Query): Asked {
    if (this.#asked?.query === query) return this.#asked;
    this.#asked = undefined;
    const { offsets, indices, values } = this.#table;
    this.#linear.clear();
    this.#visit(query, (item, weight) => {
      this.#linear.addRow(indices, values, offsets[item]!, offsets[item + 1]!, weight);
      this.entriesRead += offsets[item + 1]! - offsets[item]! + this.#rank;
    });
    this.#asked = { query, vector: this.project(query) };
    return this.#asked;
  }

  /** The positions of a history that count: known items that someone chose, with a weight. */
  #visit(query: Query, visit: (item: number, weight: number, position: number) => void): void {
    const weights = positionWeights(query, this.#own);
    for (const [position, weight] of weights.entries()) {
      const item = query.items[position]!;
      if (weight === 0 || item < 0 || item >= this.itemCount || this.#degrees[item] === 0) continue;
      visit(item, weight, position);
    }
  }
}
