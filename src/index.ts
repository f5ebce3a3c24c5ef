/**
 * Shelfwise as a library: a shop in a folder that imports, trains, recommends and measures.
 *
 * @example
 * await using shop = await openShop('./shop');
 * await shop.importFile('orders.csv');
 * await shop.train();
 * const slate = await shop.recommend({ user: 'u42', count: 10 });
 */
import { readFileSync } from 'node:fs';
import { checkedThreads, openCompute } from './adapters/compute.ts';
import { openDuckdb } from './adapters/duckdb/analytics.ts';
import { createMemoryStore } from './adapters/memory/memory-store.ts';
import { openEncoder } from './adapters/open-encoder.ts';
import { openReranker } from './adapters/open-reranker.ts';
import { openStoreOf } from './adapters/open-store.ts';
import { SlateFiles } from './adapters/slates/slate-files.ts';
import { ShelfwiseError } from './core/errors.ts';
import type { ShopStore } from './data/shop-store.ts';
import type { EncoderChoice } from './encoders/text/encoder-choice.ts';
import type { TextEncoder } from './encoders/text/text-encoder.ts';
import { readConfig } from './engine/config.ts';
import type { ClickEvaluation, ClickEvaluationOptions } from './engine/evaluate-clicks.ts';
import type { EvaluationReport, FileEvaluationOptions } from './engine/evaluation-report.ts';
import type { OpenReranking } from './engine/rerank-stage.ts';
import { Shop } from './engine/shop.ts';
import { localWork } from './threads/local-work.ts';
import { ScoringWorkers } from './threads/scoring-workers.ts';
import { runThread, shopScript } from './threads/thread.ts';
import { threadWork } from './threads/thread-work.ts';

export interface OpenShopOptions {
  /** Makes the shop where there is none: at once, or `on-write`, when something is first stored. @default true */
  readonly create?: boolean | 'on-write';
  /** Worker threads of training; by default as many as the machine runs at once. */
  readonly threads?: number;
  /**
   * Threads that answer requests; with 1 the caller's own does. Weights are shared.
   * @default 1
   */
  readonly workers?: number;
  /** Most memory of the analytics engine while it reads sealed events, in bytes. @default 1 GiB */
  readonly memoryLimitBytes?: number;
  /** Milliseconds since 1970: the clock of imports, facts and requests. @default Date.now */
  readonly now?: () => number;
}

const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

const mostWorkers = 64;

