/**
 * Trains a shop: its events become timed histories; the newest visits are held back to measure, the ones before them teach
 * the choice its weights; then the choice is learned on the newest visits and every base model fitted on all events, and
 * the result becomes the shop's current generation. The figures in the report are of models that saw nothing of the visits
 * they are measured on.
 */
import { createHash } from 'node:crypto';
import { ShelfwiseError } from '../core/errors.ts';
import { type Histories, rowCount } from '../data/histories.ts';
import { type ItemIndex, itemIndex, type ShopHistories, shopHistories } from '../data/shop-histories.ts';
import type { ShopStore } from '../data/shop-store.ts';
import type { Compute, Model, Setting } from '../models/model.ts';
import { completeSettings, modelNamed } from '../models/registry.ts';
import {
  defaultSelectionSettings,
  fitLearnedSelection,
  type MemberChoice,
  type SelectionContext,
  type SelectionSettings,
} from '../selection/fit-learned-selection.ts';
import { defaultMembers } from '../selection/member-sets.ts';
import type { ItemFacts } from '../selection/signals/signal.ts';
import { currentGeneration, writeGeneration } from './artefacts.ts';
import { CatalogueView } from './catalogue-view.ts';
import { parseConfig, readConfig, type ShopConfig } from './config.ts';
import { type GenerationRecord, readMetrics, readRecord, saveGeneration } from './generation.ts';
import { holdBack, measureHeldBack } from './held-back.ts';
import { itemFacts } from './item-facts.ts';
import { modelCard } from './model-card.ts';
import { excludeBoughtDays } from './repeat-buying.ts';
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
}

/** Fewer live events than this stay in the database: a sealed file for each training would be many small ones. */
const fewLiveEvents = 20_000;
const dayMs = 86_400_000;

/**
 * @throws ShelfwiseError `SW_INPUT_EMPTY` for a shop without events, `SW_CANCELLED` after an abort; the current generation
 *   then stays as it was
 */
export async function trainShop(shop: TrainingShop, options: TrainOptions = {}): Promise<TrainingReport> {
  const started = performance.now();
  const { folder, store, now } = shop;
  const config = withOptions(await readConfig(folder), options);
  const members = membersOf(config);
  const tell = partOf(options, 0, 0.02);
  tell(0, 'reading events');
  const known = await readShop(shop, config);
  const { histories, targets, targetKinds, index, facts } = known;
  const { seed } = config;
  const data = { events: histories.items.length, people: rowCount(histories), items: index.products.length };
  const dataHash = hashOf({ histories, targets, products: index.products, facts, config, version: shop.version });
  const current = await currentGeneration(folder);
  if (current && !options.force) {
    const record = await readRecord(current.folder).catch(() => undefined);
    if (record?.dataHash === dataHash) {
      const before = await readMetrics<TrainingReport>(current.folder);
      return { ...before, generation: current.number, unchanged: true };
    }
  }

  const settings: SelectionSettings = {
    ...defaultSelectionSettings,
    name: 'selection',
    members,
    maxCases: config.maxCases,
  };
  const context = fitting(shop, seed, options.signal);
  const split = holdBack(histories, targets, config);
  const validation = split
    ? await measureHeldBack(split, facts, settings, config, context(partOf(options, 0.02, 0.6)))
    : { cases: 0, metrics: {}, intervals: {} };
  const final = split
    ? { fitTrain: split.train, validation: split.test, train: histories }
    : { fitTrain: histories, validation: [], train: histories };
  const selection = await fitLearnedSelection({ ...final, facts }, settings, context(partOf(options, 0.6, 0.97)));
  options.signal?.throwIfAborted();
  const record: GenerationRecord = {
    format: 1,
    version: shop.version,
    trained: new Date(now()).toISOString(),
    dataHash,
    seed,
    eventWeights: config.eventWeights,
    targetKinds,
    excludeBoughtDays: finite(excludeBoughtDays(config, known)),
    members: selection.members.map(({ as, model }) => ({ as, model: model.name })),
  };
  const sealed = await sealOld(store, config, histories);
  const { members: used, skipped } = selection.summary as { members: string[]; skipped: string[] };
  const report: Omit<TrainingReport, 'generation'> = {
    unchanged: false,
    seconds: (performance.now() - started) / 1000,
    data,
    validation,
    models: { used, skipped },
    sealed,
  };
  const metrics = { ...report, learned: selection.summary };
  const card = modelCard(record, report, selection.summary);
  const { number } = await writeGeneration(folder, (to) =>
    saveGeneration(to, { record, index, selection }, metrics, card),
  );
  options.onProgress?.(1, 'done');
  return { generation: number, ...report };
}

