/**
 * Trains a shop: its events become timed histories, and the newest visits are held back. Over base models fitted on what
 * came before those, a choice is learned from their older half and measured on the newer, then learned from all of them;
 * then every base model is fitted on all events, and the result becomes the shop's current generation. The figures in the
 * report are of models and a choice that saw nothing of the visits they are measured on.
 */
import { createHash } from 'node:crypto';
import { ShelfwiseError } from '../core/errors.ts';
import { type Histories, rowCount } from '../data/histories.ts';
import { recentEnd } from '../data/recent-end.ts';
import type { ShopStore, TrainingRight } from '../data/shop-store.ts';
import type { Case } from '../evaluation/cases.ts';
import type { Compute } from '../models/model.ts';
import { modelNamed } from '../models/registry.ts';
import { selectionSettings, slatesOf } from '../selection/composites.ts';
import { fitLearnedSelection } from '../selection/fit-learned-selection.ts';
import type { LearnedSelection } from '../selection/learned-selection.ts';
import type { LaterChoices, SelectionContext } from '../selection/selection-task.ts';
import { currentGeneration, type Generation, writeGeneration } from './artefacts.ts';
import { baseFitter, forgetCheckpoints, Slots } from './base-fitter.ts';
import { parseConfig, readConfig, type ShopConfig } from './config.ts';
import { fitContent, type OpenEncoder } from './content.ts';
import {
  type GenerationRecord,
  generationFormat,
  loadGeneration,
  readMetrics,
  readTuned,
  saveGeneration,
} from './generation.ts';
import { type HeldBackReport, holdBack, measureHeldBack, notMeasured } from './held-back.ts';
import { modelCard } from './model-card.ts';
import { PartTimes } from './part-times.ts';
import { excludeBoughtDays } from './repeat-buying.ts';
import type { OpenReranking } from './rerank-stage.ts';
import { learnRerank, withoutBounds } from './rerank-teaching.ts';
import { searchedCases } from './searched-cases.ts';
import { readShopData, type ShopData, spareRows } from './shop-data.ts';
import { selectionBase } from './shop-selection.ts';
import { SlotInputs } from './slots.ts';
import { expectedBytes, type MemoryPlan, planMemory, planText } from './training-memory.ts';
import type { RerankReport, TrainingReport } from './training-report.ts';
import { halvedSettings, type TunedMember, TunedSettings } from './tuned-settings.ts';