function checkedWorkers(workers: number, ownStore: boolean): number {
  if (!Number.isInteger(workers) || workers < 1 || workers > mostWorkers) {
    const message = `\`workers\`: expected an integer from 1 to ${mostWorkers}, got ${workers}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'Leave it out to answer on the thread of the caller.');
  }
  if (workers > 1 && ownStore) {
    const message = `\`workers\`: expected 1 with a store of one's own, got ${workers}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'Other threads cannot open that store: leave it out.');
  }
  return workers;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Where the parts of a shop are, where they are not all in one folder. */
export interface ShopPlaces {
  /** The shop's data, in an adapter of one's own; `memoryStore()` for tests. Closed with the shop. */
  readonly store: ShopStore;
  /** Folder of trained generations, of `shelfwise.json` and of work in progress. */
  readonly artefacts: string;
}

/**
 * Opens the shop of a folder, or one whose data another store holds; several processes may hold a folder open.
 *
 * A shop that may not be written is opened to be read: it answers and measures.
 *
 * @throws ShelfwiseError `SW_SHOP_NOT_FOUND` (with `create: false`), `SW_SHOP_CORRUPT`, `SW_SHOP_NEWER`, `SW_SETTING` for
 *   a wrong shelfwise.json, `SW_USAGE` for a wrong number of threads or workers
 */
export async function openShop(where: string | ShopPlaces = './shop', options: OpenShopOptions = {}): Promise<Shop> {
  const { create = true, threads, memoryLimitBytes = 2 ** 30, now = Date.now } = options;
  const workers = checkedWorkers(options.workers ?? 1, typeof where !== 'string');
  const folder = typeof where === 'string' ? where : where.artefacts;
  const chosen = threads === undefined ? {} : { threads: checkedThreads(threads) };
  const config = await readConfig(folder);
  const compute = once(() => openCompute(chosen));
  const slates = new SlateFiles(folder);
  const engines = { openAnalytics: openDuckdb, openCompute: compute };
  const reads = (choice: EncoderChoice): Promise<TextEncoder | undefined> => openEncoder(folder, choice);
  const openReranking: OpenReranking = (choice) => openReranker(folder, choice);
  const parts = { ...{ folder, config, slates, now }, ...engines, openEncoder: reads, openReranking };
  if (typeof where !== 'string') {
    const { store } = where;
    return new Shop({ ...parts, store, work: localWork({ folder, store, now, version, openCompute: compute }) });
  }
  const of = { folder, create, memoryLimitBytes };
  const store = await openStoreOf(of);
  const answers = workers > 1 && { answers: new ScoringWorkers({ workers, of, openReranking }) };
  return new Shop({ ...parts, ...answers, store, work: threadWork({ ...of, ...chosen, store, now, version }) });
}

/** A store that lives in memory, with the same answers as a folder's. @param now - milliseconds since 1970 */
export function memoryStore(now: () => number = Date.now): ShopStore {
  return createMemoryStore(now);
}

/** `model` is a registered model, `learned`, `selection`, `equal-weights` or `rrf`. */
export interface Evaluation extends Omit<FileEvaluationOptions, 'compute' | 'composites'> {
  /** By default as many as the machine runs at once. */
  readonly threads?: number | undefined;
}

/**
 * Measures a model by a named protocol on a public data set's own files, popularity beside; on a thread of its own.
 *
 * @throws ShelfwiseError for unknown names and settings, and for files that cannot be read
 * @example (await evaluate({ task: 'sequence', path: 'Beauty.txt.gz', model: 'transition-knn' })).metrics['NDCG@10'] // 0.0541
 */
export async function evaluate({ threads, signal, onProgress, ...options }: Evaluation): Promise<EvaluationReport> {
  const chosen = threads === undefined ? {} : { threads: checkedThreads(threads) };
  const data = { task: { kind: 'evaluate-files', options }, now: Date.now(), version, ...chosen } as const;
  return (await runThread(shopScript(), data, { signal, onProgress })) as EvaluationReport;
}

/** `model` is embedding-dot, deep-click, shared-experts or kgcn. */
export interface ClickMeasure extends Omit<ClickEvaluationOptions, 'compute'> {
  /** By default as many as the machine runs at once. */
  readonly threads?: number | undefined;
}

/**
 * Measures a model of clicks on labelled pairs made of a folder of choices and triples; on a thread of its own.
 *
 * @throws ShelfwiseError for unknown names and settings, and for files that cannot be read
 */
export async function evaluateClicks({
  threads,
  signal,
  onProgress,
  ...options
}: ClickMeasure): Promise<ClickEvaluation> {
  const chosen = threads === undefined ? {} : { threads: checkedThreads(threads) };
  const data = { task: { kind: 'evaluate-clicks', options }, now: Date.now(), version, ...chosen } as const;
  return (await runThread(shopScript(), data, { signal, onProgress })) as ClickEvaluation;
}

export { type ErrorCode, errorTable, ShelfwiseError } from './core/errors.ts';
export { formatMoney } from './core/money.ts';
export type { Product, TimedFact, Variant } from './data/catalogue.ts';
export type { CatalogueStore, FactSpan, PutResult } from './data/catalogue-store.ts';
export type { Refused } from './data/door.ts';
export type { AppendResult, EventStore } from './data/event-store.ts';
export { type EventKind, eventFlags, eventKinds, type ShopEvent, type UserProfile } from './data/events.ts';
export { graphml } from './data/graphml.ts';
export type { ImportProgress } from './data/import/import-options.ts';
export type {
  CleaningCount,
  FileReading,
  ImportLog,
  ImportPreview,
  ImportReport,
  QuarantinedRow,
  UndoneImport,
} from './data/import-log.ts';
export type { PersonStore } from './data/person-store.ts';
export type { GraphEdge, GraphNode, GraphPart, NodeType } from './data/shop-graph.ts';
export type { ShopStore } from './data/shop-store.ts';
export type { LoggedSlate, ShownProduct, ShownRerank, SlateSpan } from './data/slate-log.ts';
export type { UserFeatures } from './data/user-features.ts';
export type { ProductChange } from './engine/catalogue-changes.ts';
export { parseConfig, type ShopConfig } from './engine/config.ts';
export type { ClickEvaluation } from './engine/evaluate-clicks.ts';
export type { EvaluationReport } from './engine/evaluation-report.ts';
export type { Fallback, FallbackCode } from './engine/fallbacks.ts';
export type { Recommendation, RecommendRequest, SlateItem, SlateReason } from './engine/recommendation.ts';
export type { RerankAheadOptions, RerankAheadReport } from './engine/rerank-ahead.ts';
export type { RerankAnswer } from './engine/rerank-stage.ts';
export type {
  Boost,
  FallbackOrder,
  Objective,
  Scenario,
  Scenarios,
  SlateOrder,
} from './engine/scenario.ts';
export type {
  Shop,
  ShopEventFilter,
  ShopImportOptions,
  ShopReleaseOptions,
  ShopStatus,
} from './engine/shop.ts';
export type { ShopEvaluation } from './engine/shop-work.ts';
export type { TrainOptions } from './engine/training.ts';
export type { RerankReport, TrainingReport } from './engine/training-report.ts';
