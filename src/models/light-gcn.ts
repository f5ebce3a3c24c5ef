/**
 * Vectors of users and items spread over the graph of who chose what, and averaged over the steps. Each training step spreads all
 * of them, compares a batch of choices, and takes the gradient back through the adjoint; the graph is no part of what runs on
 * ONNX Runtime. A shopper's vector is made of the history by the same spreading, so that it follows what happened since.
 *
 * @source He et al., LightGCN: simplifying and powering graph convolution network for recommendation, SIGIR 2020
 * @source Wu et al., On the effectiveness of sampled softmax loss for item recommendation, TOIS 2024 (the loss)
 */
import { ShelfwiseError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import { type Query, rowCount } from '../data/histories.ts';
import { userItems } from '../data/user-items.ts';
import { gradients } from '../math/autodiff/gradients.ts';
import { equal, multiply } from '../math/autodiff/operations/elementwise.ts';
import { matmul } from '../math/autodiff/operations/matrix.ts';
import { reshape } from '../math/autodiff/operations/shaping.ts';
import { sum } from '../math/autodiff/operations/summing.ts';
import { input, scalar, type Tensor } from '../math/autodiff/tensor.ts';
import type { GraphArray, GraphRunner } from '../math/graph-runner.ts';
import { type KernelPool, withKernels } from '../math/kernels/kernel-pool.ts';
import { type SparseMatrix, transpose } from '../math/sparse-matrix.ts';
import { ForwardGraph } from '../math/training/forward-graph.ts';
import { unitVectors } from '../math/training/layers.ts';
import { bayesianRanking, sampledSoftmax } from '../math/training/losses.ts';
import { warmUpCosine } from '../math/training/schedules.ts';
import type { TrainingState } from '../math/training/training-graph.ts';
import { VectorIndex } from '../math/vector-index.ts';
import { normalise } from './graph-filter.ts';
import {
  type Compute,
  defineModel,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type SettingsOf,
} from './model.ts';
import { type Training, trainedByEpochs } from './neural/training-loop.ts';
import { exampleVectors, VectorForm } from './vector-form.ts';

const settings = {
  factors: { default: 64, min: 4, max: 1024, search: [32, 64, 128], doc: 'Length of the vectors; a multiple of 4.' },
  layers: { default: 3, min: 1, max: 8, search: [2, 3], doc: 'Steps that vectors are spread.' },
  loss: {
    default: 'softmax',
    choices: ['softmax', 'bpr'],
    doc: 'What was chosen among items drawn as often as they are chosen, by cosine, or before one item by chance.',
  },
  temperature: { default: 0.15, min: 0.01, max: 10, search: [0.1, 0.15, 0.2], doc: 'Of the softmax: less is sharper.' },
  batch: { default: 8192, min: 8, max: 65_536, doc: 'Choices in a step.' },
  negatives: { default: 1024, min: 1, max: 65_536, doc: 'Items drawn for each step of the softmax.' },
  epochs: { default: 30, min: 1, max: 10_000, doc: 'Passes over the choices at most.' },
  patience: { default: 5, min: 0, max: 1000, doc: 'Passes without a better figure until it stops.' },
  learningRate: { default: 5e-3, min: 1e-6, max: 1, search: [1e-3, 5e-3], doc: 'Highest rate of Adam.' },
  regularisation: {
    default: 1e-7,
    min: 0,
    max: 1,
    search: [0, 1e-7, 1e-6],
    doc: 'Of the vectors before spreading (L2).',
  },
  historyLength: { default: 500, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

const judgedAt = 20;
const mostHeld = 2000;
const deviation = 0.1;
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

export const lightGcn: ModelDefinition = defineModel({
  name: 'light-gcn',
  about: 'Vectors spread over the graph of who chose what (He et al. 2020).',
  settings,
  async fit({ histories }, own, context) {
    const { compute, seed, signal } = context;
    const { graphs } = compute;
    if (!graphs) {
      const message = 'light-gcn: expected onnxruntime-node to train with, it is not installed.';
      const hint = 'Run `npm install --ignore-scripts onnxruntime-node`, or leave the model out.';
      throw new ShelfwiseError('SW_PART_MISSING', message, hint);
    }
    const d = Math.ceil(own.factors / 4) * 4;
    const held = heldChoices(userItems(histories), seed);
    if (held.matrix.indices.length === 0) {
      const message = 'light-gcn: expected choices to spread vectors over, got none.';
      throw new ShelfwiseError('SW_MODEL_LIMIT', message, 'Leave the model out, or wait for more events.');
    }
    const { normalised, itemDegrees } = normalise(held.matrix);
    const [users, items] = [rowCount(histories), histories.itemCount];
    const parts = await withKernels(compute.threads, async (pool) => {
      const graph = await GraphTraining.open({ pool, graphs, own, d, seed, matrix: held.matrix, normalised });
      try {
        const { epochs, patience } = own;
        const steps = epochs * Math.max(1, Math.floor(held.matrix.indices.length / own.batch));
        const { weights } = await trainedByEpochs({
          ...{ name: 'light-gcn', training: graph, epochs, patience, context, figure: `NDCG@${judgedAt}` },
          rate: warmUpCosine(own.learningRate, { warmUp: Math.ceil(steps / 20), steps }),
          batches: (epoch) => graph.batches(epoch),
          judge: held.users.length === 0 ? undefined : () => graph.heldNdcg(held, compute.dense),
        });
        return await graph.answering(weights['vectors']!);
      } finally {
        await graph.close();
      }
    });
    const known = Uint8Array.from(itemDegrees, (degree) => Number(degree > 0));
    const arrays = { own: parts.all.slice(0, users * d), parts: parts.spread, degrees: Float32Array.from(itemDegrees) };
    const vectors = parts.items;
    for (let item = 0; item < items; item++) if (known[item] === 0) vectors.fill(0, item * d, (item + 1) * d);
    const made = (index: VectorIndex): LightGcn => new LightGcn(own, index, arrays, known, compute);
    const scanned = await VectorIndex.exact(vectors, d);
    const exact = made(scanned);
    const examples = exampleVectors(histories, seed, d, (query) => exact.userVector(query));
    return made(await scanned.grouped({ dense: compute.dense, seed, examples, signal }));
  },
  async load({ arrays, meta }, own, compute) {
    const { vectors, known, ...rest } = arrays as Record<string, Float32Array> & { known: Uint8Array };
    const index = await VectorIndex.load(vectors!, meta['d'] as number, arrays, meta['probes'] as number);
    const { own: users, parts, degrees } = rest as Record<keyof SpreadArrays, Float32Array>;
    return new LightGcn(own, index, { own: users, parts, degrees }, known.slice(), compute);
  },
});

interface Held {
  /** Choices that teach. */
  readonly matrix: SparseMatrix;
  /** One choice each of some users, held back. */
  readonly users: Int32Array;
  readonly items: Int32Array;
}

/** Of users that have five choices or more, one of some is held back. */
function heldChoices(matrix: SparseMatrix, seed: number): Held {
  const { rows, offsets, indices, values } = matrix;
  const random = new Random(seed, 0x4e1e);
  const long = Int32Array.from({ length: rows }, (_, r) => r).filter((r) => offsets[r + 1]! - offsets[r]! >= 5);
  const users = random
    .shuffle(long)
    .slice(0, Math.min(mostHeld, Math.floor(long.length / 10)))
    .sort();
  const without = new Set<number>();
  for (const user of users) without.add(offsets[user]! + random.below(offsets[user + 1]! - offsets[user]!));
  const kept = (_: number, p: number): boolean => !without.has(p);
  const fewer = new Int32Array(rows + 1);
  let gone = 0;
  const order = [...without].sort((a, b) => a - b);
  for (let r = 0; r < rows; r++) {
    while (gone < order.length && order[gone]! < offsets[r + 1]!) gone++;
    fewer[r + 1] = offsets[r + 1]! - gone;
  }
  return {
    matrix: { ...matrix, offsets: fewer, indices: indices.filter(kept), values: values.filter(kept) },
    users,
    items: Int32Array.from(order, (p) => indices[p]!),
  };
}

interface GraphTrainingParts {
  readonly pool: KernelPool;
  readonly graphs: GraphRunner;
  readonly own: Own;
  readonly d: number;
  readonly seed: number;
  /** Who chose what, and the same by the degrees of both. */
  readonly matrix: SparseMatrix;
  readonly normalised: SparseMatrix;
}

type Compared = ForwardGraph<'loss' | 'byUsers' | 'byItems' | 'byOthers'>;

/** Users are the first nodes, then items; all vectors lie in the memory of the kernels. */
class GraphTraining implements Training {
  readonly #parts: GraphTrainingParts;
  readonly #compared: Compared;
  readonly #edges: readonly [Int32Array, Int32Array, Float32Array];
  readonly #nodes: number;
  readonly #vectors: Float32Array;
  readonly #moments: readonly [Float32Array, Float32Array];
  /** Sum of the steps, gradients by it and by the vectors, and two layers on the way. */
  readonly #sum: Float32Array;
  readonly #slopes: Float32Array;
  readonly #layers: readonly [Float32Array, Float32Array];
  readonly #logShares: Float32Array;
  #step = 0;

  static async open(parts: GraphTrainingParts): Promise<GraphTraining> {
    return new GraphTraining(parts, await comparing(parts));
  }

  private constructor(parts: GraphTrainingParts, compared: Compared) {
    const { pool, d, seed, matrix, normalised } = parts;
    const { rows, columns } = matrix;
    this.#parts = parts;
    this.#compared = compared;
    this.#nodes = rows + columns;
    const { offsets, indices, values } = bothWays(normalised);
    this.#edges = [pool.i32(offsets), pool.i32(indices), pool.f32(values)];
    const random = new Random(seed, 0x16c4);
    const size = this.#nodes * d;
    this.#vectors = pool.f32(Float32Array.from({ length: size }, () => deviation * random.normal()));
    this.#moments = [pool.f32(size), pool.f32(size)];
    this.#sum = pool.f32(size);
    this.#slopes = pool.f32(size);
    this.#layers = [pool.f32(size), pool.f32(size)];
    const counts = new Float32Array(columns).fill(1);
    for (const item of matrix.indices) counts[item]!++;
    const total = counts.reduce((sum, one) => sum + one, 0);
    this.#logShares = counts.map((count) => Math.log(count / total));
  }

  get steps(): number {
    return this.#step;
  }

  get state(): TrainingState {
    const [first, second] = this.#moments;
    return { step: this.#step, arrays: { vectors: this.#vectors, first, second } };
  }

  restore({ step, arrays }: TrainingState): void {
    const { arrays: own } = this.state;
    for (const [name, into] of Object.entries(own)) {
      if (arrays[name]?.length === into.length) continue;
      const message = `light-gcn: expected a state with ${into.length} values of "${name}", got ${arrays[name]?.length ?? 'none'}.`;
      throw new ShelfwiseError('SW_TRAINING', message, 'Begin the training anew.');
    }
    for (const [name, into] of Object.entries(own)) into.set(arrays[name]!);
    this.#step = step;
  }

  /** Choices in an order of chance, and items by chance: as often as they are chosen, or for bpr one of all for each. */
  *batches(epoch: number): Iterable<Readonly<Record<string, GraphArray>>> {
    const { seed, matrix, own } = this.#parts;
    const { rows, columns, offsets, indices } = matrix;
    const random = new Random(seed, 0x16_0000 + epoch);
    const userOf = new Int32Array(indices.length);
    for (let r = 0; r < rows; r++) userOf.fill(r, offsets[r], offsets[r + 1]);
    const order = random.shuffle(Int32Array.from(indices.keys()));
    const batch = Math.min(own.batch, order.length);
    const drawn = (): number => (own.loss === 'bpr' ? random.below(columns) : indices[random.below(indices.length)]!);
    const others = own.loss === 'bpr' ? batch : own.negatives;
    for (let from = 0; from + batch <= order.length; from += batch) {
      const part = order.subarray(from, from + batch);
      yield {
        users: BigInt64Array.from(part, (p) => BigInt(userOf[p]!)),
        items: BigInt64Array.from(part, (p) => BigInt(indices[p]!)),
        others: BigInt64Array.from({ length: others }, () => BigInt(drawn())),
      };
    }
  }

  /** The sum over all steps of what the vectors become, in `sum`; the last but one step lies in a layer. */
  async #spread(from: Float32Array, into: Float32Array): Promise<void> {
    const { pool, d, own } = this.#parts;
    into.set(from);
    let layer = from;
    for (let n = 0; n < own.layers; n++) {
      const next = this.#layers[n % 2]!;
      await pool.run('spreadRows', this.#nodes, [...this.#edges, layer, d, next, into]);
      layer = next;
    }
  }

  async step(feeds: Readonly<Record<string, GraphArray>>, rate: number): Promise<{ readonly loss: number }> {
    const { pool, d, own, matrix } = this.#parts;
    const [users, items, others] = ['users', 'items', 'others'].map((name) => feeds[name] as BigInt64Array) as [
      BigInt64Array,
      BigInt64Array,
      BigInt64Array,
    ];
    const scale = 1 / (own.layers + 1);
    await this.#spread(this.#vectors, this.#sum);
    const rowsOf = (nodes: BigInt64Array, first: number): Float32Array => {
      const out = new Float32Array(nodes.length * d);
      for (const [n, node] of nodes.entries()) {
        const at = (first + Number(node)) * d;
        for (let f = 0; f < d; f++) out[n * d + f] = scale * this.#sum[at + f]!;
      }
      return out;
    };
    const sharesOf = (some: BigInt64Array): Float32Array =>
      Float32Array.from(some, (item) => this.#logShares[Number(item)]!);
    const { loss, ...slopes } = await this.#compared.run({
      ...{ users: rowsOf(users, 0), items: rowsOf(items, matrix.rows), others: rowsOf(others, matrix.rows) },
      ...{ ids: items, otherIds: others, logShares: sharesOf(items), otherLogShares: sharesOf(others) },
    });
    if (!Number.isFinite(loss[0]!)) {
      const message = `light-gcn: expected a finite loss at step ${this.#step + 1}, got ${loss[0]}.`;
      throw new ShelfwiseError('SW_TRAINING', message, 'Lower the learning rate, or raise the temperature.');
    }
    // By the sum, then back through the spreading: the graph is the same both ways.
    const by = this.#sum.fill(0);
    const addTo = (nodes: BigInt64Array, first: number, values: Float32Array): void => {
      for (const [n, node] of nodes.entries()) {
        const at = (first + Number(node)) * d;
        for (let f = 0; f < d; f++) by[at + f]! += scale * values[n * d + f]!;
      }
    };
    addTo(users, 0, slopes.byUsers);
    addTo(items, matrix.rows, slopes.byItems);
    addTo(others, matrix.rows, slopes.byOthers);
    await this.#spread(by, this.#slopes);
    const t = ++this.#step;
    const size = Math.sqrt(1 - beta2 ** t);
    const how = [beta1, beta2, (rate * size) / (1 - beta1 ** t), epsilon * size, own.regularisation];
    await pool.run('adamRows', this.#nodes, [d, this.#vectors, this.#slopes, ...this.#moments, ...how]);
    return { loss: loss[0]! };
  }

  /** How the held back choices stand among all items that their users did not choose. */
  async heldNdcg({ users, items }: Held, dense: Compute['dense']): Promise<number> {
    const { d, matrix, own } = this.#parts;
    await this.#spread(this.#vectors, this.#sum);
    const a = new Float32Array(users.length * d);
    for (const [n, user] of users.entries()) a.set(this.#sum.subarray(user * d, (user + 1) * d), n * d);
    const b = this.#sum.slice(matrix.rows * d);
    if (own.loss === 'softmax') toUnit(b, d);
    const at = 128;
    const out = new Float32Array(at * matrix.columns);
    let total = 0;
    for (let from = 0; from < users.length; from += at) {
      const m = Math.min(at, users.length - from);
      const part = { a: a.subarray(from * d, (from + m) * d), b, m, k: d, n: matrix.columns };
      await dense.matmul({ ...part, transposeB: true, out });
      for (let n = 0; n < m; n++) {
        const scores = out.subarray(n * matrix.columns, (n + 1) * matrix.columns);
        const user = users[from + n]!;
        const wanted = scores[items[from + n]!]!;
        for (let p = matrix.offsets[user]!; p < matrix.offsets[user + 1]!; p++) scores[matrix.indices[p]!] = -Infinity;
        let above = 0;
        for (const score of scores) if (score > wanted) above++;
        if (above < judgedAt) total += 1 / Math.log2(above + 2);
      }
    }
    return total / users.length;
  }

  /** @returns the vectors as they were trained, items as they answer, and what a history is made of, by item */
  async answering(vectors: Float32Array): Promise<{ all: Float32Array; items: Float32Array; spread: Float32Array }> {
    const { d, matrix, own } = this.#parts;
    this.#vectors.set(vectors);
    await this.#spread(this.#vectors, this.#sum);
    const items = this.#sum.slice(matrix.rows * d);
    if (own.loss === 'softmax') toUnit(items, d);
    // What users get of an item in all steps: its vectors of all steps but the last.
    const last = this.#layers[(own.layers - 1) % 2]!;
    const spread = this.#sum.slice(matrix.rows * d);
    for (let n = 0; n < spread.length; n++) spread[n]! -= last[matrix.rows * d + n]!;
    return { all: vectors, items, spread };
  }

  close(): Promise<void> {
    return this.#compared.close();
  }
}

/** The loss of a batch, and its gradients by what it compares. */
async function comparing({ graphs, own, d, matrix }: GraphTrainingParts): Promise<Compared> {
  const batch = Math.min(own.batch, matrix.indices.length);
  const drawn = own.loss === 'bpr' ? batch : own.negatives;
  const [users, items] = [input('users', [batch, d]), input('items', [batch, d])];
  const others = input('others', [drawn, d]);
  const product = (a: Tensor, b: Tensor): Tensor => sum(multiply(a, b), [-1]);
  let loss: Tensor;
  if (own.loss === 'bpr') loss = bayesianRanking(product(users, items), product(users, others));
  else {
    const [a, b, c] = [unitVectors(users), unitVectors(items), unitVectors(others)];
    const [ids, otherIds] = [input('ids', [batch], 'int64'), input('otherIds', [drawn], 'int64')];
    loss = sampledSoftmax({
      positive: multiply(product(a, b), scalar(1 / own.temperature)),
      negatives: matmul(a, c, { transposeB: true, scale: 1 / own.temperature }),
      isHit: equal(reshape(ids, [batch, 1]), reshape(otherIds, [1, drawn])),
      ...{ positiveLogQ: input('logShares', [batch]), negativeLogQ: input('otherLogShares', [drawn]) },
    });
  }
  const [byUsers, byItems, byOthers] = gradients(loss, [users, items, others]) as [Tensor, Tensor, Tensor];
  return ForwardGraph.open(graphs, { loss, byUsers, byItems, byOthers });
}

/** Users and items as nodes of one graph: `[[0, R], [Rᵀ, 0]]`. */
function bothWays(matrix: SparseMatrix): SparseMatrix {
  const { rows, columns, offsets, indices, values } = matrix;
  const back = transpose(matrix);
  const entries = indices.length;
  const both = {
    offsets: new Int32Array(rows + columns + 1),
    indices: new Int32Array(2 * entries),
    values: new Float32Array(2 * entries),
  };
  both.offsets.set(offsets);
  for (let c = 0; c <= columns; c++) both.offsets[rows + c] = entries + back.offsets[c]!;
  both.indices.set(indices.map((item) => rows + item));
  both.indices.set(back.indices, entries);
  both.values.set(values);
  both.values.set(back.values, entries);
  return { rows: rows + columns, columns: rows + columns, ...both };
}

function toUnit(vectors: Float32Array, d: number): void {
  for (let at = 0; at < vectors.length; at += d) {
    let squares = 0;
    for (let f = 0; f < d; f++) squares += vectors[at + f]! ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let f = 0; f < d; f++) vectors[at + f]! *= scale;
  }
}

interface SpreadArrays {
  /** Of the fitted users before spreading, `[users, d]`. */
  readonly own: Float32Array;
  /** What a history gets of an item, `[items, d]`. */
  readonly parts: Float32Array;
  /** Users that chose an item, `[items]`. */
  readonly degrees: Float32Array;
}

class LightGcn extends VectorForm {
  readonly name = 'light-gcn';
  readonly #own: Own;
  readonly #arrays: SpreadArrays;
  readonly #known: Uint8Array;

  constructor(own: Own, index: VectorIndex, arrays: SpreadArrays, known: Uint8Array, compute: Compute) {
    super({ ...own }, index, compute, known.length, known);
    this.#own = own;
    this.#arrays = arrays;
    this.#known = known;
  }

  userVector({ items, row }: Query): Float32Array | undefined {
    const { d } = this.index;
    const { own, parts, degrees } = this.#arrays;
    const newest = items.subarray(-this.#own.historyLength);
    const history = new Set(newest.filter((item) => item >= 0 && item < this.itemCount && this.#known[item] === 1));
    if (history.size === 0) return undefined;
    const vector = new Float32Array(d);
    if (row !== undefined && (row + 1) * d <= own.length) vector.set(own.subarray(row * d, (row + 1) * d));
    for (const item of history) {
      const share = 1 / Math.sqrt(history.size * degrees[item]!);
      for (let f = 0; f < d; f++) vector[f]! += share * parts[item * d + f]!;
    }
    return vector;
  }

  state(): ModelState {
    const { arrays, meta } = this.index.state();
    return {
      meta: { settings: this.settings, d: this.index.d, ...meta },
      arrays: { vectors: this.index.vectors, known: this.#known, ...this.#arrays, ...arrays },
    };
  }
}
