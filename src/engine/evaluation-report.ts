/** Options and report of an evaluation. */

import type { Interval, PairedDifference } from '../evaluation/bootstrap.ts';
import type { CompositeFitter } from '../evaluation/composite.ts';
import type { EvaluationTask } from '../evaluation/measure.ts';
import type { Seen } from '../evaluation/protocols/positions.ts';
import type { TemporalOptions } from '../evaluation/protocols/temporal.ts';
import type { Compute, Setting } from '../models/model.ts';
import type { Tuning } from './choose-settings.ts';
import type { FitCost } from './fit-cache.ts';
import type { RerankReport } from './training-report.ts';

/** Settings by model or composite: `{ 'item-knn': { neighbours: 100 } }`. */
export type SettingsByModel = Readonly<Record<string, Readonly<Record<string, Setting>>>>;

/** Options of every evaluation, whatever its data. */
export interface EvaluationOptions {
  /** A registered model or a name of `composites`. */
  readonly model: string;
  readonly settings?: SettingsByModel | undefined;
  /** Chooses settings that were not given on validation data, over the values that the model declares. */
  readonly tune?: boolean | undefined;
  /** Fits that the choice of settings may spend; 24 where absent. */
  readonly tuningFits?: number | undefined;
  /** `mask`: items of the query are no answers; by default so, except for sessions and shops. */
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
  /** Folder where trainings that go in steps tell their figures, as JSON lines and for TensorBoard. */
  readonly runsFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told the share of the work that is done, in [0, 1]. */
  readonly onProgress?: ((share: number, note?: string) => void) | undefined;
}

/** Options that decide how files are cut. */
export interface SplitOptions extends Pick<EvaluationOptions, 'seen' | 'seed'> {
  readonly task: 'sequence' | 'interactions' | 'session';
  readonly path: string;
  /** Only for sequences: fits on validation items too, once everything is chosen. */
  readonly refit?: boolean | undefined;
}

export interface FileEvaluationOptions extends EvaluationOptions, SplitOptions {
  /** Cross-validates the train items in so many parts and leaves the test alone; for interactions. */
  readonly folds?: number | undefined;
}

export interface ShopEvaluationOptions
  extends Omit<EvaluationOptions, 'composites'>,
    Pick<TemporalOptions, 'instant' | 'trainShare' | 'strangers'> {
  /** Asks the reranker of the settings about test cases, and says whether its word paid; for `selection`. */
  readonly rerank?: boolean | undefined;
}

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

/** By metric: the figure of each fold, and their standard deviation. */
export interface FoldsReport {
  readonly figures: Readonly<Record<string, readonly number[]>>;
  readonly deviations: Readonly<Record<string, number>>;
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
  /** Of a cross-validation; `metrics` are then means over the folds, without intervals. */
  readonly folds?: FoldsReport;
  /** A composite's own account. */
  readonly summary?: Readonly<Record<string, unknown>>;
  /** What the reranker is worth on the test cases; each half of the users is judged by a weight of the other half. */
  readonly rerank?: RerankReport;
  readonly against?: ModelReport & {
    readonly fit: FitReport;
    /** The model minus the other one, paired by case, with 95% intervals. */
    readonly differences: Readonly<Record<string, PairedDifference>>;
  };
}
