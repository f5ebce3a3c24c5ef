/**
 * Interest groups: users by the direction of their history in the space of the leading singular vectors, grouped by
 * k-means; a shopper is served what is popular in the groups that the history leans to. A stranger belongs to every
 * group by its size, which gives plain popularity.
 *
 * @source k-means on latent factors as in Ungar & Foster, Clustering methods for collaborative filtering, AAAI WS 1998
 */
import { Random } from '../core/random.ts';
import type { Query } from '../data/histories.ts';
import { userItems } from '../data/user-items.ts';
import { normaliseTo1, sphericalKMeans } from '../math/k-means.ts';
import type { SparseMatrix } from '../math/sparse-matrix.ts';
import { topK } from '../math/top-k.ts';
import { rightSingularVectors } from '../math/truncated-svd.ts';
import { VectorIndex } from '../math/vector-index.ts';
import { normalise } from './graph-filter.ts';
import {
  type Compute,
  defineModel,
  type Model,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type SettingsOf,
} from './model.ts';
import { positionWeights } from './neighbour-table.ts';
import { exampleVectors, VectorForm } from './vector-form.ts';

/** One group as a merchant sees it. */
export interface InterestGroup {
  readonly group: number;
  /** Fitted histories in it. */
  readonly users: number;
  /** Items that its users chose most, the most chosen first. */
  readonly top: readonly InterestItem[];
}

export interface InterestItem {
  readonly item: number;
  /** Weight of the item among all that the group chose, in [0, 1]. */
  readonly share: number;
  /** The share over the item's share among all users: above 1 it tells the group apart. */
  readonly lift: number;
}

