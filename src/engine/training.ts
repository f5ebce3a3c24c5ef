/**
 * Trains a shop: its events become timed histories; the newest visits are held back to measure, the ones before them teach
 * the choice its weights; then the choice is learned on the newest visits and every base model fitted on all events, and
 * the result becomes the shop's current generation. The figures in the report are of models that saw nothing of the visits
 * they are measured on.
 */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';
import type { FitData } from '../data/fit-data.ts';
import { type Histories, rowCount } from '../data/histories.ts';
import { recentEnd } from '../data/recent-end.ts';
import type { ShopStore, TrainingRight } from '../data/shop-store.ts';
import type { CompositeContext } from '../evaluation/composite.ts';
import type { Compute, Model, ModelDefinition, Setting, Settings } from '../models/model.ts';
import { modelNamed, modelSettings } from '../models/registry.ts';
import { loadState } from '../models/state-file.ts';
import { compositesOver, selectionSettings } from '../selection/composites.ts';
import { fitLearnedSelection } from '../selection/fit-learned-selection.ts';
import { currentGeneration, type Generation, writeGeneration } from './artefacts.ts';
import { parseConfig, readConfig, type ShopConfig } from './config.ts';
import {
  type GenerationRecord,
  generationFormat,
  loadGeneration,
  type ModelSlots,
  readMetrics,
  saveGeneration,
} from './generation.ts';
import { holdBack, measureHeldBack } from './held-back.ts';
import { modelCard } from './model-card.ts';
import { PartTimes } from './part-times.ts';
import { excludeBoughtDays } from './repeat-buying.ts';
import { readShopData, type ShopData } from './shop-data.ts';
import { selectionBase } from './shop-selection.ts';
import { inputsOf, SlotInputs } from './slots.ts';
import type { TrainingReport } from './training-report.ts';

export interface TrainOptions {
  readonly seed?: number;
  /** Base models by name; those of the shop's settings where absent. */
  readonly models?: readonly string[];
  /** Trains even if nothing changed since the current generation. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  /** Told the share of the work that is done, in [0, 1]. */
  readonly onProgress?: (share: number, note?: string) => void;
}

export interface TrainingShop {
  readonly folder: string;
  readonly store: ShopStore;
  readonly compute: Compute;
  /** Of Shelfwise, for the record. */
  readonly version: string;
  readonly now: () => number;
  /** Token of the right to train, where whoever asked for the training holds it. */
  readonly right?: string;
}

/** Fewer live events than this stay in the database: a sealed file for each training would be many small ones. */
const fewLiveEvents = 20_000;
const dayMs = 86_400_000;

/**
 * @throws ShelfwiseError `SW_INPUT_EMPTY` for a shop without events, `SW_CANCELLED` after an abort, `SW_SHOP_BUSY` where
 *   another training runs; the current generation then stays as it was
 */
export async function trainShop(shop: TrainingShop, options: TrainOptions = {}): Promise<TrainingReport> {
  const right = await shop.store.beginTraining(shop.right);
  try {
    return await trainAlone(shop, right, options);
  } finally {
    right.end();
  }
}

