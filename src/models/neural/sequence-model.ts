/**
 * Models that read a history as a sequence and compare what they make of it with the vectors of all items. A model brings its
 * layers and says whether it foresees the next item or hidden ones; inputs, losses, augmentation, training and answering are
 * the same for all.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import type { FitData } from '../../data/fit-data.ts';
import type { Histories, Query } from '../../data/histories.ts';
import { sizeOf } from '../../math/autodiff/tensor.ts';
import type { GraphArray, GraphRunner } from '../../math/graph-runner.ts';
import { warmUpCosine } from '../../math/training/schedules.ts';
import { TrainingGraph } from '../../math/training/training-graph.ts';
import { VectorIndex } from '../../math/vector-index.ts';
import {
  type Compute,
  defineModel,
  type FitContext,
  type Model,
  type ModelDefinition,
  type ModelState,
  type SettingSpecs,
  type SettingsOf,
} from '../model.ts';
import { exampleVectors, VectorForm } from '../vector-form.ts';
import { DrawnItems } from './drawn-items.ts';
import { HeldSteps } from './held-steps.ts';
import { HistoryReader } from './history-reader.ts';
import { type FeatureForm, featureForm, featuresOf, widthOf, writeAttributes, writeTexts } from './item-features.ts';
import { marksOf } from './position-marks.ts';
import { type Batch, emptyBatch, fillBatch, type Source } from './sequence-batch.ts';
import { type Layers, type LossForm, type Mark, SequenceNetwork } from './sequence-network.ts';
import type { hidingSettings, pretrainingSettings, sequenceSettings } from './sequence-settings.ts';
import {
  type Alteration,
  alterations,
  altered,
  heldRows,
  hiddenItems,
  nextItems,
  type Placed,
  packed,
  type Sequence,
  shuffledRows,
  type Window,
  windowsOf,
  withoutHeld,
} from './sequences.ts';
import { trainedByEpochs } from './training-loop.ts';

type Own = SettingsOf<typeof sequenceSettings> &
  Partial<SettingsOf<typeof pretrainingSettings> & SettingsOf<typeof hidingSettings>>;

export interface SequenceModelDefinition<Specs extends SettingSpecs> {
  readonly name: string;
  readonly about: string;
  /** `sequenceSettings` and those of its own. */
  readonly settings: Specs;
  /** Whether hidden items are foreseen from both sides; else each position foresees the next. */
  readonly isTwoSided: boolean;
  /** @throws ShelfwiseError `SW_SETTING` where settings do not go together */
  layers(own: SettingsOf<Specs>): Layers;
}

/** Catalogues of more items than this are drawn from. */
const mostWhole = 20_000;
const heldShare = 0.1;
const mostHeld = 5000;
const judgedAt = 10;
/** Steps of an epoch at least: little data is learned in smaller steps. */
const leastSteps = 32;
/** Sequences that are told nothing of the moment that is asked about, and that are altered, where any are. */
const [timelessShare, alteredShare] = [0.1, 0.5];
const defaultHidden = 0.3;
/** Weights with their moments stand in two sets and once more as the best; scores with their softmax and gradients. */
const [copiesOfWeights, copiesOfScores, valuesOfPosition] = [11, 6, 120];

export function defineSequenceModel<const Specs extends SettingSpecs>(
  definition: SequenceModelDefinition<Specs>,
): ModelDefinition {
  const { name, about, settings, isTwoSided } = definition;
  return defineModel({
    ...{ name, about, settings, uses: ['vectors', 'catalogue'] },
    async fit(data, given, context) {
      const own = given as unknown as Own;
      const layers = definition.layers(given);
      const { graphs } = context.compute;
      if (!graphs) {
        const message = `${name}: expected onnxruntime-node to train with, it is not installed.`;
        const hint = 'Run `npm install --ignore-scripts onnxruntime-node`, or leave the model out.';
        throw new ShelfwiseError('SW_PART_MISSING', message, hint);
      }
      return new SequenceTraining({ name, own, data, layers, isTwoSided, context, graphs }).model();
    },
    async load({ arrays, meta }, given, compute) {
      const own = given as unknown as Own;
      const { known, attributes } = arrays as { known: Uint8Array; attributes: Int32Array };
      const weights = Object.fromEntries(
        Object.entries(arrays as Record<string, Float32Array>).filter(([key]) => key.includes('.')),
      );
      const { marks, texts, hides } = meta as { marks: Mark[]; texts: number; hides: boolean };
      const features = { texts, attributes };
      const network = new SequenceNetwork(
        {
          ...{ items: known.length, size: own.dimensions, length: own.length, dropout: own.dropout },
          ...{ layers: definition.layers(given), isTwoSided, hides, marks },
          features: widthOf(features),
        },
        0,
      );
      const index = await VectorIndex.load(weights['items.weight']!, own.dimensions, arrays, meta['probes'] as number);
      return new SequenceModel({ name, own, network, index, weights, features, known: known.slice(), compute });
    },
  });
}

