/** The shop as one object: its data, its training and its decisions, over parts that were handed in. */

import { ShelfwiseError } from '../core/errors.ts';
import type { Analytics } from '../data/analytics.ts';
import type { Product, TimedFact } from '../data/catalogue.ts';
import type { PutResult } from '../data/catalogue-store.ts';
import { admit, type Refused } from '../data/door.ts';
import type { AppendResult, EventFilter } from '../data/event-store.ts';
import type { ShopEvent, UserProfile } from '../data/events.ts';
import { defaultCleaning } from '../data/import/cleaning/options.ts';
import type { FileImportOptions, QuarantineReleaseOptions } from '../data/import/importer.ts';
import type { ImportReport, QuarantinedRow, UndoneImport } from '../data/import-log.ts';
import type { GraphPart, ShopGraphRepairs } from '../data/shop-graph.ts';
import type { ShopStore, StoreStatus } from '../data/shop-store.ts';
import type { LoggedSlate, SlateLog, SlateSpan } from '../data/slate-log.ts';
import { type UserFeatures, userFeaturesOf } from '../data/user-features.ts';
import { wordsOf } from '../encoders/text/words.ts';
import type { Compute } from '../models/model.ts';
import { Answering, type AnswerJson, type Answers } from './answering.ts';
import { currentGeneration } from './artefacts.ts';
import { CatalogueChanges, isRemoved, type ProductChange } from './catalogue-changes.ts';
import type { ShopConfig } from './config.ts';
import type { OpenEncoder } from './content.ts';
import type { EvaluationReport } from './evaluation-report.ts';
import { readMetrics } from './generation.ts';
import { GraphKeeper } from './graph-keeper.ts';
import { type HistoryEvent, historyOf } from './history.ts';
import type { Recommendation, RecommendRequest } from './recommendation.ts';
import { RequestTime } from './request-time.ts';
import { type RerankAheadOptions, type RerankAheadReport, rerankAhead } from './rerank-ahead.ts';
import type { OpenReranking } from './rerank-stage.ts';
import { type RolledBack, rollBack } from './roll-back.ts';
import type { ShopEvaluation, ShopWork } from './shop-work.ts';
import type { TrainOptions } from './training.ts';
import type { TrainingReport } from './training-report.ts';

/** The parts of a shop; adapters come from above. */
export interface ShopParts {
  readonly folder: string;
  readonly store: ShopStore;
  readonly work: ShopWork;
  /** As `shelfwise.json` says at the opening. */
  readonly config: ShopConfig;
  /** What was shown. */
  readonly slates: SlateLog;
  /** On the caller's thread where absent. */
  readonly answers?: Answers;
  openAnalytics(): Promise<Analytics>;
  openCompute(): Promise<Compute & { close(): Promise<void> }>;
  readonly now: () => number;
  /** Opens what reads texts; none are read where absent. */
  readonly openEncoder?: OpenEncoder;
  /** Opens what judges the likeliest candidates once more; nothing does where absent. */
  readonly openReranking?: OpenReranking;
}

export type ShopImportOptions = FileImportOptions;
export type ShopReleaseOptions = QuarantineReleaseOptions;

/** Events that are meant; all conditions hold together. */
export interface ShopEventFilter extends Omit<EventFilter, 'person'> {
  readonly user?: string;
  readonly visitor?: string;
}

export interface ShopGraphOptions {
  readonly depth?: number;
  readonly limit?: number;
}

export interface ShopStatus extends StoreStatus {
  /** Number of the trained generation that answers; absent before the first training. */
  readonly generation?: number;
  /** Answering threads that died and were replaced; absent with one worker. */
  readonly workersRestarted?: number;
  /** Slates of this process that could not be noted; absent where none was lost. */
  readonly slatesLost?: number;
}

/** The rule of imports: times before online stores, or ahead of the clock. What is no time at all the store refuses. */
function refuseTime(event: ShopEvent, now: number): Refused | undefined {
  const time: unknown = event?.time;
  const { earliestTime, maxSkewHours } = defaultCleaning;
  if (typeof time !== 'number' || !(Math.abs(time) <= 8.64e15)) return undefined;
  if (time >= earliestTime && time <= now + maxSkewHours * 3_600_000) return undefined;
  const expected = `from ${new Date(earliestTime).toISOString()} to a day after ${new Date(now).toISOString()}`;
  return { refused: `event.time: expected ${expected}, got ${new Date(time).toISOString()}.`, field: 'time' };
}