async function trainAlone(shop: TrainingShop, right: TrainingRight, given: TrainOptions): Promise<TrainingReport> {
  const started = performance.now();
  const { folder, store, now } = shop;
  const parts = new PartTimes();
  const { onProgress } = given;
  const options: TrainOptions = {
    ...given,
    onProgress: (share, note) => {
      if (note !== undefined) parts.note(note);
      onProgress?.(share, note);
    },
  };
  const config = withOptions(await readConfig(folder), options);
  const tell = partOf(options, 0, 0.02);
  tell(0, 'reading events');
  const known = await readShopData(store, config);
  const { histories, targets, targetKinds, index, offers } = known;
  if (histories.items.length === 0) {
    const message = 'train: expected events with products, found none in the shop.';
    throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Import some: shelfwise import FILE.');
  }
  const { seed } = config;
  const data = { events: histories.items.length, people: rowCount(histories), items: index.products.length };
  const dataHash = hashOf(known, config, shop.version);
  const current = await currentGeneration(folder);
  if (current && !options.force) {
    const before = await trainedBefore(current, dataHash, shop.compute);
    if (before) return { ...before, generation: current.number, unchanged: true };
  }
  const slots = new Slots(
    new SlotInputs(shop.version, histories, index.products, seed),
    options.force ? undefined : current,
  );
  const context = fitting(shop, seed, options.signal, { histories, slots });
  const split = holdBack(histories, targets, config);
  const validation = split
    ? await measureHeldBack(
        split,
        compositesOver(selectionBase(config, known, split.instant)),
        context(partOf(options, 0.02, 0.6)),
      )
    : { cases: 0, metrics: {}, intervals: {} };
  const taught = split
    ? { fitTrain: split.train, validation: split.test, train: histories }
    : { fitTrain: histories, validation: [], train: histories };
  const { settings, facts, offeringOf } = selectionBase(config, known);
  const selection = await fitLearnedSelection(
    { ...taught, facts, offeringOf },
    selectionSettings('selection', 'shop', settings),
    context(partOf(options, 0.6, 0.97)),
  );
  options.signal?.throwIfAborted();
  const record: GenerationRecord = {
    format: generationFormat,
    version: shop.version,
    trained: new Date(now()).toISOString(),
    dataHash,
    seed,
    eventWeights: config.eventWeights,
    targetKinds,
    excludeBoughtDays: finite(excludeBoughtDays(config, known)),
    ...(known.ratingMiddle !== undefined && { ratingMiddle: known.ratingMiddle }),
    ...(offers.currency !== undefined && { currency: offers.currency }),
    members: selection.members.map(({ as, model }) => ({ as, model: model.name })),
  };
  options.onProgress?.(0.97, 'saving');
  const sealed = await sealOld(store, config, histories);
  const { members: used, skipped } = selection.summary as { members: string[]; skipped: string[] };
  const report: Omit<TrainingReport, 'generation'> = {
    unchanged: false,
    seconds: (performance.now() - started) / 1000,
    parts: parts.done(),
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    data,
    validation,
    models: { used, skipped, carried: slots.carried(selection.members) },
    sealed,
  };
  const metrics = { ...report, learned: selection.summary };
  const card = modelCard(record, report, selection.summary);
  const { number } = await writeGeneration(folder, right, (to) =>
    saveGeneration(to, { record, index, selection }, metrics, card, slots.made),
  );
  options.onProgress?.(1, 'done');
  return { generation: number, ...report };
}

/** The report of a generation of the same data that can be read whole; a damaged one is made anew. */
async function trainedBefore(
  current: Generation,
  dataHash: string,
  compute: Compute,
): Promise<TrainingReport | undefined> {
  try {
    const { record } = await loadGeneration(current, compute);
    return record.dataHash === dataHash ? await readMetrics<TrainingReport>(current.folder) : undefined;
  } catch (error) {
    if (error instanceof ShelfwiseError && error.code === 'SW_MODEL_STATE') return undefined;
    throw error;
  }
}

function withOptions(config: ShopConfig, { seed, models }: TrainOptions): ShopConfig {
  const complete = parseConfig({ ...config, ...(seed !== undefined && { seed }), ...(models && { models }) }, 'train');
  if (complete.models !== 'auto') for (const name of complete.models) modelNamed(name);
  return complete;
}

