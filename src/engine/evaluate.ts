/**
 * Evaluates a model by its name under a task's protocol: reads and cuts the data, fits (or takes the fit from the
 * cache), ranks the whole catalogue for every test case, and reports metrics with intervals, popularity beside.
 */
import { ShelfwiseError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import { readInteractions } from '../data/formats/interaction-folder.ts';
import { readSequences } from '../data/formats/sequence-file.ts';
import { readSessions } from '../data/formats/session-folder.ts';
import type { Histories, Scorer } from '../data/histories.ts';
import type { EventColumns } from '../data/shop-store.ts';
import {
  bootstrapIntervals,
  denseGroups,
  type Interval,
  mean,
  type PairedDifference,
  pairedDifferences,
} from '../evaluation/bootstrap.ts';
import type { Case, Split } from '../evaluation/cases.ts';
import type { CompositeFitter, CompositeScorer } from '../evaluation/composite.ts';
import {
  type EvaluationTask,
  evaluationTasks,
  listDepth,
  type Measured,
  measure,
  taskMetrics,
} from '../evaluation/measure.ts';
import { givenSessions } from '../evaluation/protocols/given-sessions.ts';
import { givenUsers } from '../evaluation/protocols/given-users.ts';
import { leaveOneOut } from '../evaluation/protocols/leave-one-out.ts';
import type { Seen } from '../evaluation/protocols/positions.ts';
import { type ShopHistoryOptions, shopHistories } from '../evaluation/protocols/shop-events.ts';
import { type TemporalOptions, temporalSplit } from '../evaluation/protocols/temporal.ts';
import { rankCases } from '../evaluation/rank.ts';
import type { Compute, FitContext, ModelDefinition, Setting, Settings } from '../models/model.ts';
import { completeSettings, modelDefinitions } from '../models/registry.ts';
import { chooseSettings, type Tuning } from './choose-settings.ts';
import { defaultCacheFolder, FitCache, type FitCost } from './fit-cache.ts';

/** Settings by model or composite: `{ 'item-knn': { neighbours: 100 } }`. */
export type SettingsByModel = Readonly<Record<string, Readonly<Record<string, Setting>>>>;

/** What every evaluation takes, whatever it is cut from. */
export interface EvaluationOptions {
  /** A registered model or a name of `composites`. */
  readonly model: string;
  readonly settings?: SettingsByModel | undefined;
  /** Chooses settings that were not given on validation data, over the values that the model declares. */
  readonly tune?: boolean | undefined;
  /** Fits that the choice of settings may spend; 24 where absent. */
  readonly tuningFits?: number | undefined;
  /** Whether what the query holds may be an answer; by default masked, except for sessions and shops. */
  readonly seen?: Seen | undefined;
  /** Ranks targets among so many random other items; the whole catalogue where absent. */
  readonly sampled?: number | undefined;
  /** A second model, compared in pairs on the same cases. */
  readonly against?: string | undefined;
  readonly seed?: number | undefined;
  readonly compute: Compute;
  /** Where fits are kept; `defaultCacheFolder()` where absent, nowhere where false. */
  readonly cacheFolder?: string | false | undefined;
  /** Things made of several models, by their names. */
  readonly composites?: Readonly<Record<string, CompositeFitter>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told the share of the work that is done, in [0, 1]. */
  readonly onProgress?: ((share: number, note?: string) => void) | undefined;
}

export interface FileEvaluationOptions extends EvaluationOptions {
  readonly task: 'sequence' | 'interactions' | 'session';
  readonly path: string;
  /** Only for sequences: fits on validation items too, once everything is chosen. */
  readonly refit?: boolean | undefined;
}

export interface ShopEvaluationOptions
  extends EvaluationOptions,
    Pick<TemporalOptions, 'instant' | 'trainShare' | 'strangers'>,
    Pick<ShopHistoryOptions, 'weights' | 'targets'> {}

export interface FitReport extends FitCost {
  /** True where the model, or every part of a composite, came from the cache; the cost is then what it once took. */
  readonly reused: boolean;
  /** The complete settings; of a composite, what the user set. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface ModelReport {
  readonly model: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** 95% by bootstrap over users, of the metrics that are means over cases. */
  readonly intervals: Readonly<Record<string, Interval>>;
}

export interface EvaluationReport extends ModelReport {
  readonly task: EvaluationTask;
  readonly protocol: string;
  /** Distinct users (or sessions) of the test, the unit of resampling. */
  readonly users: number;
  readonly items: number;
  readonly cases: number;
  /** Of the whole evaluation. */
  readonly seconds: number;
  readonly seed: number;
  readonly baseline: ModelReport;
  readonly fit: FitReport;
  readonly tuning?: Tuning;
  /** What a composite says of itself. */
  readonly summary?: Readonly<Record<string, unknown>>;
  readonly against?: ModelReport & {
    readonly fit: FitReport;
    /** The model minus the other one, paired by case, with 95% intervals. */
    readonly differences: Readonly<Record<string, PairedDifference>>;
  };
}

/** Evaluates on a public data set's own files. @throws ShelfwiseError for unknown names and unreadable files */
export async function evaluate(options: FileEvaluationOptions): Promise<EvaluationReport> {
  const started = performance.now();
  checkNames(options);
  return evaluateSplit(await readSplit(options), options.task, options, started);
}

/** Evaluates on a shop's own events: a temporal split, every later visit a case, purchases the answers by default. */
export async function evaluateShop(events: EventColumns, options: ShopEvaluationOptions): Promise<EvaluationReport> {
  const started = performance.now();
  checkNames(options);
  const { weights, targets, instant, trainShare, strangers } = options;
  const shop = shopHistories(events, { weights, targets, seed: options.seed ?? 1 });
  const seen = options.seen ?? 'keep';
  const split = temporalSplit(shop.histories, { targets: shop.targets, seen, instant, trainShare, strangers });
  return evaluateSplit(split, 'shop', options, started);
}

/** The tasks that `evaluate` reads from files, cut as it cuts them. */
export async function readSplit(
  options: Omit<FileEvaluationOptions, keyof EvaluationOptions> & {
    readonly seen?: Seen | undefined;
    readonly seed?: number | undefined;
  },
): Promise<Split> {
  const { task, path, refit = false, seed = 1 } = options;
  if (refit && task !== 'sequence') {
    const message = `--refit: expected the task sequence, got ${task}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'The other tasks fit on all of train anyway: leave it out.');
  }
  switch (task) {
    case 'sequence': {
      const { histories, attributes } = await readSequences(path, seed);
      const split = leaveOneOut(histories, { seen: options.seen ?? 'mask', refit });
      return attributes ? { ...split, attributes } : split;
    }
    case 'interactions': {
      const { train, test } = await readInteractions(path, seed);
      return givenUsers(train, test, { seen: options.seen ?? 'mask', seed });
    }
    case 'session': {
      const { train, test } = await readSessions(path, seed);
      return givenSessions(train, test, { seen: options.seen ?? 'keep' });
    }
    default: {
      const message = `evaluate: expected a task of ${evaluationTasks.join(', ')}; got "${task}".`;
      throw new ShelfwiseError('SW_USAGE', message, 'Choose one of them.');
    }
  }
}

/** Evaluates on a split that is there already. */
export async function evaluateSplit(
  split: Split,
  task: EvaluationTask,
  options: EvaluationOptions,
  started: number = performance.now(),
): Promise<EvaluationReport> {
  checkNames(options);
  const seed = options.seed ?? 1;
  const run = new Run(split, task, options, seed);
  const against = options.against;
  const share = against === undefined ? 0.9 : 0.5;
  const first = await run.examine(options.model, 0, share);
  const second = against === undefined ? undefined : await run.examine(against, share, 0.95);
  const popular = options.model === 'popularity' ? first : await run.examine('popularity', 0.95, 1, true);
  const { groups } = run;
  return {
    task,
    model: options.model,
    protocol: run.protocol,
    users: groups ? denseGroups(groups).count : split.test.length,
    items: split.itemCount,
    cases: split.test.length,
    metrics: first.report.metrics,
    intervals: first.report.intervals,
    seconds: (performance.now() - started) / 1000,
    seed,
    baseline: popular.report,
    fit: first.fit,
    ...(first.tuning && { tuning: first.tuning }),
    ...(first.summary && { summary: first.summary }),
    ...(second && {
      against: {
        ...second.report,
        fit: second.fit,
        differences: pairedDifferences(first.measured.values, second.measured.values, { seed, groups }),
      },
    }),
  };
}

interface Examined {
  readonly report: ModelReport;
  readonly measured: Measured;
  readonly fit: FitReport;
  readonly tuning?: Tuning;
  readonly summary?: Readonly<Record<string, unknown>>;
}

interface Prepared extends Pick<Examined, 'fit' | 'tuning' | 'summary'> {
  readonly scorer: Scorer;
}

type Progress = (share: number, note?: string) => void;

/** One evaluation's data, options and cache, as its models share them. */
class Run {
  readonly protocol: string;
  /** User of each test case, where the protocol names them. */
  readonly groups: Int32Array | undefined;
  readonly #split: Split;
  readonly #task: EvaluationTask;
  readonly #options: EvaluationOptions;
  readonly #seed: number;
  readonly #cache: FitCache;

  constructor(split: Split, task: EvaluationTask, options: EvaluationOptions, seed: number) {
    const { sampled, cacheFolder = defaultCacheFolder() } = options;
    this.#split = split;
    this.#task = task;
    this.#options = options;
    this.#seed = seed;
    this.#cache = new FitCache(cacheFolder === false ? undefined : cacheFolder);
    this.protocol =
      sampled === undefined
        ? split.protocol
        : split.protocol.replace('full ranking', `ranking among ${sampled} sampled items`);
    const grouped = split.test.some(({ group }) => group !== undefined);
    this.groups = grouped ? Int32Array.from(split.test, ({ group }, n) => group ?? -1 - n) : undefined;
  }

  /** @param plain - with the model's defaults, whatever was set or is to be chosen */
  async examine(name: string, from: number, to: number, plain = false): Promise<Examined> {
    const { test } = this.#split;
    const { sampled, signal } = this.#options;
    const fitted = from + 0.7 * (to - from);
    const prepared = await this.#prepare(name, this.#part(from, fitted), plain);
    const scoring = this.#part(fitted, to);
    const ranked = await rankCases(prepared.scorer, test, {
      depth: listDepth,
      signal,
      onProgress: (share) => scoring(share, `${name}: ranking ${test.length} cases`),
      ...(sampled !== undefined && { sample: sampler(test, this.#split.itemCount, sampled, this.#seed) }),
    });
    const measured = measure(ranked, test, this.#split, this.#task, sampled === undefined);
    const { scorer: _, ...rest } = prepared;
    return { ...rest, measured, report: this.#report(name, measured) };
  }

  async #prepare(name: string, progress: Progress, plain: boolean): Promise<Prepared> {
    const composite = this.#options.composites?.[name];
    if (composite && !plain) return this.#compose(name, composite, progress);
    const definition = definitionOf(name);
    const { settings, tune, tuningFits = 24 } = this.#options;
    const chosen = plain ? {} : (settings?.[name] ?? {});
    const start = completeSettings(definition, chosen);
    const tuned =
      tune && !plain
        ? await chooseSettings(definition, start, new Set(Object.keys(chosen)), this.#split, {
            metric: taskMetrics[this.#task].main.at(-1)!,
            budget: tuningFits,
            cache: this.#cache,
            context: this.#context((share, note) => progress(share * 0.8, note)),
          })
        : undefined;
    const fitting: Progress = (share, note) => progress(tuned ? 0.8 + 0.2 * share : share, note);
    fitting(0, `fitting ${name}`);
    const complete = tuned?.settings ?? start;
    const context = this.#context((share, note) => fitting(share, note ?? `fitting ${name}`));
    const { model, ...cost } = await this.#cache.fit(definition, this.#split.train, complete, context);
    return { scorer: model, fit: { ...cost, settings: complete }, ...(tuned && { tuning: tuned }) };
  }

  async #compose(name: string, compose: CompositeFitter, progress: Progress): Promise<Prepared> {
    const { test: _, ...training } = this.#split;
    const settings = this.#options.settings ?? {};
    const started = performance.now();
    let reused = true;
    const tunedSettings = new Map<string, Promise<Settings>>();
    const context = this.#context(progress);
    const scorer: CompositeScorer = await compose(training, {
      ...context,
      settings,
      task: this.#task,
      fitBase: async (base: string, histories: Histories, chosen: Readonly<Record<string, Setting>> = {}) => {
        const definition = definitionOf(base);
        const given = { ...chosen, ...settings[base] };
        const key = `${base} ${JSON.stringify(given)}`;
        if (!tunedSettings.has(key)) tunedSettings.set(key, this.#settingsOfPart(definition, given, progress));
        const complete = await tunedSettings.get(key)!;
        const { model, ...cost } = await this.#cache.fit(definition, histories, complete, this.#context());
        reused &&= cost.reused;
        return model;
      },
    });
    const seconds = (performance.now() - started) / 1000;
    const peakMemoryBytes = process.resourceUsage().maxRSS * 1024;
    return {
      scorer,
      fit: { seconds, peakMemoryBytes, reused, settings: settings[name] ?? {} },
      ...(scorer.summary && { summary: scorer.summary }),
    };
  }

  async #settingsOfPart(
    definition: ModelDefinition,
    given: Readonly<Record<string, Setting>>,
    progress: Progress,
  ): Promise<Settings> {
    const start = completeSettings(definition, given);
    if (!this.#options.tune) return start;
    const tuning = await chooseSettings(definition, start, new Set(Object.keys(given)), this.#split, {
      metric: taskMetrics[this.#task].main.at(-1)!,
      budget: this.#options.tuningFits ?? 24,
      cache: this.#cache,
      context: this.#context((_, note) => progress(0, note)),
    });
    return tuning.settings;
  }

  #report(model: string, { values, figures }: Measured): ModelReport {
    const means = Object.entries(values).map(([key, column]) => [key, mean(column)] as const);
    const counted = means.filter(([, value]) => !Number.isNaN(value));
    const resampled = Object.fromEntries(counted.map(([key]) => [key, values[key]!]));
    return {
      model,
      metrics: { ...Object.fromEntries(counted), ...figures },
      intervals: bootstrapIntervals(resampled, { seed: this.#seed, groups: this.groups }),
    };
  }

  #context(onProgress?: Progress): FitContext {
    const { compute, signal } = this.#options;
    return { compute, seed: this.#seed, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  }

  #part(from: number, to: number): Progress {
    return (share, note) => this.#options.onProgress?.(from + (to - from) * Math.min(1, Math.max(0, share)), note);
  }
}

/** Random items beside the targets, without what is masked; a case's sample depends on the seed and its place only. */
function sampler(cases: readonly Case[], itemCount: number, count: number, seed: number): (n: number) => Int32Array {
  return (n) => {
    const { targets, masked } = cases[n]!;
    const taken = new Set([...targets, ...masked]);
    const wanted = Math.min(count, itemCount - taken.size);
    const random = new Random(seed ^ 0x5a3d1e, n);
    const drawn = new Int32Array(wanted);
    for (let d = 0; d < wanted; ) {
      const item = random.below(itemCount);
      if (taken.has(item)) continue;
      taken.add(item);
      drawn[d++] = item;
    }
    return drawn;
  };
}

function definitionOf(name: string): ModelDefinition {
  return modelDefinitions.find((definition) => definition.name === name) ?? unknownModel(name, []);
}

/** Before anything is read: every name must be known. */
function checkNames({ model, against, settings = {}, composites = {} }: EvaluationOptions): void {
  const names = new Set([...modelDefinitions.map((definition) => definition.name), ...Object.keys(composites)]);
  for (const name of [model, against, ...Object.keys(settings)]) {
    if (name !== undefined && !names.has(name)) unknownModel(name, Object.keys(composites));
  }
  for (const definition of modelDefinitions) completeSettings(definition, settings[definition.name]);
  const made = [model, against].some((name) => name !== undefined && Object.hasOwn(composites, name));
  const idle = Object.keys(settings).find((name) => name !== model && name !== against && !made);
  if (idle === undefined) return;
  const message = `--set: expected settings of ${[model, against].filter(Boolean).join(' or ')}, got some of ${idle}.`;
  throw new ShelfwiseError('SW_USAGE', message, 'Leave them out or name the model.');
}

function unknownModel(name: string, composites: readonly string[]): never {
  const names = [...modelDefinitions.map((definition) => definition.name), ...composites].join(', ');
  const message = `--model: expected one of ${names}; got "${name}".`;
  throw new ShelfwiseError('SW_MODEL_UNKNOWN', message, 'Choose one of them.');
}