export class Shop implements AsyncDisposable {
  readonly folder: string;
  readonly #parts: ShopParts;
  #compute: Promise<Compute & { close(): Promise<void> }> | undefined;
  readonly #answers: Answers;
  readonly #changes: CatalogueChanges;
  readonly #graph: GraphKeeper;
  #closed = false;

  /** Use `openShop`. */
  constructor(parts: ShopParts) {
    this.folder = parts.folder;
    this.#parts = parts;
    this.#changes = new CatalogueChanges(parts.store);
    this.#graph = new GraphKeeper(parts.store, wordsOf);
    this.#answers = parts.answers ?? new Answering({ ...parts, openCompute: () => this.#openCompute() });
  }

  /**
   * Imports a file; all of it becomes visible or nothing. It runs on a thread of its own, and stops when it is told to.
   *
   * @throws ShelfwiseError `SW_INPUT_*` naming file and line, `SW_USAGE`, `SW_CANCELLED`
   */
  importFile(path: string, options: ShopImportOptions = {}): Promise<ImportReport> {
    return this.importFiles([path], options);
  }

  /** Imports files that belong together, as one. */
  importFiles(paths: readonly string[], options: ShopImportOptions = {}): Promise<ImportReport> {
    return this.#parts.work.importFiles(paths, options);
  }

  /**
   * Takes an import back with all that it stored; what it replaced returns, what came since stays. Models that were
   * trained with it stay until the next training.
   *
   * @param importId - as in the import's report, or in `status().imports`
   * @throws ShelfwiseError `SW_USAGE` for an import that is not known
   */
  undoImport(importId: string): Promise<UndoneImport> {
    return this.#parts.store.undoImport(importId);
  }

  /** Rows that imports set aside, as they stood in the files. */
  quarantined(filter?: { importId?: string; step?: string; limit?: number }): AsyncIterable<QuarantinedRow> {
    return this.#parts.store.quarantined(filter);
  }

  /** Imports what a cleaning step set aside, with that step switched off. */
  releaseQuarantined(step: string, options: ShopReleaseOptions = {}): Promise<ImportReport[]> {
    return this.#parts.work.releaseQuarantined(step, options);
  }

  /**
   * Resolves when the events are durable; one answer per event. An event that comes twice is stored once; one that is
   * none, or whose time no clock had (before 1990, or more than a day ahead), is refused by itself with the reason.
   */
  async record(events: readonly ShopEvent[]): Promise<AppendResult[]> {
    const { store, now } = this.#parts;
    const time = now();
    const { passed, answers } = admit(events, (event) => refuseTime(event as ShopEvent, time));
    const results = await store.appendEvents(passed);
    let next = 0;
    return answers.map((answer) => (answer === 'stored' ? results[next++]! : answer));
  }

  /** One answer per product: stored, or refused with the reason. */
  putProducts(products: readonly Product[]): Promise<PutResult[]> {
    return this.#parts.store.putProducts(products);
  }

  /** Changes a part of each product; what is not named stays. One answer per product. */
  updateProducts(changes: readonly ProductChange[]): Promise<PutResult[]> {
    return this.#changes.update(changes);
  }

  /** Takes products out of the catalogue: they are not offered again, and their events stay. One answer per product. */
  removeProducts(productIds: readonly string[]): Promise<PutResult[]> {
    return this.#changes.remove(productIds);
  }

  /**
   * What lies around a product in the shop's own graph: brand, categories, attributes, words of its title, who did what with
   * it, and in which session; of each kind of edge the strongest in turn.
   *
   * @param options.depth - steps from the product. @default 1
   * @param options.limit - edges of one node at most. @default 30
   * @throws ShelfwiseError `SW_NOT_FOUND` for a product that neither the catalogue nor an event knows
   */
  async graph(productId: string, { depth = 1, limit = 30 }: ShopGraphOptions = {}): Promise<GraphPart> {
    const graph = await this.#graph.graph();
    const node = graph.nodeOf('product', productId);
    if (node !== undefined) return graph.around(node, { depth, limit });
    const message = `graph: expected a product of the catalogue or of an event, got "${productId}".`;
    throw new ShelfwiseError('SW_NOT_FOUND', message, 'Name one by its id.');
  }

  /** All of it, with what was put right. The nodes of people are numbered, and say nothing of who they are. */
  async wholeGraph(): Promise<GraphPart & { readonly repairs: Readonly<ShopGraphRepairs> }> {
    return this.#graph.graph();
  }

