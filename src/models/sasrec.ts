/**
 * The next item by self-attention over the history: a transformer whose output at each position is compared with the vectors of all
 * items. Trained on every position at once with the softmax over the whole catalogue, or over drawn items where that is large.
 *
 * @source Kang & McAuley, Self-attentive sequential recommendation, ICDM 2018
 * @source Klenitskiy & Vasilev, Turning dross into gold loss: is BERT4Rec really better than SASRec?, RecSys 2023 (cross-entropy)
 */
import { ShelfwiseError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import { type Histories, type Query, queryOfRow } from '../data/histories.ts';
import { add, equal, multiply } from '../math/autodiff/operations/elementwise.ts';
import { rows } from '../math/autodiff/operations/lookup.ts';
import { matmul } from '../math/autodiff/operations/matrix.ts';
import { reshape, slice } from '../math/autodiff/operations/shaping.ts';
import { sum } from '../math/autodiff/operations/summing.ts';
import { PlainRunner } from '../math/autodiff/plain-runner.ts';
import { constant, input, type Tensor } from '../math/autodiff/tensor.ts';
import type { GraphArray } from '../math/graph-runner.ts';
import { causalMask, embedding, layerNorm, transformerBlock } from '../math/training/layers.ts';
import { crossEntropy, generalisedBinary, sampledSoftmax } from '../math/training/losses.ts';
import { Masks, noMasks, normal, Parameters } from '../math/training/parameters.ts';
import { warmUpCosine } from '../math/training/schedules.ts';
import { TrainingGraph } from '../math/training/training-graph.ts';
import { VectorIndex } from '../math/vector-index.ts';
import {
  type Compute,
  defineModel,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type SettingsOf,
} from './model.ts';
import { trainedByEpochs } from './neural/training-loop.ts';
import { emptyBatch, fillBatch, heldRows, packed, shuffledRows, type Window, windowsOf } from './neural/windows.ts';
import { exampleVectors, VectorForm } from './vector-form.ts';

const settings = {
  dimensions: {
    default: 64,
    min: 8,
    max: 1024,
    search: [32, 64, 128],
    doc: 'Length of the vectors; a multiple of the heads.',
  },
  layers: { default: 2, min: 1, max: 12, search: [1, 2, 3], doc: 'Blocks of attention and feed-forward.' },
  heads: { default: 2, min: 1, max: 16, doc: 'Heads of attention.' },
  length: {
    default: 50,
    min: 2,
    max: 1000,
    search: [20, 50, 100],
    doc: 'Newest positions of a history that it reads.',
  },
  dropout: {
    default: 0.2,
    min: 0,
    max: 0.9,
    search: [0.2, 0.5],
    doc: 'Share of values that are made zero in training.',
  },
  loss: {
    default: 'auto',
    choices: ['auto', 'softmax', 'sampled-softmax', 'gbce'],
    doc: 'Over the whole catalogue, over drawn items corrected for how often each is drawn, or calibrated binary; auto takes the first up to 20,000 items.',
  },
  negatives: { default: 512, min: 1, max: 20_000, doc: 'Items that are drawn for each step, where the loss draws.' },
  calibration: { default: 0.75, min: 0, max: 1, doc: 'Of gbce: 0 is plain binary cross-entropy, 1 fully calibrated.' },
  positions: { default: 2048, min: 16, max: 65_536, doc: 'Positions of histories in a step.' },
  epochs: { default: 26, min: 1, max: 1000, doc: 'Passes over the histories at most.' },
  patience: { default: 5, min: 0, max: 1000, doc: 'Passes without a better figure until it stops.' },
  learningRate: { default: 2e-3, min: 1e-6, max: 1, search: [1e-3, 2e-3], doc: 'Highest rate of Adam.' },
} as const satisfies SettingSpecs;

type Own = SettingsOf<typeof settings>;

/** Catalogues of more items than this are drawn from. */
const mostWhole = 20_000;
const heldShare = 0.1;
const mostHeld = 1000;
const judgedAt = 10;

export const sasrec: ModelDefinition = defineModel({
  name: 'sasrec',
  about: 'Self-attention over the history, trained with a softmax over the catalogue (Kang & McAuley 2018).',
  settings,
  async fit({ histories }, own, context) {
    const { compute, seed } = context;
    checkSettings(own);
    if (!compute.graphs) {
      const message = 'sasrec: expected onnxruntime-node to train with, it is not installed.';
      const hint = 'Run `npm install --ignore-scripts onnxruntime-node`, or leave the model out.';
      throw new ShelfwiseError('SW_PART_MISSING', message, hint);
    }
    const count = histories.itemCount;
    const held = heldRows(histories, heldShare, mostHeld, seed);
    const isHeld = new Set(held);
    const windows = windowsOf(histories, own.length).flatMap((window) => shortened(window, histories, isHeld));
    const { rowsOfBatch, length } = batchForm(windows, own);
    const net = new SasrecNet(own, count, seed);
    const drawn = lossOf(own, count) === 'softmax' ? 0 : Math.min(own.negatives, count);
    const { loss, masks } = net.training(rowsOfBatch, length, drawn);
    const training = await TrainingGraph.open(compute.graphs, {
      ...{ parameters: net.parameters, masks, loss, seed, optimiser: { kind: 'adam', betas: [0.9, 0.98] } },
    });
    try {
      const batch = emptyBatch(rowsOfBatch, length);
      const pack = (epoch: number) => packed(windows, { rows: rowsOfBatch, length, seed, epoch });
      const perEpoch = Math.max(1, pack(0).length);
      const steps = own.epochs * perEpoch;
      const draws = drawn > 0 ? new Draws(histories, drawn, seed) : undefined;
      const { weights } = await trainedByEpochs({
        ...{
          name: 'sasrec',
          training,
          epochs: own.epochs,
          patience: own.patience,
          context,
          figure: `NDCG@${judgedAt}`,
        },
        rate: warmUpCosine(own.learningRate, { warmUp: Math.ceil(steps / 20), steps }),
        *batches(epoch): Iterable<Readonly<Record<string, GraphArray>>> {
          const items = histories.ordered ? histories.items : shuffledRows(histories, { seed, epoch, held: isHeld });
          for (const [n, placed] of pack(epoch).entries()) {
            fillBatch(batch, placed, items, length);
            yield { ...batch, ...draws?.of(epoch * perEpoch + n) };
          }
        },
        judge: held.length === 0 ? undefined : (now) => heldQuality(net, now, histories, held, compute),
      });
      return await made(own, net.kept(weights), knownItems(histories), compute, histories, context);
    } finally {
      await training.close();
    }
  },
  async load({ arrays, meta }, own, compute) {
    const { known, ...rest } = arrays as Record<string, Float32Array> & { known: Uint8Array };
    const weights = Object.fromEntries(Object.entries(rest).filter(([name]) => name.includes('.')));
    const index = await VectorIndex.load(weights['items.weight']!, own.dimensions, arrays, meta['probes'] as number);
    return new Sasrec(own, index, weights, known.slice(), compute);
  },
});

/** Steps of an epoch at least: little data is learned in smaller steps. */
const leastSteps = 32;

/** Rows of a batch and their length: no longer than the windows are. */
function batchForm(windows: readonly Window[], own: Own): { readonly rowsOfBatch: number; readonly length: number } {
  const sizes = windows.map(({ from, to }) => to - from);
  const length = Math.min(
    own.length,
    Math.max(
      2,
      sizes.reduce((most, size) => Math.max(most, size), 0),
    ),
  );
  const positions = sizes.reduce((total, size) => total + size, 0);
  const wanted = Math.min(own.positions, Math.max(positions / leastSteps, 2 * length));
  return { rowsOfBatch: Math.max(1, Math.round(wanted / length)), length };
}

function checkSettings({ dimensions, heads }: Own): void {
  if (dimensions % heads === 0) return;
  const message = `sasrec: expected dimensions that are a multiple of the ${heads} heads, got ${dimensions}.`;
  throw new ShelfwiseError('SW_SETTING', message, 'Change one of them.');
}

function lossOf({ loss }: Own, items: number): Exclude<Own['loss'], 'auto'> {
  if (loss !== 'auto') return loss;
  return items <= mostWhole ? 'softmax' : 'sampled-softmax';
}

/** A window without the last step of its row, where that is held back. */
function shortened(window: Window, { offsets }: Histories, held: ReadonlySet<number>): Window[] {
  const row = rowOf(offsets, window.to);
  if (!held.has(row) || window.to !== offsets[row + 1]! - 1) return [window];
  return window.to - 1 > window.from ? [{ from: window.from, to: window.to - 1 }] : [];
}

function rowOf(offsets: Int32Array, position: number): number {
  let [low, high] = [0, offsets.length - 1];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle]! <= position) low = middle;
    else high = middle;
  }
  return low;
}

