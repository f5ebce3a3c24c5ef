/**
 * Vectors of users and items by stochastic gradient descent: what was chosen before what was not (BPR), or as 1 against 0 with
 * squared error, both with L2. A shopper's vector is found from the history by the same descent, with the items as they are, so
 * that it follows what happened since.
 *
 * @source Rendle et al., BPR: Bayesian personalized ranking from implicit feedback, UAI 2009
 * @source Koren, Bell & Volinsky, Matrix factorization techniques for recommender systems, IEEE Computer 2009 (squared error)
 * @source Gemulla et al., Large-scale matrix factorization with distributed stochastic gradient descent, KDD 2011 (blocks)
 */
import { Random } from '../core/random.ts';
import type { Query } from '../data/histories.ts';
import { userItems } from '../data/user-items.ts';
import { withKernels } from '../math/kernels/kernel-pool.ts';
import type { SparseMatrix } from '../math/sparse-matrix.ts';
import { VectorIndex } from '../math/vector-index.ts';
import {
  type Compute,
  defineModel,
  type FitContext,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type SettingsOf,
} from './model.ts';
import { exampleVectors, VectorForm } from './vector-form.ts';

const settings = {
  factors: { default: 64, min: 4, max: 1024, search: [32, 64, 128], doc: 'Length of the vectors; a multiple of 4.' },
  loss: {
    default: 'bpr',
    choices: ['bpr', 'squared'],
    search: ['bpr', 'squared'],
    doc: 'What was chosen before what was not, or as 1 against 0.',
  },
  epochs: { default: 60, min: 1, max: 10_000, doc: 'Passes over the choices.' },
  learningRate: { default: 0.05, min: 1e-5, max: 1, search: [0.02, 0.05, 0.1], doc: 'How far a step goes.' },
  regularisation: { default: 0.01, min: 0, max: 10, search: [0.002, 0.01, 0.03], doc: 'Of all vectors (L2).' },
  historyLength: { default: 500, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

/** Of users and of items: any number of threads up to it makes the same vectors. */
const blocks = 16;
const width = 0.1;

export const matrixFactorisation: ModelDefinition = defineModel({
  name: 'matrix-factorisation',
  about: 'Vectors by stochastic gradient descent: BPR (Rendle et al. 2009), or squared error with L2.',
  settings,
  async fit({ histories }, own, context) {
    const { compute, seed, signal } = context;
    const d = Math.ceil(own.factors / 4) * 4;
    const matrix = sortedRows(userItems(histories));
    const vectors = await factorised(matrix, d, own, context);
    const known = new Uint8Array(matrix.columns);
    for (const item of matrix.indices) known[item] = 1;
    for (let item = 0; item < known.length; item++) if (known[item] === 0) vectors.fill(0, item * d, (item + 1) * d);
    const made = (index: VectorIndex): MatrixFactorisation => new MatrixFactorisation(own, index, known, compute);
    const scanned = await VectorIndex.exact(vectors, d);
    const exact = made(scanned);
    const examples = exampleVectors(histories, seed, d, (query) => exact.userVector(query));
    return made(await scanned.grouped({ dense: compute.dense, seed, examples, signal }));
  },
  async load({ arrays, meta }, own, compute) {
    const { vectors, known } = arrays as { vectors: Float32Array; known: Uint8Array };
    const index = await VectorIndex.load(vectors, meta['d'] as number, arrays, meta['probes'] as number);
    return new MatrixFactorisation(own, index, known.slice(), compute);
  },
});

function sortedRows(matrix: SparseMatrix): SparseMatrix {
  const indices = matrix.indices.slice();
  for (let r = 0; r < matrix.rows; r++) indices.subarray(matrix.offsets[r], matrix.offsets[r + 1]).sort();
  return { ...matrix, indices };
}

/** @returns vectors of items, `[items, d]` */
async function factorised(
  matrix: SparseMatrix,
  d: number,
  { loss, epochs, learningRate, regularisation }: Own,
  { compute, seed, signal, onProgress }: FitContext,
): Promise<Float32Array> {
  const { rows, columns, offsets, indices } = matrix;
  const random = new Random(seed, 0xb9a0);
  const [blockOfUser, blockOfItem] = [rows, columns].map((count) => dealt(count, random)) as [Uint8Array, Uint8Array];
  const { strata, users, items } = strataOf(matrix, blockOfUser, blockOfItem, random);
  const { blockOffsets, blockItems } = blockLists(blockOfItem);
  const start = (count: number): Float32Array =>
    Float32Array.from({ length: count * d }, () => (width * random.normal()) / Math.sqrt(d));
  const [userStart, itemStart] = [start(rows), start(columns)];
  return withKernels(compute.threads, async (pool) => {
    const [x, y] = [pool.f32(userStart), pool.f32(itemStart)];
    const lists = [strata, users, items, offsets, indices, blockOffsets, blockItems].map((list) => pool.i32(list));
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let shift = 0; shift < blocks; shift++) {
        const seeds = (seed * 7919 + epoch * blocks + shift) & 0x7fffffff;
        const how = [d, blocks, shift, seeds, Number(loss === 'squared'), learningRate, regularisation];
        await pool.run('factoriseBlocks', blocks, [...how, ...lists, x, y], { chunk: 1, signal });
      }
      onProgress?.((epoch + 1) / epochs);
    }
    return y.slice();
  });
}

