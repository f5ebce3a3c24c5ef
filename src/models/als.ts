/**
 * Implicit alternating least squares: users and items get vectors whose product is near 1 for what was chosen, with
 * confidence 1 + α·weight, and near 0 for all else. Only the item vectors are kept: a user's vector is solved exactly
 * from the history at the moment of asking, so that strangers and changed histories are served alike.
 *
 * @source Hu, Koren & Volinsky, Collaborative filtering for implicit feedback datasets, ICDM 2008; conjugate gradients
 *   as in Takács, Pilászy & Tikk, RecSys 2011; ridges by frequency as in Rendle et al., Revisiting the performance of
 *   iALS on item recommendation benchmarks, RecSys 2022
 */
import { Random } from '../core/random.ts';
import type { Query } from '../data/histories.ts';
import { userItems } from '../data/user-items.ts';
import { choleskyFactor, choleskySolve } from '../math/cholesky.ts';
import type { DenseMath } from '../math/dense-math.ts';
import { withKernels } from '../math/kernels/kernel-pool.ts';
import { type SparseMatrix, transpose } from '../math/sparse-matrix.ts';
import { VectorIndex } from '../math/vector-index.ts';
import {
  type Compute,
  type Contribution,
  defineModel,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type SettingsOf,
} from './model.ts';
import { exampleVectors, VectorForm } from './vector-form.ts';

