/**
 * Chooses a model's settings on validation cases by coordinate search over the values that its definition declares:
 * one setting after the other takes its best value with the others held, until a pass changes nothing or the budget of
 * fits is spent. The test is never looked at.
 */

import { ShelfwiseError } from '../core/errors.ts';
import { mean } from '../evaluation/bootstrap.ts';
import { protocolText, sampleCases, type TrainingSplit } from '../evaluation/cases.ts';
import { listDepth } from '../evaluation/measure.ts';
import { type RankingKey, rankingValues } from '../evaluation/metrics/by-key.ts';
import { rankCases } from '../evaluation/rank.ts';
import type { FitContext, ModelDefinition, Setting, Settings } from '../models/model.ts';
import type { FitCache } from './fit-cache.ts';

export interface Tuning {
  readonly settings: Settings;
  readonly metric: string;
  /** The metric on validation, with the chosen settings and with those that the search began at. */
  readonly chosen: number;
  readonly start: number;
  readonly fits: number;
  /** Fits at most. */
  readonly budget: number;
  readonly cases: number;
}

export interface TuningOptions {
  readonly metric: RankingKey;
  readonly budget: number;
  /** Validation cases used, a sample by seed where there are more. */
  readonly maxCases?: number;
  readonly cache: FitCache;
  readonly context: FitContext;
}

/**
 * @param start - complete settings the search begins at
 * @param fixed - names that the user set, which are left alone
 */
export async function chooseSettings(
  definition: ModelDefinition,
  start: Settings,
  fixed: ReadonlySet<string>,
  split: TrainingSplit,
  options: TuningOptions,
): Promise<Tuning> {
  const { metric, budget, cache, context } = options;
  if (split.validation.length === 0) {
    const message = `choosing settings of ${definition.name}: expected validation cases, found none.`;
    throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Give longer histories, or set the settings.');
  }
  const cases = sampleCases(split.validation, options.maxCases ?? 8000, context.seed, 0x7a5e);
  const figures = new Map<string, number>();
  const judge = async (settings: Settings): Promise<number> => {
    const key = JSON.stringify(settings);
    const known = figures.get(key);
    if (known !== undefined) return known;
    const quiet = { compute: context.compute, seed: context.seed, ...(context.signal && { signal: context.signal }) };
    const what = `${metric} on ${cases.length} validation cases, ${protocolText(split.protocol)}`;
    const figure = await cache.figure(what, definition, split.fitTrain, settings, quiet, async () => {
      const model = await definition.fit({ histories: split.fitTrain }, settings, quiet);
      const ranked = await rankCases(model, cases, {
        depth: listDepth,
        pastList: metric === 'MRR',
        signal: context.signal,
      });
      return mean(rankingValues(ranked, [metric])[metric]!);
    });
    figures.set(key, figure);
    context.onProgress?.(
      Math.min(1, figures.size / budget),
      `${definition.name}: choosing settings, ${figures.size} of ${budget} fits`,
    );
    return figure;
  };

  let best = start;
  let bestFigure = await judge(start);
  const searched = Object.entries(definition.settings).filter(([name, spec]) => spec.search && !fixed.has(name));
  for (let changed = true; changed && figures.size < budget; ) {
    changed = false;
    for (const [name, { search }] of searched) {
      for (const value of search as readonly Setting[]) {
        if (value === best[name] || figures.size >= budget) continue;
        const tried = { ...best, [name]: value };
        const figure = await judge(tried);
        if (figure <= bestFigure) continue;
        best = tried;
        bestFigure = figure;
        changed = true;
      }
    }
  }
  return {
    settings: best,
    metric,
    chosen: bestFigure,
    start: figures.get(JSON.stringify(start))!,
    fits: figures.size,
    budget,
    cases: cases.length,
  };
}