function withOptions(config: ShopConfig, { seed, models }: TrainOptions): ShopConfig {
  return parseConfig({ ...config, ...(seed !== undefined && { seed }), ...(models && { models }) }, 'train');
}

function membersOf({ models }: ShopConfig): readonly MemberChoice[] {
  if (models === 'auto') return defaultMembers('shop');
  return models.map((name) => ({ model: modelNamed(name).name }));
}

interface KnownShop extends ShopHistories {
  readonly index: ItemIndex;
  readonly facts: ItemFacts;
}

async function readShop({ store, now }: TrainingShop, config: ShopConfig): Promise<KnownShop> {
  const kinds = new Set(Object.entries(config.eventWeights).flatMap(([kind, weight]) => (weight > 0 ? [kind] : [])));
  const events = await store.readEvents({
    kinds: [...new Set([...kinds, 'purchase', 'add_to_cart', 'view_item'])] as never[],
  });
  const index = itemIndex(events.products, config.seed);
  const shop = shopHistories(events, index, {
    weights: config.eventWeights,
    targets: config.target === 'auto' ? undefined : [config.target],
  });
  if (shop.histories.items.length === 0) {
    const message = 'train: expected events with products, found none in the shop.';
    throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Import some: shelfwise import FILE.');
  }
  const view = await CatalogueView.load(store, now());
  return { ...shop, index, facts: itemFacts(view, index.products) };
}

/** Contexts whose base models are fitted once for the same histories and settings. */
function fitting(
  { compute }: TrainingShop,
  seed: number,
  signal: AbortSignal | undefined,
): (onProgress: SelectionContext['onProgress']) => SelectionContext {
  const fitted = new WeakMap<Histories, Map<string, Promise<Model>>>();
  const fitBase = (name: string, histories: Histories, chosen: Readonly<Record<string, Setting>> = {}) => {
    const definition = modelNamed(name);
    const settings = completeSettings(definition, chosen);
    const key = JSON.stringify([name, settings]);
    const known = fitted.get(histories) ?? new Map<string, Promise<Model>>();
    fitted.set(histories, known);
    const model = known.get(key) ?? definition.fit(histories, settings, { compute, seed, ...(signal && { signal }) });
    known.set(key, model);
    return model;
  };
  return (onProgress) => ({ seed, fitBase, ...(signal && { signal }), ...(onProgress && { onProgress }) });
}

/** JSON has no Infinity. */
function finite(days: number): number | null {
  return Number.isFinite(days) ? days : null;
}

async function sealOld(store: ShopStore, { sealAfterDays }: ShopConfig, { times }: Histories): Promise<number> {
  if ((await store.status()).liveEvents < fewLiveEvents) return 0;
  let newest = -Infinity;
  for (const time of times!) if (time > newest) newest = time;
  return store.seal(newest - sealAfterDays * dayMs);
}

function hashOf(from: {
  readonly histories: Histories;
  readonly targets: Uint8Array;
  readonly products: readonly string[];
  readonly facts: ItemFacts;
  readonly config: ShopConfig;
  readonly version: string;
}): string {
  const { histories, targets, products, facts, config, version } = from;
  const { slate: _, ...taught } = config;
  const hash = createHash('sha256').update(JSON.stringify([version, taught, config.slate.excludeBoughtDays, products]));
  const { offsets, items, times, weights, sessions } = histories;
  const attributes = facts.attributes?.flatMap((codes) => [codes.length, ...codes]);
  const arrays = [offsets, items, times!, weights!, sessions!, targets, Int32Array.from(attributes ?? [])];
  for (const array of [...arrays, facts.priceMinor ?? new Float64Array(0)])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex');
}

function partOf({ onProgress }: TrainOptions, from: number, to: number): (share: number, note?: string) => void {
  return (share, note) => onProgress?.(from + (to - from) * Math.min(1, Math.max(0, share)), note);
}
