/**
 * Answers requests for slates from what is in memory: the trained generation, the catalogue as it follows its changes, the
 * settings; each read when it is first needed and again when it is another.
 */
import { WatchedFile } from '../core/watched-file.ts';
import { searchHoldsMs } from '../data/searches.ts';
import { itemIndex, shopHistories } from '../data/shop-histories.ts';
import type { ShopStore } from '../data/shop-store.ts';
import type { LoggedSlate, SlateLog } from '../data/slate-log.ts';
import type { Compute } from '../models/model.ts';
import { popularity } from '../models/popularity.ts';
import { modelSettings } from '../models/registry.ts';
import type { StateSource } from '../models/state-file.ts';
import { CatalogueView } from './catalogue-view.ts';
import { configPath, readConfig, type ShopConfig } from './config.ts';
import { type OpenEncoder, ServingContent } from './content.ts';
import type { Fallback } from './fallbacks.ts';
import { recommend } from './recommend.ts';
import type { Recommendation, RecommendRequest } from './recommendation.ts';
import type { RequestTime } from './request-time.ts';
import { type OpenReranking, openedOnce, type ServingRerank } from './rerank-stage.ts';
import { type Scenario, scenarioNamed } from './scenario.ts';
import { ServingModels } from './serving-models.ts';
import { Trends } from './trends.ts';

/** The port of answering: on the caller's thread, or on several that take turns. */
/** An answer as JSON, made where it was chosen, and what is counted of it. */
export interface AnswerJson {
  /** UTF-8. */
  readonly json: Uint8Array<ArrayBuffer>;
  readonly generation?: number;
  /** Codes of what was missing. */
  readonly fellBack: readonly string[];
}

const encoder = new TextEncoder();

export function answerJson(answer: Recommendation): AnswerJson {
  const { generation, fellBack } = answer;
  return {
    json: encoder.encode(JSON.stringify(answer)),
    ...(generation !== undefined && { generation }),
    fellBack: fellBack.map(({ code }) => code),
  };
}

export interface Answers {
  /** @param moment - of the request, milliseconds since 1970 */
  recommend(request: RecommendRequest, moment: number, time: RequestTime): Promise<Recommendation>;
  /** As `recommend`, for whoever only passes the answer on. */
  recommendJson(request: RecommendRequest, moment: number, time: RequestTime): Promise<AnswerJson>;
  /** Resolves once the current generation answers, where one has answered before. */
  renewed(): Promise<void>;
  /** Ends once all requests that were taken are answered. */
  close(): Promise<void>;
  /** Threads that died and were replaced; absent where none is used. */
  readonly restarted?: number;
}

export interface AnsweringParts {
  readonly folder: string;
  readonly store: ShopStore;
  /** As `shelfwise.json` says at the opening. */
  readonly config: ShopConfig;
  openCompute(): Promise<Compute>;
  /** Where it is noted what was shown. */
  readonly slates?: SlateLog;
  /** Where saved models come from; their files by default. */
  readonly states?: StateSource;
  /** Opens what reads texts; none are read where absent. */
  readonly openEncoder?: OpenEncoder;
  /** Opens what judges the likeliest candidates once more; nothing does where absent. */
  readonly openReranking?: OpenReranking;
}

/** Products that a request names by their own ids or by codes of their variants. */
function byProducts(request: RecommendRequest, { codes }: CatalogueView): RecommendRequest {
  const named = (['viewing', 'cart', 'exclude'] as const).flatMap((field) => {
    const ids = request[field];
    return ids ? [[field, ids.map((id) => codes.productOf(id))] as const] : [];
  });
  return { ...request, ...Object.fromEntries(named) };
}

/** What an untrained shop shows most is looked up again after this time. */
const mostChosenAgeMs = 60_000;
/** Products that an untrained shop has in order. */
const mostChosenCount = 1000;

interface Settings {
  readonly config: ShopConfig;
  readonly fellBack: readonly Fallback[];
}

export class Answering implements Answers {
  readonly #parts: AnsweringParts;
  readonly #models: ServingModels;
  readonly #configFile: WatchedFile;
  #read: Promise<Settings> | undefined;
  /** The last that could be read. */
  #config: ShopConfig;
  /** Loading, or following what changed; shared by all who wait for it. */
  #view: Promise<CatalogueView> | undefined;
  readonly #trends: Trends;
  readonly #reranking: OpenReranking | undefined;
  /** Of the newest request. */
  #moment = 0;
  #mostChosen: { readonly products: Promise<readonly string[]>; readonly time: number } | undefined;
  readonly #running = new Set<Promise<unknown>>();

