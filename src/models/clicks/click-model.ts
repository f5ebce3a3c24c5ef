/**
 * The port of models that say how likely a user is to choose a given item, by labelled pairs; and how the neural ones of them are
 * trained: cross-entropy over batches of pairs, one loss for each task, stopped by their mean AUC on pairs held back.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import type { LabelledPairs, Pairs } from '../../data/labelled-pairs.ts';
import { auc } from '../../evaluation/metrics/auc.ts';
import { add } from '../../math/autodiff/operations/elementwise.ts';
import { concat, reshape } from '../../math/autodiff/operations/shaping.ts';
import { input, type Tensor } from '../../math/autodiff/tensor.ts';
import type { GraphArray } from '../../math/graph-runner.ts';
import { ForwardGraph } from '../../math/training/forward-graph.ts';
import { binaryCrossEntropy } from '../../math/training/losses.ts';
import { Masks, noMasks, Parameters } from '../../math/training/parameters.ts';
import { warmUpCosine } from '../../math/training/schedules.ts';
import { TrainingGraph } from '../../math/training/training-graph.ts';
import type { FitContext } from '../model.ts';
import { trainedByEpochs } from '../neural/training-loop.ts';
import type { SettingSpecs, Settings, SettingsOf } from '../settings.ts';
import type { ClickData } from './click-data.ts';
import { featureCount, PairFeatures } from './pair-features.ts';

export interface ClickModel {
  readonly name: string;
  /** Chance that each pair is chosen, by task; shape `[pairs]`. */
  probabilities(pairs: Pairs): Promise<Readonly<Record<string, Float32Array>>>;
  close(): Promise<void>;
}

export interface ClickModelDefinition {
  readonly name: string;
  /** One sentence and the source paper. */
  readonly about: string;
  readonly settings: SettingSpecs;
  /** @throws ShelfwiseError `SW_PART_MISSING` without a runtime, `SW_MODEL_DATA` where it lacks a graph */
  fit(data: ClickData, settings: Settings, context: FitContext): Promise<ClickModel>;
}

/** Settings that all of them have. */
export const clickSettings = {
  dimensions: { default: 16, min: 2, max: 512, search: [8, 16, 32], doc: 'Length of the vectors.' },
  dropout: { default: 0.2, min: 0, max: 0.9, search: [0, 0.2, 0.4], doc: 'Share of values that are made zero.' },
  batch: { default: 512, min: 8, max: 65_536, doc: 'Pairs in a step.' },
  epochs: { default: 40, min: 1, max: 1000, doc: 'Passes over the pairs at most.' },
  patience: { default: 5, min: 0, max: 1000, doc: 'Passes without a better AUC until it stops.' },
  learningRate: { default: 5e-3, min: 1e-6, max: 1, search: [2e-3, 5e-3, 1e-2], doc: 'Highest rate of Adam.' },
  regularisation: { default: 1e-4, min: 0, max: 1, search: [1e-5, 1e-4, 1e-3], doc: 'Of all weights (L2).' },
} as const;

type Own = SettingsOf<typeof clickSettings>;

/** What the layers of a model are given of a batch. */
export interface ClickInputs {
  /** int64 `[batch]`. */
  readonly users: Tensor;
  readonly items: Tensor;
  /** `[batch, featureCount]`. */
  readonly counted: Tensor;
  /** Further inputs of a model's own, by name: its `more`. */
  readonly more: Readonly<Record<string, Tensor>>;
}

/** @returns a logit for each task and pair, each of shape `[batch]` */
export type ClickLayers = (inputs: ClickInputs, masks: Pick<Masks, 'drop'>) => readonly Tensor[];

export interface MoreInputs {
  readonly forms: Readonly<Record<string, readonly number[]>>;
  /** int64 values for the items of a batch. */
  of(items: ArrayLike<number>): Readonly<Record<string, BigInt64Array>>;
}

export interface NeuralClickModel<Specs extends SettingSpecs> {
  readonly name: string;
  readonly about: string;
  /** `clickSettings` and those of its own. */
  readonly settings: Specs;
  /** Inputs beside users, items and what counting says. */
  more?(data: ClickData, own: SettingsOf<Specs>, seed: number): MoreInputs;
  /** First values of some parameters, by name, that are learned before; drawn by chance where absent. */
  begin?(data: ClickData, own: SettingsOf<Specs>, context: FitContext): Promise<Readonly<Record<string, Float32Array>>>;
  layers(parameters: Parameters, own: SettingsOf<Specs>, data: ClickData): ClickLayers;
}

export function defineClickModel<const Specs extends SettingSpecs>(
  definition: NeuralClickModel<Specs>,
): ClickModelDefinition {
  return {
    ...{ name: definition.name, about: definition.about, settings: definition.settings },
    fit: (data, settings, context) => fitted(definition, data, settings as SettingsOf<Specs>, context),
  };
}