export interface TrainOptions {
  readonly seed?: number;
  /** Base models by name; those of the shop's settings where absent. */
  readonly models?: readonly string[];
  /** Trains even if nothing changed since the current generation. */
  readonly force?: boolean;
  /** Chooses the settings of the base models anew, on visits held back; they stay until it is asked again. */
  readonly tune?: boolean;
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
  /** Opens what reads the texts of products; none is read where absent. */
  readonly openEncoder?: OpenEncoder;
  /** Opens what judges the likeliest candidates once more; its word is not learned where absent. */
  readonly openReranking?: OpenReranking;
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
  const plan = await planOf(store, config);
  const tell = partOf(options, 0, 0.02);
  if (plan.itemsKnown) tell(0, planText(plan));
  tell(0, 'reading events');
  const known = await readShopData(store, config, {
    ...{ since: plan.since, spare: spareRows },
    reading: { compute: shop.compute, seed: config.seed, signal: options.signal },
    ...(shop.openEncoder && {
      content: (products) => {
        tell(0.2, 'reading texts');
        return fitContent(products, {
          ...{ choice: config.encoder, openEncoder: shop.openEncoder!, compute: shop.compute, seed: config.seed },
          ...{ signal: options.signal, onProgress: (share: number) => tell(0.2 + 0.8 * share, 'reading texts') },
        });
      },
    }),
  });
  const { histories, targetKinds, index, offers } = known;
  if (histories.items.length === 0) {
    const message = 'train: expected events with products, found none in the shop.';
    throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Import some: shelfwise import FILE.');
  }
  const { seed } = config;
  const data = { events: histories.items.length, people: rowCount(histories), items: index.itemOf.size };
  const expectedMemoryBytes = plan.itemsKnown ? plan.expectedBytes : expectedBytes(data, plan.featureMB);
  if (!plan.itemsKnown) tell(0, planText({ ...plan, expectedBytes: expectedMemoryBytes }));
  const dataHash = hashOf(known, config, shop.version, plan.featureMB);
  const current = await currentGeneration(folder);
  const tuned = new TunedSettings(current ? await readTuned(current) : []);
  if (current && !options.force && !options.tune) {
    const before = await trainedBefore(current, dataHash, shop.compute);
    if (before) return { ...before, generation: current.number, unchanged: true };
  }
  const slots = new Slots(options.force ? undefined : current);
  const found = options.tune ? await tunedMembers(known, config, shop, options) : tuned;
  const context: SelectionContext = {
    ...{ seed, compute: shop.compute, ...(options.signal && { signal: options.signal }) },
    onProgress: partOf(options, 0.02, 0.97),
    fitBase: baseFitter({
      ...{ shopFolder: folder, compute: shop.compute, seed, signal: options.signal, serving: histories, slots },
      ...{ inputs: new SlotInputs(shop.version, index.products, seed), tuned: found },
    }),
  };
  const { selection, validation, rerank } = await fitMeasured(known, config, plan.featureMB, context, shop);
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
    ...(known.content && { content: { encoder: config.encoder, catalogueVersion: known.catalogueVersion } }),
    ...(rerank?.weight !== undefined && { rerank }),
    ...(found.members.length > 0 && { tuned: found.members }),
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
    expectedMemoryBytes,
    smaller: plan.smaller,
    data,
    validation,
    ...(rerank && { rerank }),
    models: { used, skipped, carried: slots.carried(selection.members) },
    ...(options.tune && { tuned: found.members }),
    sealed,
  };
  const metrics = { ...report, learned: selection.summary };
  const card = modelCard(record, report, selection.summary);
  const attributeNames = known.attributes?.names ?? [];
  const { number } = await writeGeneration(folder, right, (to) =>
    saveGeneration(to, { record, index, selection, attributeNames }, metrics, card, slots.made, known.content),
  );
  await forgetCheckpoints(folder);
  options.onProgress?.(1, 'done');
  return { generation: number, ...report };
}

/** Where the catalogue knows no products, they are told by the events once these are read: many of each. */
const eventsPerItem = 100;

/** The memory it will take, and since when events are read where not all of them fit. */
async function planOf(
  store: ShopStore,
  config: ShopConfig,
): Promise<MemoryPlan & { readonly since?: number; readonly itemsKnown: boolean }> {
  const { liveEvents, sealedEvents, people, products, firstTime = 0, lastTime = 0 } = await store.status();
  const events = liveEvents + sealedEvents;
  const texts = config.encoder !== 'none' && products > 0;
  const size = { events, people, items: Math.max(products, Math.ceil(events / eventsPerItem)), texts };
  const { featureMB } = selectionSettings('selection', 'shop', {});
  const plan = { ...planMemory(size, featureMB, config.memoryMB), itemsKnown: products > 0 };
  // As if they came evenly; where they came ever faster, more of them are read.
  const since = lastTime - (lastTime - firstTime) * (plan.events / events);
  return plan.events < events ? { ...plan, since } : plan;
}

/** The selection that will serve, and how one that saw nothing of the newest visits did on them. */
async function fitMeasured(
  known: ShopData,
  config: ShopConfig,
  featureMB: number,
  context: SelectionContext,
  shop: TrainingShop,
): Promise<{ selection: LearnedSelection; validation: HeldBackReport; rerank?: RerankReport | undefined }> {
  const { histories, targets } = known;
  const { settings, ...now } = selectionBase(config, known);
  const how = selectionSettings('selection', 'shop', { ...settings, featureMB });
  const visits = holdBack(histories, targets, config);
  if (!visits) {
    const task = { fitTrain: histories, validation: [], train: histories, ...now };
    return { selection: await fitLearnedSelection(task, how, context), validation: notMeasured };
  }
  const searched = (cases: readonly Case[]): Promise<readonly Case[]> =>
    searchedCases(cases, known.people, known.searches, known.content?.space, context.signal);
  const heldBack = {
    ...visits,
    older: await searched(visits.older),
    newer: await searched(visits.newer),
    measured: await searched(visits.measured),
  };
  const { facts: factsBefore, offeringOf } = selectionBase(config, known, heldBack.instant);
  const { train: fitTrain, older: validation, newer: cases } = heldBack;
  let measured = notMeasured;
  let rerank: RerankReport | undefined;
  const later: LaterChoices = {
    cases,
    async measure(early, onProgress) {
      measured = await measureHeldBack(heldBack, slatesOf(early, factsBefore, settings), { ...context, onProgress });
      rerank = await learnRerank(
        early,
        heldBack.measured,
        { ...shop, config, known },
        {
          ...context,
          onProgress: (_, note) => onProgress?.(note),
        },
      );
    },
  };
  const { facts, vectors } = now;
  const described = { facts, factsBefore, ...(vectors && { vectors }) };
  const task = { fitTrain, validation, later, train: histories, ...described, offeringOf };
  const selection = await fitLearnedSelection(task, how, context);
  return { selection, validation: measured, rerank };
}