const settings = {
  groups: { default: 100, min: 1, max: 2000, search: [20, 50, 100, 200], doc: 'Groups at most.' },
  rank: { default: 32, min: 1, max: 512, search: [16, 32, 64], doc: 'Singular vectors that span the interests.' },
  sharpness: {
    default: 20,
    min: 0,
    max: 1000,
    search: [10, 20, 40],
    doc: 'How fast membership falls with the angle to a group; 0 for plain popularity.',
  },
  smoothing: {
    default: 5,
    min: 0,
    max: 1e6,
    search: [1, 5, 20, 100],
    doc: 'Choices by all users that are mixed into each group’s own.',
  },
  iterations: { default: 30, min: 1, max: 1000, doc: 'Rounds of k-means at most.' },
  historyDecay: {
    default: 0.8,
    min: 0,
    max: 1,
    search: [0.6, 0.8, 1],
    doc: 'Weight lost per step back; ordered data only.',
  },
  historyLength: { default: 500, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

export const userGroups: ModelDefinition = defineModel({
  name: 'user-groups',
  about: 'Popularity inside k-means groups of users by interest (Ungar & Foster 1998).',
  settings,
  async fit({ histories }, own, context) {
    const { compute, seed, signal, onProgress } = context;
    const matrix = userItems(histories);
    const { normalised, itemDegrees } = normalise(matrix);
    const { rank, vectors } = await rightSingularVectors(normalised, own.rank, {
      compute,
      seed,
      iterations: 4,
      signal,
      onProgress: (share) => onProgress?.(0.6 * share, 'interests'),
    });
    for (let i = 0; i < matrix.columns; i++) {
      const scale = itemDegrees[i]! > 0 ? 1 / Math.sqrt(itemDegrees[i]!) : 0;
      for (let f = 0; f < rank; f++) vectors[i * rank + f]! *= scale;
    }
    const { users, rows } = userVectors(matrix, vectors, rank);
    const k = Math.min(own.groups, rows.length);
    const random = new Random(seed, 2);
    const { iterations } = own;
    const options = { dense: compute.dense, random, iterations, signal };
    const { centres, groups } = await sphericalKMeans(users, rank, k, options);
    const sizes = new Int32Array(k);
    const shares = new Float32Array(k * matrix.columns);
    for (const [n, row] of rows.entries()) {
      const group = groups[n]!;
      sizes[group]!++;
      for (let p = matrix.offsets[row]!; p < matrix.offsets[row + 1]!; p++) {
        shares[group * matrix.columns + matrix.indices[p]!]! += matrix.values[p]!;
      }
    }
    const overall = sharesOf(Float32Array.from(itemDegrees));
    smoothShares(shares, overall, own.smoothing);
    const kept = histories.ordered ? own : { ...own, historyDecay: 1 };
    const arrays = { vectors, centres, sizes, shares: transposed(shares, k), overall };
    const made = (index: VectorIndex): UserGroups => new UserGroups(kept, arrays, index, compute);
    const scanned = await VectorIndex.exact(arrays.shares, k);
    const exact = made(scanned);
    const examples = exampleVectors(histories, seed, k, (query) => exact.userVector(query));
    const index = await scanned.grouped({ dense: compute.dense, seed, examples, signal });
    onProgress?.(1);
    return made(index);
  },
  async load(state, own, compute) {
    const arrays = state.arrays as unknown as GroupArrays;
    const index = await VectorIndex.load(
      arrays.shares,
      arrays.sizes.length,
      state.arrays,
      state.meta['probes'] as number,
    );
    return new UserGroups(own, arrays, index, compute);
  },
});

/**
 * The groups of a fitted `user-groups` model, largest first.
 *
 * @param count - items shown of each group
 */
export function interestGroups(model: Model, count = 10): InterestGroup[] {
  if (!(model instanceof UserGroups)) throw new TypeError(`expected a user-groups model, got ${model.name}`);
  return model.groups(count);
}

type GroupArrays = {
  /** `D^-½ V`: what an item adds to a history's direction, shape `[items, rank]`. */
  readonly vectors: Float32Array;
  /** Shape `[groups, rank]`. */
  readonly centres: Float32Array;
  /** Users of each group, shape `[groups]`. */
  readonly sizes: Int32Array;
  /** Smoothed share of each item in each group's choices, shape `[items, groups]`. */
  readonly shares: Float32Array;
  /** The same among all users, shape `[items]`. */
  readonly overall: Float32Array;
};

/** Unit vectors of the rows that have a direction, shape `[rows.length, rank]`. */
function userVectors(matrix: SparseMatrix, vectors: Float32Array, rank: number) {
  const users = new Float32Array(matrix.rows * rank);
  const rows: number[] = [];
  for (let u = 0; u < matrix.rows; u++) {
    const user = users.subarray(rows.length * rank, (rows.length + 1) * rank).fill(0);
    for (let p = matrix.offsets[u]!; p < matrix.offsets[u + 1]!; p++) {
      for (let f = 0; f < rank; f++) user[f]! += matrix.values[p]! * vectors[matrix.indices[p]! * rank + f]!;
    }
    if (normaliseTo1(user)) rows.push(u);
  }
  return { users: users.subarray(0, rows.length * rank), rows };
}

function sharesOf(counts: Float32Array): Float32Array {
  let total = 0;
  for (const count of counts) total += count;
  return total > 0 ? counts.map((count) => count / total) : counts;
}

/** Replaces counts `[groups, items]` by `(count + smoothing · overall) / (total + smoothing)`. */
function smoothShares(counts: Float32Array, overall: Float32Array, smoothing: number): void {
  const items = overall.length;
  for (let from = 0; from < counts.length; from += items) {
    const row = counts.subarray(from, from + items);
    let total = smoothing;
    for (const count of row) total += count;
    for (let i = 0; i < items; i++) row[i] = total > 0 ? (row[i]! + smoothing * overall[i]!) / total : 0;
  }
}

/** `[groups, items]` as `[items, groups]`. */
function transposed(shares: Float32Array, groups: number): Float32Array {
  const items = groups > 0 ? shares.length / groups : 0;
  const out = new Float32Array(shares.length);
  for (let g = 0; g < groups; g++) for (let i = 0; i < items; i++) out[i * groups + g] = shares[g * items + i]!;
  return out;
}

class UserGroups extends VectorForm {
  readonly name = 'user-groups';
  readonly #own: Own;
  readonly #arrays: GroupArrays;
  readonly #rank: number;

  constructor(own: Own, arrays: GroupArrays, index: VectorIndex, compute: Compute) {
    super({ ...own }, index, compute, arrays.overall.length);
    this.#own = own;
    this.#arrays = { ...arrays, shares: index.vectors };
    this.#rank = this.itemCount > 0 ? arrays.vectors.length / this.itemCount : 0;
  }

  userVector(query: Query): Float32Array | undefined {
    return this.index.d > 0 ? Float32Array.from(this.memberships(query)) : undefined;
  }

  /** How much a history belongs to each group: `size · exp(sharpness · cosine)`, summing to 1; shape `[groups]`. */
  memberships(query: Query): Float64Array {
    const { vectors, centres, sizes } = this.#arrays;
    const rank = this.#rank;
    const direction = new Float32Array(rank);
    const weights = positionWeights(query, this.#own);
    for (const [p, weight] of weights.entries()) {
      const item = query.items[p]!;
      if (weight === 0 || item < 0 || item >= this.itemCount) continue;
      for (let f = 0; f < rank; f++) direction[f]! += weight * vectors[item * rank + f]!;
    }
    const sharpness = normaliseTo1(direction) ? this.#own.sharpness : 0;
    const out = new Float64Array(sizes.length);
    let total = 0;
    for (let g = 0; g < sizes.length; g++) {
      let cosine = 0;
      for (let f = 0; f < rank; f++) cosine += direction[f]! * centres[g * rank + f]!;
      out[g] = sizes[g]! * Math.exp(sharpness * (cosine - 1));
      total += out[g]!;
    }
    return total > 0 ? out.map((value) => value / total) : out;
  }

  groups(count: number): InterestGroup[] {
    const { sizes, shares, overall } = this.#arrays;
    const [items, groups] = [this.itemCount, sizes.length];
    return [...sizes.keys()]
      .sort((a, b) => sizes[b]! - sizes[a]! || a - b)
      .map((group) => {
        const row = Float32Array.from({ length: items }, (_, item) => shares[item * groups + group]!);
        const top = [...topK(row, Math.min(count, items))].filter((item) => row[item]! > 0);
        const described = top.map((item) => ({ item, share: row[item]!, lift: row[item]! / overall[item]! }));
        return { group, users: sizes[group]!, top: described };
      });
  }

  state(): ModelState {
    const { meta, arrays } = this.index.state();
    return { meta: { settings: this.settings, ...meta }, arrays: { ...this.#arrays, ...arrays } };
  }
}