async function fitted<Specs extends SettingSpecs>(
  definition: NeuralClickModel<Specs>,
  data: ClickData,
  given: SettingsOf<Specs>,
  context: FitContext,
): Promise<ClickModel> {
  const { name } = definition;
  const own = given as unknown as Own;
  const { seed, compute } = context;
  if (!compute.graphs) {
    const message = `${name}: expected onnxruntime-node to train with, it is not installed.`;
    throw new ShelfwiseError('SW_PART_MISSING', message, 'Run `npm install --ignore-scripts onnxruntime-node`.');
  }
  const tasks = Object.keys(data.train.labels);
  const parameters = new Parameters(seed);
  const more = definition.more?.(data, given, seed) ?? { forms: {}, of: () => ({}) };
  const layers = definition.layers(parameters, given, data);
  const begun = (await definition.begin?.(data, given, context)) ?? {};
  for (const [key, values] of Object.entries(begun)) parameters.values[key]!.set(values);
  const { batch } = own;
  const asked = (masks: Pick<Masks, 'drop'>): readonly Tensor[] =>
    layers(
      {
        ...{ users: input('users', [batch], 'int64'), items: input('items', [batch], 'int64') },
        counted: input('counted', [batch, featureCount]),
        more: Object.fromEntries(
          Object.entries(more.forms).map(([key, shape]) => [key, input(key, [batch, ...shape], 'int64')]),
        ),
      },
      masks,
    );
  const masks = new Masks();
  const weights = input('weights', [batch]);
  const loss = asked(masks)
    .map((logits, n) => binaryCrossEntropy(logits, input(`labels ${tasks[n]}`, [batch]), weights))
    .reduce((total, one) => add(total, one));
  const optimiser = { kind: 'adam', l2: own.regularisation } as const;
  const training = await TrainingGraph.open(compute.graphs, { parameters, masks, loss, seed, optimiser });
  const said = asked(noMasks).map((logits) => reshape(logits, [1, batch]));
  const forward = await ForwardGraph.open(compute.graphs, { logits: concat(said, 0) });
  const features = new PairFeatures(data);
  const counted = features.of(data.train);
  const feeds = (
    pairs: Pairs,
    from: readonly number[] | Int32Array,
    numbers: Float32Array,
  ): Record<string, GraphArray> => {
    const items = Array.from({ length: batch }, (_, n) => pairs.items[from[n] ?? 0]!);
    const wide = new Float32Array(batch * featureCount);
    for (const [n, pair] of from.entries())
      wide.set(numbers.subarray(pair * featureCount, (pair + 1) * featureCount), n * featureCount);
    return {
      users: BigInt64Array.from({ length: batch }, (_, n) => BigInt(pairs.users[from[n] ?? 0]!)),
      items: BigInt64Array.from(items, BigInt),
      ...{ counted: wide, ...more.of(items) },
      weights: new Float32Array(batch).fill(1, 0, from.length),
    };
  };
  const predicted = async (
    arrays: Readonly<Record<string, Float32Array>>,
    pairs: Pairs,
    numbers = features.of(pairs),
  ): Promise<Record<string, Float32Array>> => {
    const count = pairs.users.length;
    const out = tasks.map(() => new Float32Array(count));
    for (let from = 0; from < count; from += batch) {
      const own = Int32Array.from({ length: Math.min(batch, count - from) }, (_, n) => from + n);
      const { logits } = await forward.run({ ...arrays, ...feeds(pairs, own, numbers) });
      for (const [t, column] of out.entries())
        for (let n = 0; n < own.length; n++) column[from + n] = 1 / (1 + Math.exp(-logits[t * batch + n]!));
    }
    return Object.fromEntries(tasks.map((task, t) => [task, out[t]!]));
  };
  const validated = features.of(data.validation);
  const steps = own.epochs * Math.ceil(data.train.users.length / batch);
  try {
    const { weights: best } = await trainedByEpochs({
      ...{ name, training, epochs: own.epochs, patience: own.patience, context, figure: 'AUC' },
      rate: warmUpCosine(own.learningRate, { warmUp: Math.ceil(steps / 20), steps }),
      *batches(epoch) {
        const order = new Random(seed, 0xc11c + epoch).shuffle(Int32Array.from(data.train.users.keys()));
        for (let from = 0; from < order.length; from += batch) {
          const part = order.subarray(from, from + batch);
          const labels = Object.fromEntries(
            tasks.map((task) => [
              `labels ${task}`,
              Float32Array.from({ length: batch }, (_, n) => data.train.labels[task]![part[n] ?? 0]!),
            ]),
          );
          yield { ...feeds(data.train, part, counted), ...labels };
        }
      },
      judge: async (now) => meanAuc(await predicted(now, data.validation, validated), data.validation),
    });
    return {
      name,
      probabilities: (pairs) => predicted(best, pairs),
      close: () => forward.close(),
    };
  } finally {
    await training.close();
  }
}

/** Over the tasks of which both labels occur. */
function meanAuc(said: Readonly<Record<string, Float32Array>>, { labels }: LabelledPairs): number {
  const each = Object.entries(said).map(([task, scores]) => auc({ scores, labels: labels[task]! }));
  const told = each.filter((one) => !Number.isNaN(one));
  return told.reduce((sum, one) => sum + one, 0) / Math.max(1, told.length);
}