/** Candidates that a member's settings are chosen from. */
const candidates = 8;

/** Settings of the members, chosen on the older half of the visits that are held back. */
async function tunedMembers(
  known: ShopData,
  config: ShopConfig,
  { compute }: TrainingShop,
  options: TrainOptions,
): Promise<TunedSettings> {
  const visits = holdBack(known.histories, known.targets, config);
  if (!visits) return new TunedSettings();
  const { settings, facts, vectors } = selectionBase(config, known, visits.instant);
  const { members } = selectionSettings('selection', 'shop', settings);
  const data = { histories: visits.train, catalogue: facts, ...(vectors && { vectors }) };
  const found: TunedMember[] = [];
  for (const [n, { as, model, settings: given = {} }] of members.entries()) {
    const tell = partOf(options, 0.02 + (n / members.length) * 0.5, 0.02 + ((n + 1) / members.length) * 0.5);
    const member = await halvedSettings(modelNamed(model), given, {
      ...{ metric: 'NDCG@10', candidates, cases: visits.older, data },
      context: {
        ...{ compute, seed: config.seed, ...(options.signal && { signal: options.signal }) },
        onProgress: (share, note) =>
          tell(share, note === undefined ? 'choosing settings' : `choosing settings: ${as ?? model}, ${note}`),
      },
    }).catch((error: unknown) => {
      // What cannot be fitted here is left out of the choice as well, with the reason.
      if (error instanceof ShelfwiseError && ['SW_MODEL_LIMIT', 'SW_MODEL_DATA'].includes(error.code)) return undefined;
      throw error;
    });
    if (member) found.push(member);
  }
  return new TunedSettings(found);
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
  const names = complete.models === 'auto' ? [] : complete.models;
  for (const name of names) if (name !== 'auto') modelNamed(name.split(':')[0]!);
  return complete;
}

/** JSON has no Infinity. */
function finite(days: number): number | null {
  return Number.isFinite(days) ? days : null;
}

async function sealOld(store: ShopStore, { sealAfterDays }: ShopConfig, { times }: Histories): Promise<number> {
  if ((await store.status()).liveEvents < fewLiveEvents) return 0;
  return store.seal(recentEnd(times!) - sealAfterDays * dayMs);
}

function hashOf(known: ShopData, config: ShopConfig, version: string, featureMB: number): string {
  const { histories, targets, index, offers } = known;
  const { offsets, items, times, weights, sessions, kinds } = histories;
  const { sealAfterDays: _, memoryMB: __, rerank, ...others } = config;
  const taught = { ...others, rerank: withoutBounds(rerank) };
  const hash = createHash('sha256').update(
    JSON.stringify([version, taught, featureMB, index.products, offers.currency]),
  );
  const attributes = known.attributes?.rows.flatMap((codes) => [codes.length, ...codes]);
  const former = known.attributes?.times();
  const texts = known.content ? [known.content.vectors.values] : [];
  const searched = known.searches ? [...known.searches.arrays()] : [];
  const reviews = known.reviews?.before(Infinity);
  const reviewed = reviews ? [reviews.count, reviews.stars, reviews.sentiment, reviews.aspects] : [];
  const described = [
    Int32Array.from(attributes ?? []),
    ...(former ? [former.offsets, former.until] : []),
    ...texts,
    ...searched,
    ...reviewed,
  ];
  const arrays = [offsets, items, times!, weights!, sessions!, kinds!, targets, ...described];
  for (const array of [...arrays, ...offers.arrays()])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex');
}

function partOf({ onProgress }: TrainOptions, from: number, to: number): (share: number, note?: string) => void {
  return (share, note) => onProgress?.(from + (to - from) * Math.min(1, Math.max(0, share)), note);
}
