/**
 * The port through which something made of several models (a learned choice, a whole selection) is evaluated like one
 * model. It sees the training side of a split only, fits its parts through `fitBase` (which caches them and lays the
 * chosen settings over their defaults) and returns one scorer.
 */
import type { FitData } from '../data/fit-data.ts';
import type { Scorer } from '../data/histories.ts';
import type { DenseMath } from '../math/dense-math.ts';
import type { TrainingSplit } from './cases.ts';

export type ChosenSettings = Readonly<Record<string, number | string | boolean>>;

export interface CompositeContext {
  readonly compute: { readonly threads: number; readonly dense: DenseMath };
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Told the share of the work that is done, in [0, 1]. */
  readonly onProgress?: (share: number, note?: string) => void;
  /** Settings of the user, by model or composite: `settings.learned.models` for the models of `learned`. */
  readonly settings: Readonly<Record<string, ChosenSettings>>;
  /** The task: sequence, interactions, session, or shop. */
  readonly task: string;
  /**
   * Fits one registered model with the user's settings for it, or takes it from the cache where the same data,
   * settings and seed were fitted before. What it returns is the fitted `Model` of src/models.
   *
   * @param data - over `split.fitTrain` while weights are learned, `split.train` for the scorer that is returned
   */
  fitBase(name: string, data: FitData, chosen?: ChosenSettings): Promise<Scorer>;
}

/**
 * Learns on `split.fitTrain` and `split.validation`, then fits its parts on `split.train` (the same object where nothing
 * was held out of it) and returns what scores the test. Masked and seen items are the evaluation's business.
 */
export type CompositeFitter = (split: TrainingSplit, context: CompositeContext) => Promise<CompositeScorer>;

export interface CompositeScorer extends Scorer {
  /** For the report: chosen weights, parts, figures on validation. */
  readonly summary?: Readonly<Record<string, unknown>>;
}