  /** Undefined where there is none, or it was removed. */
  async product(productId: string): Promise<Product | undefined> {
    const product = await this.#parts.store.product(productId);
    return product && !isRemoved(product) ? product : undefined;
  }

  /** In the order of their ids. @param after - those whose ids come after this one */
  async *products(after?: string): AsyncGenerator<Product> {
    for await (const product of this.#parts.store.products(after)) if (!isRemoved(product)) yield product;
  }

  /** What the shop knows of a customer beside events; undefined where nothing. */
  user(userId: string): Promise<UserProfile | undefined> {
    return this.#parts.store.user(userId);
  }

  putUsers(users: readonly UserProfile[]): Promise<PutResult[]> {
    return this.#parts.store.putUsers(users);
  }

  /** Prices, stock and promotions, each from its time on. */
  putFacts(facts: readonly TimedFact[]): Promise<PutResult[]> {
    return this.#parts.store.putFacts(facts);
  }

  /** How many events are meant by a filter; all of the shop without one. */
  async countEvents(filter: ShopEventFilter = {}): Promise<number> {
    const meant = await this.#meant(filter);
    return meant ? (await this.#parts.store.readEvents(meant)).length : 0;
  }

  /**
   * Deletes events for ever, live and sealed, and answers how many; what was trained on them stays until `train`.
   *
   * @throws ShelfwiseError `SW_USAGE` where the filter names nothing
   */
  async deleteEvents(filter: ShopEventFilter): Promise<number> {
    if (Object.values(filter).every((value) => value === undefined)) {
      const fields = 'user, visitor, productId, eventIds, kinds, since, until';
      const message = `deleteEvents: expected at least one of ${fields}, got none.`;
      throw new ShelfwiseError('SW_USAGE', message, 'Say which events are meant.');
    }
    const meant = await this.#meant(filter);
    return meant ? this.#parts.store.deleteEvents(meant) : 0;
  }

  /** Undefined where nobody of that id is known. */
  async #meant({ user, visitor, ...filter }: ShopEventFilter): Promise<EventFilter | undefined> {
    if (user === undefined && visitor === undefined) return filter;
    const person = await this.#parts.store.personOf({
      ...(user !== undefined && { userId: user }),
      ...(visitor !== undefined && { visitorId: visitor }),
    });
    return person === undefined ? undefined : { ...filter, person };
  }

  /** Makes a visitor's history the customer's; also done by every event that carries both ids. */
  joinVisitor(visitorId: string, userId: string): Promise<void> {
    return this.#parts.store.joinVisitor(visitorId, userId);
  }

  /** All customers by their ids, with how many events each has; reads every event once. */
  async *customers(): AsyncGenerator<{ readonly userId: string; readonly events: number }> {
    const { store } = this.#parts;
    const counts = new Map<number, number>();
    for (const person of (await store.readEvents()).person) counts.set(person, (counts.get(person) ?? 0) + 1);
    for await (const { userId, person } of store.customers()) yield { userId, events: counts.get(person) ?? 0 };
  }

  /** Customers after an id, by their ids, each with how many of the newest events are kept at hand, 500 at most. */
  async *customersAfter(after?: string): AsyncGenerator<{ readonly userId: string; readonly recentEvents: number }> {
    const { store } = this.#parts;
    for await (const { userId, person } of store.customers(after))
      yield { userId, recentEvents: (await store.recentEvents(person)).length };
  }

  /** The newest events of a customer or visitor, the newest first, 500 at most; undefined where nobody is known. */
  async history(id: { readonly user?: string; readonly visitor?: string }): Promise<HistoryEvent[] | undefined> {
    const { store } = this.#parts;
    const { user: userId, visitor: visitorId } = id;
    const person = await store.personOf({
      ...(userId !== undefined && { userId }),
      ...(visitorId !== undefined && { visitorId }),
    });
    return person === undefined ? undefined : historyOf(await store.recentEvents(person));
  }

  /** The report of the training that made the current generation; undefined before the first. */
  async trained(): Promise<TrainingReport | undefined> {
    const generation = await currentGeneration(this.folder);
    if (!generation) return undefined;
    return { ...(await readMetrics<TrainingReport>(generation.folder)), generation: generation.number };
  }

  /** Events, profile and preferences of a customer as one record; undefined where nothing is known. */
  async userFeatures(userId: string): Promise<UserFeatures | undefined> {
    const { store, now } = this.#parts;
    const person = await store.personOf({ userId });
    if (person === undefined) return undefined;
    const analytics = await this.#parts.openAnalytics();
    try {
      return await userFeaturesOf(store, analytics, person, { now: now() });
    } finally {
      await analytics.close();
    }
  }

  /**
   * Fits models on the shop's events and makes them the current generation, unless nothing changed. It runs on a thread of
   * its own; the models before answer meanwhile.
   */
  async train(options: TrainOptions = {}): Promise<TrainingReport> {
    const report = await this.#parts.work.train(options);
    await this.#answers.renewed();
    return report;
  }

  /**
   * Lets a generation answer that was trained before; the next training makes a new one.
   *
   * @param to - its number; the newest before the current one where absent
   * @throws ShelfwiseError `SW_USAGE` where there is none, `SW_MODEL_STATE` where it is damaged, `SW_SHOP_BUSY` while a
   *   training runs
   */
  async rollback(to?: number): Promise<RolledBack> {
    const parts = { folder: this.folder, store: this.#parts.store, compute: await this.#openCompute() };
    const rolledBack = await rollBack(parts, to);
    await this.#answers.renewed();
    return rolledBack;
  }

  /**
   * Chooses a slate. An unknown shopper, an untrained shop or missing evidence is answered by the next best, and
   * `fellBack` says so.
   *
   * @throws ShelfwiseError `SW_USAGE`, `SW_SHOP_CORRUPT` for damaged events, `SW_CANCELLED` after an abort,
   *   `SW_SHOP_CLOSED`
   */
  async recommend(request: RecommendRequest = {}): Promise<Recommendation> {
    return this.#answers.recommend(request, this.#parts.now(), this.#timeOf(request));
  }

  /** As `recommend`, as the JSON of the answer: workers make it, and the caller only passes it on. */
  async recommendJson(request: RecommendRequest = {}): Promise<AnswerJson> {
    return this.#answers.recommendJson(request, this.#parts.now(), this.#timeOf(request));
  }

  /**
   * Asks the reranker of the settings about customers who are likely to return, before they do: for models that are too slow
   * for a page. What is said is kept until a customer does something new, `cacheDays` at most.
   *
   * @throws ShelfwiseError `SW_USAGE` where there is no reranker, `SW_CANCELLED` after an abort
   */
  rerankAhead(options: RerankAheadOptions = {}): Promise<RerankAheadReport> {
    return rerankAhead(this.#parts.store, (request) => this.recommend(request), this.#parts.now(), options);
  }

  #timeOf(request: RecommendRequest): RequestTime {
    if (this.#closed) {
      const message = 'recommend: expected an open shop, got one that was closed.';
      throw new ShelfwiseError('SW_SHOP_CLOSED', message, 'Open it again, and close it when all is done.');
    }
    const time = new RequestTime(request);
    time.throwIfAborted();
    return time;
  }

  /**
   * What was shown, day by day, with the features of each product as the choice read them; feedback joins it by
   * `recommendationId`. While workers answer, the slates of the last second may be missing.
   */
  slates(span?: SlateSpan): AsyncGenerator<LoggedSlate> {
    return this.#parts.slates.read(span);
  }

  /**
   * Measures a model on the shop's own events: a temporal split, popularity beside. Nothing of the shop changes.
   *
   * @throws ShelfwiseError `SW_MODEL_UNKNOWN`, `SW_SETTING`, `SW_INPUT_EMPTY` where a side of the split is empty
   */
  evaluate(options: ShopEvaluation): Promise<EvaluationReport> {
    return this.#parts.work.evaluate(options);
  }

  async status(): Promise<ShopStatus> {
    const generation = await currentGeneration(this.folder);
    const { restarted } = this.#answers;
    const { slates } = this.#parts;
    return {
      ...(await this.#parts.store.status()),
      ...(generation && { generation: generation.number }),
      ...(restarted !== undefined && { workersRestarted: restarted }),
      ...(slates.lost > 0 && { slatesLost: slates.lost }),
    };
  }

  /** Deletes a customer's ids and profile; what remains stands under a key that is nobody's. False where never seen. */
  forget(userId: string): Promise<boolean> {
    return this.#parts.store.forget(userId);
  }

  /** Requests that were taken are answered first; work on threads is stopped. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#answers.close();
    await this.#parts.work.close();
    await this.#parts.store.close();
    await (await this.#compute?.catch(() => undefined))?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #openCompute(): Promise<Compute> {
    this.#compute ??= this.#parts.openCompute();
    return this.#compute;
  }
}