interface TrainingParts {
  readonly name: string;
  readonly own: Own;
  readonly data: FitData;
  readonly layers: Layers;
  readonly isTwoSided: boolean;
  readonly context: FitContext;
  readonly graphs: GraphRunner;
}

/** One training, from histories to a model that answers. */
class SequenceTraining {
  readonly #parts: TrainingParts;
  readonly #histories: Histories;
  readonly #network: SequenceNetwork;
  readonly #windows: readonly Window[];
  readonly #held: Int32Array;
  readonly #isHeld: ReadonlySet<number>;
  readonly #source: Omit<Source, 'looksAhead'>;
  readonly #loss: LossForm;
  readonly #features: FeatureForm;
  /** 1 for items that anyone chose. */
  readonly #met: Uint8Array;
  /** What every step is fed beside its batch. */
  readonly #fixed: Readonly<Record<string, Float32Array>>;
  /** Arrays of the batch, and of its two altered forms. */
  readonly #into: { readonly plain: Batch; readonly a: Batch; readonly b: Batch };

  constructor(parts: TrainingParts) {
    const { own, data, layers, isTwoSided, context } = parts;
    const { histories } = data;
    const { inputs, length, dimensions: size, dropout, augmentation, contrastive, pretrainingEpochs = 0 } = own;
    this.#parts = parts;
    this.#histories = histories;
    this.#held = heldRows(histories, heldShare, mostHeld, context.seed);
    this.#isHeld = new Set(this.#held);
    const whole = windowsOf(histories, isTwoSided ? length - 1 : length);
    this.#windows = withoutHeld(whole, histories, this.#isHeld);
    const starts = new Set(histories.offsets);
    const marks = inputs === 'all' && histories.ordered ? marksOf(histories, (p) => starts.has(p)) : {};
    this.#source = { items: histories.items, marks };
    const hides = isTwoSided || pretrainingEpochs > 0 || contrastive > 0 || ['mask', 'any'].includes(augmentation);
    this.#features = featureForm(inputs === 'all' ? data : { histories }, histories.itemCount);
    const features = widthOf(this.#features);
    const times: readonly Mark[] = marks.since ? ['since', 'until', 'moment'] : [];
    const read: readonly Mark[] = [...(marks.kind ? (['kind'] as const) : []), ...times];
    const form = { items: histories.itemCount, size, length, dropout, layers, isTwoSided, hides, features };
    this.#network = new SequenceNetwork({ ...form, marks: read }, context.seed);
    this.#met = metItems(histories);
    this.#fixed = {
      ...(features > 0 && { features: featuresOf(this.#features, data, histories.itemCount) }),
      unmet: Float32Array.from(this.#met, (is) => (is === 1 ? 0 : -1e9)),
    };
    const { rowsOfBatch, longest } = batchForm(this.#windows, own, Number(isTwoSided));
    const loss = lossOf(own, histories.itemCount);
    const perBatch = Math.ceil((rowsOfBatch * longest) / Math.max(1, meanSize(this.#windows)));
    this.#loss = {
      ...{ rowsOfBatch, length: longest, loss, calibration: own.calibration, contrastive },
      drawn: loss === 'softmax' || loss === 'in-batch' ? 0 : Math.min(own.negatives, histories.itemCount),
      pairs: contrastive > 0 ? Math.max(2, perBatch) : 0,
    };
    const [plain, a, b] = [0, 1, 2].map((n) =>
      n === 0 || contrastive > 0 ? emptyBatch(rowsOfBatch, longest) : emptyBatch(1, 1),
    ) as [Batch, Batch, Batch];
    this.#into = { plain, a, b };
  }

  async model(): Promise<Model> {
    const { name, own, context, graphs } = this.#parts;
    const { parameters } = this.#network;
    const { loss, masks } = this.#network.training(this.#loss);
    const training = await TrainingGraph.open(graphs, {
      ...{ parameters, masks, loss, seed: context.seed, optimiser: { kind: 'adam', betas: [0.9, 0.98] } },
    });
    const preparing = own.pretrainingEpochs ?? 0;
    const epochs = preparing + own.epochs;
    const judged = await this.#judged();
    try {
      const perEpoch = Math.max(1, this.#packed(0).length);
      const steps = epochs * perEpoch;
      const gigabytes = (this.#expectedBytes() / 1e9).toFixed(1);
      context.onProgress?.(0, `about ${gigabytes} GB of memory, ${epochs} epochs of ${perEpoch} steps`);
      const { drawn } = this.#loss;
      const draws = drawn > 0 ? new DrawnItems(this.#histories, drawn, context.seed) : undefined;
      const shares = this.#loss.loss === 'in-batch' ? logShares(this.#histories) : undefined;
      const batches = this.#batches.bind(this);
      const { weights } = await trainedByEpochs({
        ...{ name, training, epochs, preparing, patience: own.patience, context, figure: `NDCG@${judgedAt}` },
        rate: warmUpCosine(own.learningRate, { warmUp: Math.ceil(steps / 20), steps }),
        *batches(epoch) {
          let step = epoch * perEpoch;
          for (const batch of batches(epoch)) {
            const { targets } = batch as unknown as Batch;
            const targetsLogQ = shares && Float32Array.from(targets, (target) => shares[Number(target)]!);
            yield { ...batch, ...draws?.of(step++), ...(targetsLogQ && { targetsLogQ }) };
          }
        },
        judge:
          judged && (async (now) => judged.ndcg({ ...now, ...this.#fixed }, await this.#itemVectors(now), judgedAt)),
      });
      return await this.#made(this.#network.kept(weights));
    } finally {
      await judged?.close();
      await training.close();
    }
  }

  /** Memory of the training beside the process and the data: state, gradients, scores and what the layers keep. */
  #expectedBytes(): number {
    const { rowsOfBatch, length, drawn, pairs } = this.#loss;
    const { items, size } = this.#network.form;
    const values = this.#network.parameters.tensors.reduce((total, { shape }) => total + sizeOf(shape), 0);
    const positions = rowsOfBatch * length * (pairs > 0 ? 3 : 1);
    const scores = rowsOfBatch * length * (drawn === 0 ? items : drawn + 1);
    return 4 * (copiesOfWeights * values + copiesOfScores * scores + valuesOfPosition * size * positions);
  }

  /** Sequences of an epoch. */
  #sequences(epoch: number): Sequence[] {
    const { own, isTwoSided, context } = this.#parts;
    const { augmentation, hiddenShare = defaultHidden, pretrainingEpochs = 0 } = own;
    const random = new Random(context.seed, 0xa6_0000 + epoch);
    const hides = isTwoSided || epoch < pretrainingEpochs;
    return this.#windows.map((window) => {
      const isTimeless = random.uniform() < timelessShare;
      // In a training of both kinds a window is as long as the sequences may be.
      const from = hides && !isTwoSided ? Math.max(window.from, window.to + 1 - this.#loss.length) : window.from;
      const plain = hides ? hiddenItems({ ...window, from }, hiddenShare, random) : nextItems(window);
      const isAltered = augmentation !== 'none' && random.uniform() < alteredShare;
      const sequence = isAltered ? altered(plain, chosenOf(augmentation, random), random) : plain;
      return isTimeless ? { ...sequence, isTimeless } : sequence;
    });
  }

  #packed(epoch: number): Placed[][] {
    const { rowsOfBatch: rows, length, pairs } = this.#loss;
    const packing = { rows, length, seed: this.#parts.context.seed, epoch };
    return packed(this.#sequences(epoch), pairs > 0 ? { ...packing, most: pairs } : packing);
  }

  *#batches(epoch: number): Iterable<Readonly<Record<string, GraphArray>>> {
    const { own, isTwoSided, context } = this.#parts;
    const { seed } = context;
    const { ordered, items } = this.#histories;
    const source = {
      ...this.#source,
      items: ordered ? items : shuffledRows(this.#histories, { seed, epoch, held: this.#isHeld }),
      looksAhead: isTwoSided || epoch < (own.pretrainingEpochs ?? 0),
    };
    const random = new Random(seed, 0xa7_0000 + epoch);
    for (const placed of this.#packed(epoch)) {
      fillBatch(this.#into.plain, placed, source, this.#loss.length);
      yield { ...this.#into.plain, ...this.#fixed, ...this.#pairs(placed, source, random) };
    }
  }

  /** Two altered forms of each sequence of a batch, in its places. */
  #pairs(placed: readonly Placed[], source: Source, random: Random): Readonly<Record<string, GraphArray>> {
    const { pairs, length } = this.#loss;
    if (pairs === 0) return {};
    const feeds: Record<string, GraphArray> = { pairs: new Float32Array(pairs).fill(1, 0, placed.length) };
    for (const side of ['a', 'b'] as const) {
      const forms = placed.map(({ sequence: { read, foreseen }, ...where }) => {
        const plain = { read, foreseen: foreseen.map(() => -1) };
        return { ...where, sequence: altered(plain, chosenOf('any', random), random) };
      });
      fillBatch(this.#into[side], forms, source, length);
      const ends = new BigInt64Array(pairs);
      for (const [n, { sequence, row, at }] of forms.entries())
        ends[n] = BigInt(row * length + at + sequence.read.length - 1);
      feeds[`${side} ends`] = ends;
      for (const [name, array] of Object.entries(this.#into[side])) feeds[`${side} ${name}`] = array;
    }
    return feeds;
  }

  async #judged(): Promise<HeldSteps | undefined> {
    const { isTwoSided, context, graphs } = this.#parts;
    if (this.#held.length === 0) return undefined;
    const { offsets, items } = this.#histories;
    const { rowsOfBatch, length } = this.#loss;
    const lasts = Int32Array.from(this.#held, (row) => offsets[row + 1]! - 1);
    const questions = Array.from(lasts, (to, n) => {
      const window = { from: Math.max(offsets[this.#held[n]!]!, to - length + Number(isTwoSided)), to };
      return isTwoSided ? lastHidden(window) : nextItems(window);
    });
    return HeldSteps.open({
      ...{ network: this.#network, runner: graphs, dense: context.compute.dense, histories: this.#histories },
      ...{ questions, answers: lasts.map((to) => items[to]!), rowsOfBatch, length },
      source: { ...this.#source, looksAhead: isTwoSided },
    });
  }

  /** Of their own and of what they are, `[items, size]`. */
  async #itemVectors(weights: Readonly<Record<string, Float32Array>>): Promise<Float32Array> {
    const own = weights['items.weight']!;
    const { items, size, features } = this.#network.form;
    if (features === 0) return own;
    const out = new Float32Array(own.length);
    const product = { a: this.#fixed['features']!, b: weights['features.weight']!, m: items, k: features, n: size };
    await this.#parts.context.compute.dense.matmul({ ...product, transposeB: true, out });
    // What no one chose has only what it is.
    for (let n = 0; n < out.length; n++) if (this.#met[Math.floor(n / size)] === 1) out[n]! += own[n]!;
    return out;
  }

  async #made(weights: Record<string, Float32Array>): Promise<Model> {
    const { name, own, context } = this.#parts;
    const { compute, seed, signal } = context;
    const { size, features: width } = this.#network.form;
    const values = (await this.#itemVectors(weights)).slice();
    const rows = this.#fixed['features'];
    const isDescribed = (item: number): boolean =>
      rows?.subarray(item * width, (item + 1) * width).some((value) => value !== 0) ?? false;
    const known = this.#met.map((met, item) => Number(met === 1 || isDescribed(item)));
    for (const [item, is] of known.entries()) if (is === 0) values.fill(0, item * size, (item + 1) * size);
    const scanned = await VectorIndex.exact(values, size);
    const parts = { name, own, network: this.#network, weights, features: this.#features, known, compute };
    const made = (index: VectorIndex): SequenceModel => new SequenceModel({ ...parts, index });
    const exact = made(scanned);
    const examples = exampleVectors(this.#histories, seed, size, (query) => exact.userVector(query));
    return made(await scanned.grouped({ dense: compute.dense, seed, examples, signal }));
  }
}

function chosenOf(how: Alteration | 'any' | 'none', random: Random): Alteration {
  return how === 'any' || how === 'none' ? alterations[random.below(alterations.length)]! : how;
}

function lastHidden(window: Window): Sequence {
  const read = Int32Array.from({ length: window.to - window.from + 1 }, (_, n) => window.from + n);
  const hidden = new Uint8Array(read.length);
  hidden[read.length - 1] = 1;
  return { read, foreseen: read.map((position, n) => (n === read.length - 1 ? position : -1)), hidden };
}

const meanSize = (windows: readonly Window[]): number =>
  windows.reduce((total, { from, to }) => total + to - from, 0) / Math.max(1, windows.length);

/** Rows of a batch and their length: no longer than the sequences are. @param more - places beyond a window */
function batchForm(
  windows: readonly Window[],
  own: Own,
  more: number,
): { readonly rowsOfBatch: number; readonly longest: number } {
  const sizes = windows.map(({ from, to }) => to - from + more);
  const most = sizes.reduce((longest, size) => Math.max(longest, size), 0);
  const longest = Math.min(own.length, Math.max(2, most));
  const positions = sizes.reduce((total, size) => total + size, 0);
  const wanted = Math.min(own.positions, Math.max(positions / leastSteps, 2 * longest));
  return { rowsOfBatch: Math.max(1, Math.round(wanted / longest)), longest };
}

function lossOf({ loss }: Own, items: number): LossForm['loss'] {
  if (loss !== 'auto') return loss;
  return items <= mostWhole ? 'softmax' : 'sampled-softmax';
}

function metItems({ items, itemCount }: Histories): Uint8Array {
  const met = new Uint8Array(itemCount);
  for (const item of items) met[item] = 1;
  return met;
}

/** Logarithm of the share that each item has of what is foreseen. */
function logShares({ items, itemCount }: Histories): Float32Array {
  const counts = new Float32Array(itemCount).fill(1);
  for (const item of items) counts[item]!++;
  const total = items.length + itemCount;
  return counts.map((count) => Math.log(count / total));
}

interface SequenceModelParts {
  readonly name: string;
  readonly own: Own;
  readonly network: SequenceNetwork;
  readonly index: VectorIndex;
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly features: FeatureForm;
  readonly known: Uint8Array;
  readonly compute: Compute;
}

class SequenceModel extends VectorForm {
  readonly name: string;
  readonly #parts: SequenceModelParts;
  readonly #reader: HistoryReader;
  /** Features of items that came after the fit, as far as they are told. */
  readonly #later = new Map<number, Float32Array>();

  constructor(parts: SequenceModelParts) {
    const { name, own, network, index, weights, known, compute } = parts;
    super({ ...own }, index, compute, known.length, known);
    this.name = name;
    this.#parts = parts;
    this.#reader = new HistoryReader(network, weights, index.vectors);
  }

  userVector(query: Query): Float32Array | undefined {
    return this.#reader.vectorOf(query, (item) => item >= 0 && item < this.itemCount && this.knows(item));
  }

  /** Gives an item that nobody has met the vector that its attributes say. */
  describe(item: number, attributes: Int32Array): void {
    const { features } = this.#parts;
    if (features.attributes.length > 0) this.#told(item, (row) => writeAttributes(row, features, attributes));
  }

  /** The same of its texts. */
  locate(item: number, vector: Float32Array): void {
    const { features } = this.#parts;
    if (vector.length === features.texts) this.#told(item, (row) => writeTexts(row, features, vector));
  }

  #told(item: number, write: (row: Float32Array) => void): void {
    const { network, weights } = this.#parts;
    const weight = weights['features.weight'];
    if (!weight || (this.knows(item) && !this.#later.has(item))) return;
    const { size, features: width } = network.form;
    const row = this.#later.get(item) ?? new Float32Array(width);
    write(row);
    this.#later.set(item, row);
    const placed = new Float32Array(size);
    for (let d = 0; d < size; d++) for (let c = 0; c < width; c++) placed[d]! += weight[d * width + c]! * row[c]!;
    this.place(item, placed);
  }

  state(): ModelState {
    const { network, features, known } = this.#parts;
    const { arrays, meta } = this.index.state();
    const { marks, hides } = network.form;
    const weights = { ...this.#parts.weights, 'items.weight': this.index.vectors };
    return {
      meta: { settings: this.settings, marks, hides, texts: features.texts, ...meta },
      arrays: { ...weights, known, attributes: features.attributes, ...arrays },
    };
  }
}