function knownItems({ items, itemCount }: Histories): Uint8Array {
  const known = new Uint8Array(itemCount);
  for (const item of items) known[item] = 1;
  return known;
}

/** The layers once, in the two graphs that they stand in: packed batches in training, one history when asked. */
class SasrecNet {
  readonly parameters: Parameters;
  readonly #own: Own;
  readonly #count: number;
  readonly #items: ReturnType<typeof embedding>;
  readonly #places: Tensor;
  readonly #blocks: readonly ReturnType<typeof transformerBlock>[];
  readonly #norm: (x: Tensor) => Tensor;

  constructor(own: Own, count: number, seed: number) {
    const { dimensions: size, heads, dropout } = own;
    this.#own = own;
    this.#count = count;
    this.parameters = new Parameters(seed);
    this.#items = embedding(this.parameters, 'items', { count, size });
    this.#places = this.parameters.add('places.weight', [own.length, size], normal(0.02));
    this.#blocks = Array.from({ length: own.layers }, (_, n) =>
      transformerBlock(this.parameters, `block.${n}`, { size, heads, inner: 4 * size, dropout }),
    );
    this.#norm = layerNorm(this.parameters, 'norm', size);
  }

  /** Newest positions that are read. */
  get longest(): number {
    return this.#own.length;
  }

  #read(vectors: Tensor, places: Tensor, mask: Tensor, masks: Pick<Masks, 'drop'>): Tensor {
    const begun = masks.drop(add(vectors, rows(this.#places, places)), this.#own.dropout);
    return this.#norm(this.#blocks.reduce((x, block) => block(x, mask, masks), begun));
  }

  /** @param drawn - items drawn for each step; 0 for a softmax over all */
  training(rowsOfBatch: number, length: number, drawn: number): { loss: Tensor; masks: Masks } {
    const { dimensions, calibration } = this.#own;
    const masks = new Masks();
    const positions = rowsOfBatch * length;
    const [items, places] = ['items', 'places'].map((name) => input(name, [rowsOfBatch, length], 'int64')) as [
      Tensor,
      Tensor,
    ];
    const targets = input('targets', [positions], 'int64');
    const weights = input('weights', [positions]);
    const mask = input('mask', [rowsOfBatch, 1, length, length]);
    const out = reshape(this.#read(this.#items.of(items), places, mask, masks), [positions, dimensions]);
    if (drawn === 0)
      return { loss: crossEntropy(matmul(out, this.#items.table, { transposeB: true }), targets, weights), masks };
    const draws = input('draws', [drawn], 'int64');
    const sampled = {
      positive: sum(multiply(out, this.#items.of(targets)), [-1]),
      negatives: matmul(out, this.#items.of(draws), { transposeB: true }),
      isHit: equal(reshape(targets, [positions, 1]), reshape(draws, [1, drawn])),
    };
    if (lossOf(this.#own, this.#count) === 'gbce') {
      const share = Math.min(1, drawn / Math.max(1, this.#count - 1));
      return { loss: generalisedBinary(sampled, { share, calibration }, weights), masks };
    }
    const negativeLogQ = input('drawsLogQ', [drawn]);
    return { loss: sampledSoftmax({ ...sampled, negativeLogQ }, weights), masks };
  }

  /** The vector after a history of so many items. */
  asked(length: number): Tensor {
    const vectors = input('vectors', [1, length, this.#own.dimensions]);
    const places = constant(
      Array.from({ length }, (_, n) => length - 1 - n),
      [length],
      'int64',
    );
    const mask = constant([...causalMask(length)], [length, length]);
    return slice(this.#read(vectors, reshape(places, [1, length]), mask, noMasks), 1, length - 1, length);
  }

  /** Weights that answer, without the moments of their training. */
  kept(arrays: Readonly<Record<string, Float32Array>>): Record<string, Float32Array> {
    return Object.fromEntries(this.parameters.tensors.map(({ attributes: { name } }) => [name, arrays[name]!]));
  }
}

/** Items drawn for each step, by how often they were chosen. */
class Draws {
  readonly #cumulated: Float64Array;
  readonly #logQ: Float64Array;
  readonly #seed: number;
  readonly #items: BigInt64Array;
  readonly #itemsLogQ: Float32Array;

  constructor({ items, itemCount }: Histories, count: number, seed: number) {
    const counts = new Float64Array(itemCount).fill(1);
    for (const item of items) counts[item]!++;
    let total = 0;
    this.#cumulated = counts.map((own) => {
      total += Math.sqrt(own);
      return total;
    });
    this.#logQ = counts.map((own) => Math.log((count * Math.sqrt(own)) / total));
    this.#seed = seed;
    this.#items = new BigInt64Array(count);
    this.#itemsLogQ = new Float32Array(count);
  }

  of(step: number): { readonly draws: BigInt64Array; readonly drawsLogQ: Float32Array } {
    const random = new Random(this.#seed, 0xd0_000000 + step);
    const total = this.#cumulated.at(-1)!;
    for (let n = 0; n < this.#items.length; n++) {
      const item = placeOf(this.#cumulated, random.uniform() * total);
      this.#items[n] = BigInt(item);
      this.#itemsLogQ[n] = this.#logQ[item]!;
    }
    return { draws: this.#items, drawsLogQ: this.#itemsLogQ };
  }
}

/** The first place whose cumulated value is above one. */
function placeOf(cumulated: Float64Array, value: number): number {
  let [low, high] = [0, cumulated.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulated[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function made(
  own: Own,
  weights: Record<string, Float32Array>,
  known: Uint8Array,
  compute: Compute,
  histories: Histories,
  { seed, signal }: { readonly seed: number; readonly signal?: AbortSignal },
): Promise<Sasrec> {
  const values = weights['items.weight']!;
  for (const [item, is] of known.entries())
    if (is === 0) values.fill(0, item * own.dimensions, (item + 1) * own.dimensions);
  const scanned = await VectorIndex.exact(values, own.dimensions);
  const exact = new Sasrec(own, scanned, weights, known, compute);
  const examples = exampleVectors(histories, seed, own.dimensions, (query) => exact.userVector(query));
  const index = await scanned.grouped({ dense: compute.dense, seed, examples, signal });
  return new Sasrec(own, index, weights, known, compute);
}

/** NDCG of the held back last steps among all items. */
async function heldQuality(
  net: SasrecNet,
  arrays: Readonly<Record<string, Float32Array>>,
  histories: Histories,
  held: Int32Array,
  compute: Compute,
): Promise<number> {
  const weights = net.kept(arrays);
  const vectors = weights['items.weight']!;
  const d = vectors.length / histories.itemCount;
  const reader = new HistoryReader(net, weights, vectors, d);
  const a = new Float32Array(held.length * d);
  for (const [n, row] of held.entries()) {
    const query = queryOfRow(histories, row, histories.offsets[row + 1]! - 1);
    a.set(reader.vectorOf(query.items)!, n * d);
  }
  const at = 256;
  const out = new Float32Array(at * histories.itemCount);
  let total = 0;
  for (let from = 0; from < held.length; from += at) {
    const m = Math.min(at, held.length - from);
    const part = { a: a.subarray(from * d, (from + m) * d), b: vectors, m, k: d, n: histories.itemCount };
    await compute.dense.matmul({ ...part, transposeB: true, out });
    for (let n = 0; n < m; n++) {
      const row = held[from + n]!;
      const target = histories.items[histories.offsets[row + 1]! - 1]!;
      const scores = out.subarray(n * histories.itemCount, (n + 1) * histories.itemCount);
      // Ties count half.
      let rank = 1;
      for (let item = 0; item < scores.length; item++)
        if (item !== target) rank += scores[item]! > scores[target]! ? 1 : scores[item] === scores[target] ? 0.5 : 0;
      if (rank <= judgedAt) total += 1 / Math.log2(rank + 1);
    }
  }
  return total / held.length;
}

/** Reads histories with trained weights, in this thread; a graph for each length is made when it first comes. */
class HistoryReader {
  readonly #net: SasrecNet;
  readonly #weights: Readonly<Record<string, Float32Array>>;
  readonly #vectors: Float32Array;
  readonly #d: number;
  readonly #runners = new Map<number, PlainRunner>();

  constructor(net: SasrecNet, weights: Readonly<Record<string, Float32Array>>, vectors: Float32Array, d: number) {
    this.#net = net;
    this.#weights = weights;
    this.#vectors = vectors;
    this.#d = d;
  }

  vectorOf(items: Int32Array): Float32Array | undefined {
    const newest = items.subarray(-this.#net.longest);
    if (newest.length === 0) return undefined;
    let runner = this.#runners.get(newest.length);
    if (!runner) {
      const { 'items.weight': _, ...others } = this.#weights;
      runner = new PlainRunner(this.#net.asked(newest.length), others);
      this.#runners.set(newest.length, runner);
    }
    const vectors = new Float32Array(newest.length * this.#d);
    for (const [n, item] of newest.entries())
      vectors.set(this.#vectors.subarray(item * this.#d, (item + 1) * this.#d), n * this.#d);
    return Float32Array.from(runner.run({ vectors }));
  }
}

class Sasrec extends VectorForm {
  readonly name = 'sasrec';
  readonly #weights: Readonly<Record<string, Float32Array>>;
  readonly #known: Uint8Array;
  readonly #reader: HistoryReader;

  constructor(
    own: Own,
    index: VectorIndex,
    weights: Readonly<Record<string, Float32Array>>,
    known: Uint8Array,
    compute: Compute,
  ) {
    super({ ...own }, index, compute, known.length, known);
    this.#weights = weights;
    this.#known = known;
    this.#reader = new HistoryReader(new SasrecNet(own, known.length, 0), weights, index.vectors, index.d);
  }

  userVector({ items }: Query): Float32Array | undefined {
    return this.#reader.vectorOf(items.filter((item) => item >= 0 && item < this.itemCount && this.knows(item)));
  }

  state(): ModelState {
    const { arrays, meta } = this.index.state();
    const weights = { ...this.#weights, 'items.weight': this.index.vectors };
    return { meta: { settings: this.settings, ...meta }, arrays: { ...weights, known: this.#known, ...arrays } };
  }
}