/** Contexts whose base models are fitted once for the same histories and settings. */
function fitting(
  { compute }: TrainingShop,
  seed: number,
  signal: AbortSignal | undefined,
  serving: { readonly histories: Histories; readonly slots: Slots },
): (onProgress: NonNullable<CompositeContext['onProgress']>) => CompositeContext {
  const stop = signal && { signal };
  const fitted = new WeakMap<Histories, Map<string, Promise<Model>>>();
  const fitBase = (name: string, data: FitData, chosen: Readonly<Record<string, Setting>> = {}) => {
    const definition = modelNamed(name);
    const settings = modelSettings(definition, chosen);
    const key = JSON.stringify([name, settings]);
    const known = fitted.get(data.histories) ?? new Map<string, Promise<Model>>();
    fitted.set(data.histories, known);
    const make = (): Promise<Model> => definition.fit(data, settings, { compute, seed, ...stop });
    const serves = data.histories === serving.histories && !definition.needs;
    const model = known.get(key) ?? (serves ? serving.slots.modelOf(definition, settings, compute, make) : make());
    known.set(key, model);
    return model;
  };
  return (onProgress) => ({ compute, seed, settings: {}, task: 'shop', fitBase, onProgress, ...stop });
}

/** The base models that will serve: those of the current generation that were made from the same are taken from it. */
class Slots {
  readonly #inputs: SlotInputs;
  readonly #current: Generation | undefined;
  readonly #made = new Map<Model, { inputs: string; from?: string }>();

  constructor(inputs: SlotInputs, current: Generation | undefined) {
    this.#inputs = inputs;
    this.#current = current;
  }

  get made(): ModelSlots {
    return this.#made;
  }

  carried(members: readonly { readonly as: string; readonly model: Model }[]): string[] {
    return members.filter(({ model }) => this.#made.get(model)?.from !== undefined).map(({ as }) => as);
  }

  async modelOf(
    definition: ModelDefinition,
    settings: Settings,
    compute: Compute,
    make: () => Promise<Model>,
  ): Promise<Model> {
    const inputs = this.#inputs.of(definition.name, settings);
    const from = await this.#slotOf(inputs);
    const carried = from === undefined ? undefined : await this.#load(from, definition, compute);
    const model = carried ?? (await make());
    this.#made.set(model, { inputs, ...(carried && from !== undefined && { from }) });
    return model;
  }

  async #load(from: string, definition: ModelDefinition, compute: Compute): Promise<Model | undefined> {
    try {
      return await definition.load(await loadState(from), compute);
    } catch (error) {
      // Damaged: it is fitted again.
      if (error instanceof ShelfwiseError && error.code === 'SW_MODEL_STATE') return undefined;
      throw error;
    }
  }

  async #slotOf(inputs: string): Promise<string | undefined> {
    if (!this.#current) return undefined;
    const models = join(this.#current.folder, 'models');
    for (const name of await readdir(models).catch(() => []))
      if ((await inputsOf(join(models, name))) === inputs) return join(models, name);
    return undefined;
  }
}

/** JSON has no Infinity. */
function finite(days: number): number | null {
  return Number.isFinite(days) ? days : null;
}

async function sealOld(store: ShopStore, { sealAfterDays }: ShopConfig, { times }: Histories): Promise<number> {
  if ((await store.status()).liveEvents < fewLiveEvents) return 0;
  return store.seal(recentEnd(times!) - sealAfterDays * dayMs);
}

function hashOf(known: ShopData, config: ShopConfig, version: string): string {
  const { histories, targets, index, offers } = known;
  const { offsets, items, times, weights, sessions, kinds } = histories;
  const { sealAfterDays: _, ...taught } = config;
  const hash = createHash('sha256').update(JSON.stringify([version, taught, index.products, offers.currency]));
  const attributes = known.attributes?.rows.flatMap((codes) => [codes.length, ...codes]);
  const former = known.attributes?.times();
  const described = [Int32Array.from(attributes ?? []), ...(former ? [former.offsets, former.until] : [])];
  const arrays = [offsets, items, times!, weights!, sessions!, kinds!, targets, ...described];
  for (const array of [...arrays, ...offers.arrays()])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex');
}

function partOf({ onProgress }: TrainOptions, from: number, to: number): (share: number, note?: string) => void {
  return (share, note) => onProgress?.(from + (to - from) * Math.min(1, Math.max(0, share)), note);
}