  constructor(parts: AnsweringParts) {
    const { openEncoder } = parts;
    this.#parts = parts;
    this.#config = parts.config;
    this.#trends = new Trends(parts.store);
    this.#reranking = parts.openReranking && openedOnce(parts.openReranking);
    this.#configFile = new WatchedFile(configPath(parts.folder));
    this.#models = new ServingModels({
      folder: parts.folder,
      openCompute: () => parts.openCompute(),
      ...(parts.states && { states: parts.states }),
      ...(openEncoder && {
        contentOf: (folder, record) => new ServingContent(folder, record, { openEncoder, store: parts.store }),
      }),
      prepare: async (generation, before) => generation.ready(await this.#catalogue(this.#moment), before),
    });
  }

  recommend(request: RecommendRequest, moment: number, time: RequestTime): Promise<Recommendation> {
    const answer = this.#answer(request, moment, time);
    this.#running.add(answer);
    const done = (): void => void this.#running.delete(answer);
    answer.then(done, done);
    return answer;
  }

  async recommendJson(request: RecommendRequest, moment: number, time: RequestTime): Promise<AnswerJson> {
    return answerJson(await this.recommend(request, moment, time));
  }

  renewed(): Promise<void> {
    return this.#models.renewed();
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#running);
    await this.#parts.slates?.close();
  }

  async #answer(request: RecommendRequest, moment: number, time: RequestTime): Promise<Recommendation> {
    time.throwIfAborted();
    this.#moment = moment;
    const { store } = this.#parts;
    const [settings, view, serving] = await Promise.all([
      this.#settings(),
      this.#catalogue(moment),
      this.#models.now(),
    ]);
    const id = {
      ...(request.user !== undefined && { userId: request.user }),
      ...(request.visitor !== undefined && { visitorId: request.visitor }),
    };
    const scenario = scenarioNamed(request.scenario ?? 'home', settings.config.scenarios);
    const person = request.personalise === false ? undefined : await store.personOf(id);
    const events = person === undefined ? undefined : view.codes.resolve(await store.recentEvents(person));
    const searched =
      person === undefined || request.text !== undefined
        ? undefined
        : await store.lastSearch(person, moment - searchHoldsMs, moment);
    const known = person === undefined || request.user === undefined ? undefined : await store.user(request.user);
    const { generation } = serving;
    const mostChosen = generation ? undefined : await this.#chosenMost(moment, settings.config, view);
    const fellBack = [...settings.fellBack, ...serving.fellBack];
    const { slates } = this.#parts;
    const days = settings.config.slateLogDays;
    const context = {
      ...{ view, config: settings.config, scenario, now: moment, events, fellBack, person },
      trending: () => this.#trends.products(moment, settings.config.eventWeights, view.codes),
      ...(slates && days > 0 && { note: (slate: LoggedSlate) => slates.add(slate, days) }),
      ...(mostChosen && { mostChosen }),
      ...(searched !== undefined && { searched }),
      ...(known && { profile: known.attributes }),
      ...this.#rerank(settings.config, scenario, request.ahead),
    };
    return recommend(generation, byProducts(request, view), context, time);
  }

  #rerank({ rerank: choice }: ShopConfig, scenario: Scenario, ahead = false): { rerank?: ServingRerank } {
    const open = this.#reranking;
    if (!open || choice === 'none' || scenario.rerank === false) return {};
    return { rerank: { choice, store: this.#parts.store, open: () => open(choice), isAhead: ahead } };
  }

  async #catalogue(time: number): Promise<CatalogueView> {
    const { store } = this.#parts;
    const version = await store.catalogueVersion();
    const before = this.#view;
    const known = await before?.catch(() => undefined);
    if (known?.isOf(version, time)) return known;
    // Another request may have begun meanwhile.
    if (this.#view !== before) return this.#view!;
    const loading = (async () =>
      known && (await known.follow(store, time)) ? known : CatalogueView.load(store, time))();
    this.#view = loading;
    loading.catch(() => {
      if (this.#view === loading) this.#view = known && Promise.resolve(known);
    });
    return loading;
  }

  /** A file that is being saved, or is wrong, leaves the settings before in place. */
  #settings(): Promise<Settings> {
    if (this.#configFile.isSame() && this.#read) return this.#read;
    this.#read = readConfig(this.#parts.folder).then(
      (config) => {
        this.#config = config;
        return { config, fellBack: [] };
      },
      (error: Error): Settings => {
        const text = `The settings before hold: ${error.message}`;
        return { config: this.#config, fellBack: [{ code: 'settings_kept', text }] };
      },
    );
    return this.#read;
  }

  /** Shared by all who ask at once. */
  #chosenMost(time: number, config: ShopConfig, view: CatalogueView): Promise<readonly string[]> {
    const known = this.#mostChosen;
    if (known && time - known.time < mostChosenAgeMs) return known.products;
    const made = { products: this.#countMostChosen(config, view), time };
    this.#mostChosen = made;
    made.products.catch(() => {
      if (this.#mostChosen === made) this.#mostChosen = known;
    });
    return made.products;
  }

  async #countMostChosen({ eventWeights: weights, seed }: ShopConfig, view: CatalogueView): Promise<readonly string[]> {
    const events = view.codes.resolve(await this.#parts.store.readEvents());
    const index = itemIndex(events.products, seed);
    const { histories } = shopHistories(events, index, { weights });
    const context = { compute: await this.#parts.openCompute(), seed };
    const model = await popularity.fit({ histories }, modelSettings(popularity), context);
    const { items } = model.retrieve({ items: new Int32Array(0) }, Math.min(mostChosenCount, index.products.length));
    return [...items].map((item) => index.products[item]!);
  }
}