const settings = {
  factors: { default: 128, min: 4, max: 1024, search: [64, 128, 256], doc: 'Length of a vector, in steps of 4.' },
  iterations: { default: 15, min: 1, max: 200, search: [10, 15, 25], doc: 'Sweeps over users and items.' },
  solverSteps: { default: 3, min: 1, max: 50, doc: 'Conjugate gradient steps of each row in a sweep.' },
  alpha: {
    default: 60,
    min: 0.01,
    max: 1e5,
    search: [20, 60, 150],
    doc: 'Confidence in a choice of weight w is 1 + α·w.',
  },
  regularisation: {
    default: 0.12,
    min: 1e-6,
    max: 1000,
    search: [0.03, 0.06, 0.12, 0.25],
    doc: 'Ridge of a vector, as a share of the confidence in all choices of a mean row.',
  },
  frequencyExponent: {
    default: 0.5,
    min: 0,
    max: 1,
    search: [0, 0.5, 1],
    doc: 'The ridge grows with the confidence in a row’s choices to this power.',
  },
  historyDecay: {
    default: 0.7,
    min: 0,
    max: 1,
    search: [0.5, 0.7, 0.9, 1],
    doc: 'Weight lost per step back when scoring; ordered data only.',
  },
  historyLength: { default: 500, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

export const als: ModelDefinition = defineModel({
  name: 'als',
  about: 'Implicit alternating least squares (Hu, Koren & Volinsky 2008).',
  settings,
  async fit({ histories }, own, context) {
    const users = confidences(userItems(histories), own.alpha);
    const items = transpose(users);
    const d = Math.ceil(own.factors / 4) * 4;
    const { signal, compute } = context;
    const random = new Random(context.seed);
    const factors = new Float32Array(items.rows * d);
    const width = 0.35 / Math.sqrt(d);
    for (let f = 0; f < factors.length; f++) factors[f] = width * (random.uint32() / 2 ** 32 - 0.5);
    const ridgesOf = (matrix: SparseMatrix): Float64Array => {
      const surplus = surpluses(matrix);
      const mean = meanOf(surplus);
      return surplus.map((value) => ridge(value, mean, own));
    };
    await withKernels(compute.threads, async (pool) => {
      const side = (matrix: SparseMatrix, rowRidges: Float64Array, start: Float32Array | number) => ({
        rows: matrix.rows,
        matrix: [pool.i32(matrix.offsets), pool.i32(matrix.indices), pool.f32(matrix.values), pool.f32(rowRidges)],
        vectors: pool.f32(start),
      });
      const user = side(users, ridgesOf(users), users.rows * d);
      const item = side(items, ridgesOf(items), factors);
      const scratch = pool.f32(pool.threads * d * 3);
      const gram = pool.f32(d * d);
      const steps = own.solverSteps;
      const sweep = async (rows: typeof user, fixed: typeof user): Promise<void> => {
        gram.set(await gramOf(fixed.vectors, d, compute.dense));
        const args = [d, steps, ...rows.matrix, gram, fixed.vectors, rows.vectors, scratch];
        await pool.run('alsRows', rows.rows, args, { signal });
      };
      const { iterations } = own;
      for (let iteration = 0; iteration < iterations; iteration++) {
        await sweep(user, item);
        await sweep(item, user);
        context.onProgress?.((iteration + 1) / iterations);
      }
      factors.set(item.vectors);
    });
    const gram = Float64Array.from(await gramOf(factors, d, compute.dense));
    const kept = histories.ordered ? own : { ...own, historyDecay: 1 };
    const made = (index: VectorIndex): Als => new Als(kept, gram, meanOf(surpluses(users)), index, compute);
    const scanned = await VectorIndex.exact(factors, d);
    const exact = made(scanned);
    const examples = exampleVectors(histories, context.seed, d, (query) => exact.userVector(query));
    const { dense } = compute;
    return made(await scanned.grouped({ dense, seed: context.seed, examples, signal }));
  },
  async load({ meta, arrays }, own, compute) {
    const { factors, gram } = arrays as { factors: Float32Array; gram: Float64Array };
    const index = await VectorIndex.load(factors, Math.sqrt(gram.length), arrays, meta['probes'] as number);
    return new Als(own, gram, meta['meanSurplus'] as number, index, compute);
  },
});

/** Weights become confidences `1 + α·w`. */
function confidences(matrix: SparseMatrix, alpha: number): SparseMatrix {
  return { ...matrix, values: matrix.values.map((w) => 1 + alpha * w) };
}

/** Confidence of each row above that of nothing chosen, `Σ (c - 1)`, shape `[rows]`. */
function surpluses(matrix: SparseMatrix): Float64Array {
  const sums = new Float64Array(matrix.rows);
  for (let r = 0; r < matrix.rows; r++) {
    for (let p = matrix.offsets[r]!; p < matrix.offsets[r + 1]!; p++) sums[r]! += matrix.values[p]! - 1;
  }
  return sums;
}

/** Over the rows that have any. */
function meanOf(surplus: Float64Array): number {
  const filled = surplus.filter((value) => value > 0);
  return filled.length > 0 ? filled.reduce((sum, value) => sum + value, 0) / filled.length : 1;
}

/** `λ · mean · (surplus / mean)^exponent`: the same λ means the same shrinkage whatever α and the length of histories. */
function ridge(surplus: number, mean: number, { regularisation, frequencyExponent }: Own): number {
  return regularisation * mean * (surplus / mean) ** frequencyExponent;
}

/** `YᵀY` of vectors `[rows, d]`, shape `[d, d]`. */
async function gramOf(vectors: Float32Array, d: number, dense: DenseMath): Promise<Float32Array> {
  const out = new Float32Array(d * d);
  const a = vectors.slice();
  await dense.matmul({ a, b: a, m: d, k: a.length / d, n: d, transposeA: true, out });
  return out;
}

/** One distinct item of a history, where it last stood, and how surely it was chosen. */
interface Choice {
  readonly item: number;
  readonly position: number;
  readonly confidence: number;
}

class Als extends VectorForm {
  readonly name = 'als';
  readonly #own: Own;
  /** Shape `[items, d]`. */
  readonly #factors: Float32Array;
  /** `YᵀY`, shape `[d, d]`. */
  readonly #gram: Float64Array;
  readonly #meanSurplus: number;
  readonly #d: number;

  constructor(own: Own, gram: Float64Array, mean: number, index: VectorIndex, compute: Compute) {
    super({ ...own }, index, compute);
    this.#own = own;
    this.#factors = index.vectors;
    this.#gram = gram;
    this.#meanSurplus = mean;
    this.#d = index.d;
  }

  userVector(query: Query): Float32Array | undefined {
    const choices = this.#choices(query);
    return choices.length > 0 ? Float32Array.from(this.#solve(choices)) : undefined;
  }

  /** `c_j · y_iᵀ A⁻¹ y_j` for each item j of the history, A being the matrix that the user's vector solves. */
  explain(query: Query, item: number): Contribution[] {
    const choices = this.#choices(query);
    if (choices.length === 0) return [];
    const d = this.#d;
    const solved = Float64Array.from(this.#factors.subarray(item * d, (item + 1) * d));
    choleskySolve(this.#factored(choices), d, solved);
    return choices
      .map(({ item: source, position, confidence }) => ({ position, value: confidence * this.#dot(solved, source) }))
      .sort((a, b) => a.position - b.position);
  }

  state(): ModelState {
    const index = this.index.state();
    const meta = { settings: this.settings, meanSurplus: this.#meanSurplus, ...index.meta };
    return { meta, arrays: { factors: this.#factors, gram: this.#gram, ...index.arrays } };
  }

  #choices(query: Query): Choice[] {
    const { alpha, historyDecay: decay } = this.#own;
    const strongest = new Map<number, Choice>();
    const first = Math.max(0, query.items.length - this.#own.historyLength);
    let factor = 1;
    for (let position = query.items.length - 1; position >= first; position--) {
      const item = query.items[position]!;
      const weight = factor * (query.weights ? query.weights[position]! : 1);
      factor *= decay;
      if (!(weight > 0) || item < 0 || item >= this.itemCount) continue;
      const confidence = 1 + alpha * weight;
      const known = strongest.get(item);
      if (!known) strongest.set(item, { item, position, confidence });
      else if (confidence > known.confidence) strongest.set(item, { ...known, confidence });
    }
    return [...strongest.values()];
  }

  /** Solves `(YᵀY + ridge·I + Σ (c_j - 1) y_j y_jᵀ) x = Σ c_j y_j`, shape `[d]`. */
  #solve(choices: readonly Choice[]): Float64Array {
    const d = this.#d;
    const x = new Float64Array(d);
    for (const { item, confidence } of choices) {
      for (let f = 0; f < d; f++) x[f]! += confidence * this.#factors[item * d + f]!;
    }
    choleskySolve(this.#factored(choices), d, x);
    return x;
  }

  /** The lower Cholesky factor of a history's matrix, shape `[d, d]`. */
  #factored(choices: readonly Choice[]): Float64Array {
    const d = this.#d;
    const a = this.#gram.slice();
    let total = 0;
    for (const { item, confidence } of choices) {
      const surplus = confidence - 1;
      total += surplus;
      const y = this.#factors.subarray(item * d, (item + 1) * d);
      for (let r = 0; r < d; r++) {
        const scaled = surplus * y[r]!;
        for (let c = 0; c <= r; c++) a[r * d + c]! += scaled * y[c]!;
      }
    }
    const diagonal = ridge(total, this.#meanSurplus, this.#own);
    for (let r = 0; r < d; r++) a[r * d + r]! += diagonal;
    choleskyFactor(a, d);
    return a;
  }

  #dot(vector: Float64Array, item: number): number {
    let sum = 0;
    for (let f = 0; f < this.#d; f++) sum += vector[f]! * this.#factors[item * this.#d + f]!;
    return sum;
  }
}