/** A block for each, of nearly equal sizes. */
function dealt(count: number, random: Random): Uint8Array {
  return Uint8Array.from(random.shuffle(Int32Array.from({ length: count }, (_, n) => n % blocks)));
}

/** Choices by block of their user, then of their item, each part in an order of chance. */
function strataOf(
  { rows, offsets, indices }: SparseMatrix,
  blockOfUser: Uint8Array,
  blockOfItem: Uint8Array,
  random: Random,
): { strata: Int32Array; users: Int32Array; items: Int32Array } {
  const userOf = new Int32Array(indices.length);
  for (let r = 0; r < rows; r++) userOf.fill(r, offsets[r], offsets[r + 1]);
  const stratumOf = (p: number): number => blockOfUser[userOf[p]!]! * blocks + blockOfItem[indices[p]!]!;
  const strata = new Int32Array(blocks * blocks + 1);
  for (let p = 0; p < indices.length; p++) strata[stratumOf(p) + 1]!++;
  for (let s = 0; s < blocks * blocks; s++) strata[s + 1]! += strata[s]!;
  const next = strata.slice();
  const users = new Int32Array(indices.length);
  const items = new Int32Array(indices.length);
  for (const p of random.shuffle(Int32Array.from({ length: indices.length }, (_, n) => n))) {
    const at = next[stratumOf(p)]!++;
    users[at] = userOf[p]!;
    items[at] = indices[p]!;
  }
  return { strata, users, items };
}

function blockLists(blockOf: Uint8Array): { blockOffsets: Int32Array; blockItems: Int32Array } {
  const blockOffsets = new Int32Array(blocks + 1);
  for (const block of blockOf) blockOffsets[block + 1]!++;
  for (let b = 0; b < blocks; b++) blockOffsets[b + 1]! += blockOffsets[b]!;
  const next = blockOffsets.slice();
  const blockItems = new Int32Array(blockOf.length);
  for (const [item, block] of blockOf.entries()) blockItems[next[block]!++] = item;
  return { blockOffsets, blockItems };
}

/** Steps from which a shopper's vector is found, at least; a long history is gone over less often. */
const foldingSteps = 400;

class MatrixFactorisation extends VectorForm {
  readonly name = 'matrix-factorisation';
  readonly #own: Own;
  readonly #known: Uint8Array;

  constructor(own: Own, index: VectorIndex, known: Uint8Array, compute: Compute) {
    super({ ...own }, index, compute, known.length, known);
    this.#own = own;
    this.#known = known;
  }

  userVector({ items }: Query): Float32Array | undefined {
    const { d, vectors } = this.index;
    const { loss, learningRate, regularisation, historyLength } = this.#own;
    const fitting = items.subarray(-historyLength).filter((item) => item >= 0 && item < this.itemCount);
    const own = [...new Set(fitting.filter((item) => this.knows(item)))];
    if (own.length === 0) return undefined;
    const chosen = new Set(own);
    const x = new Float32Array(d);
    const random = new Random(own.length, own[0]!);
    const dot = (item: number): number => {
      let sum = 0;
      for (let f = 0; f < d; f++) sum += x[f]! * vectors[item * d + f]!;
      return sum;
    };
    const step = (item: number, by: number): void => {
      for (let f = 0; f < d; f++) x[f]! += by * vectors[item * d + f]!;
    };
    const passes = Math.max(4, Math.ceil(foldingSteps / own.length));
    for (let pass = 0; pass < passes; pass++) {
      // The last steps are small, so that chance averages out.
      const rate = learningRate * Math.min(1, (2 * (passes - pass)) / passes);
      for (const item of own) {
        let drawn = random.below(this.itemCount);
        for (let tries = 0; tries < 8 && (chosen.has(drawn) || this.#known[drawn] === 0); tries++)
          drawn = random.below(this.itemCount);
        const isOther = !chosen.has(drawn);
        const slope = loss === 'squared' ? 1 - dot(item) : 1 / (1 + Math.exp(dot(item) - (isOther ? dot(drawn) : 0)));
        const against = loss === 'squared' ? dot(drawn) : slope;
        for (let f = 0; f < d; f++) x[f]! *= 1 - rate * regularisation;
        step(item, rate * slope);
        if (isOther) step(drawn, -rate * against);
      }
    }
    return x;
  }

  state(): ModelState {
    const { arrays, meta } = this.index.state();
    return {
      meta: { settings: this.settings, d: this.index.d, ...meta },
      arrays: { vectors: this.index.vectors, known: this.#known, ...arrays },
    };
  }
}
