/** One evaluation at work: fits or takes from the cache, ranks, measures; its models share data, options and cache. */

import { ShelfwiseError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import type { FitData } from '../data/fit-data.ts';
import type { Scorer } from '../data/histories.ts';
import { ItemAttributes } from '../data/item-attributes.ts';
import { bootstrapIntervals, mean } from '../evaluation/bootstrap.ts';
import { type Case, protocolText, type Split } from '../evaluation/cases.ts';
import type { CompositeFitter, CompositeScorer } from '../evaluation/composite.ts';
import { type EvaluationTask, listDepth, type Measured, measure, taskMetrics } from '../evaluation/measure.ts';
import { rankCases } from '../evaluation/rank.ts';
import type { FitContext, ModelDefinition, Setting, Settings } from '../models/model.ts';
import { modelSettings } from '../models/registry.ts';
import { chooseSettings, type Tuning } from './choose-settings.ts';
import { definitionOf } from './evaluated-names.ts';
import type { EvaluationOptions, FitReport, ModelReport } from './evaluation-report.ts';
import { defaultCacheFolder, FitCache } from './fit-cache.ts';
import { RunFiles } from './run-files.ts';

export interface Examined {
  readonly report: ModelReport;
  readonly scorer: Scorer;
  readonly measured: Measured;
  readonly fit: FitReport;
  readonly tuning?: Tuning;
  readonly summary?: Readonly<Record<string, unknown>>;
}

interface Prepared extends Pick<Examined, 'fit' | 'tuning' | 'summary'> {
  readonly scorer: Scorer;
}

type Progress = (share: number, note?: string) => void;

export class EvaluationRun {
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
    this.protocol = protocolText(split.protocol, sampled);
    const grouped = split.test.some(({ group }) => group !== undefined);
    this.groups = grouped ? Int32Array.from(split.test, ({ group }, n) => group ?? -1 - n) : undefined;
  }

  /** @param plain - with the model's defaults, whatever was set or is to be chosen */
  async examine(name: string, from: number, to: number, plain = false): Promise<Examined> {
    const { test } = this.#split;
    const { sampled, signal } = this.#options;
    const fitted = from + 0.7 * (to - from);
    const prepared = await this.#prepare(name, this.#part(from, fitted), plain);
    const { itemCount } = prepared.scorer;
    if (itemCount !== this.#split.itemCount) {
      const message = `${name}: expected scores of ${this.#split.itemCount} items, got ${itemCount}.`;
      throw new ShelfwiseError('SW_MODEL_STATE', message, 'Fit it on the histories of this split.');
    }
    const scoring = this.#part(fitted, to);
    const ranked = await rankCases(prepared.scorer, test, {
      depth: listDepth,
      pastList: taskMetrics[this.#task].keys.includes('MRR'),
      signal,
      onProgress: (share) => scoring(share, `${name}: ranking ${test.length} cases`),
      ...(sampled !== undefined && { sample: sampler(test, itemCount, sampled, this.#seed) }),
    });
    const measured = measure(ranked, test, this.#split, this.#task, sampled === undefined);
    return { ...prepared, measured, report: this.#report(name, measured) };
  }

  async #prepare(name: string, progress: Progress, plain: boolean): Promise<Prepared> {
    const composite = this.#options.composites?.[name];
    if (composite && !plain) return this.#compose(name, composite, progress);
    const definition = definitionOf(name);
    const { settings, tune, tuningFits = 24 } = this.#options;
    const chosen = plain ? {} : (settings?.[name] ?? {});
    const start = modelSettings(definition, chosen);
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
    const { model, ...cost } = await this.#cache.fit(definition, dataOf(this.#split), complete, context);
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
      fitBase: async (base: string, data: FitData, chosen: Readonly<Record<string, Setting>> = {}) => {
        const definition = definitionOf(base);
        const given = { ...chosen, ...settings[base] };
        const key = `${base} ${JSON.stringify(given)}`;
        if (!tunedSettings.has(key)) tunedSettings.set(key, this.#settingsOfPart(definition, given, progress));
        const complete = await tunedSettings.get(key)!;
        const { model, ...cost } = await this.#cache.fit(definition, data, complete, this.#context());
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
    const start = modelSettings(definition, given);
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
    const { compute, signal, runsFolder } = this.#options;
    const runs = runsFolder === undefined ? undefined : new RunFiles(runsFolder);
    return {
      compute,
      seed: this.#seed,
      ...(runs && { runs }),
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    };
  }

  #part(from: number, to: number): Progress {
    return (share, note) => this.#options.onProgress?.(from + (to - from) * Math.min(1, Math.max(0, share)), note);
  }
}

/** What a model by itself may learn from. */
function dataOf({ train, attributes, vectors }: Split): FitData {
  const texts = vectors && { vectors };
  return {
    histories: train,
    ...texts,
    ...(attributes && { catalogue: { attributes: ItemAttributes.of(attributes) } }),
  };
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
