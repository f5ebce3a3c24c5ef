/**
 * The port of everything that scores items from behaviour. A definition fits a model from histories or loads it from
 * its saved state; the fitted model scores batches of queries and, where its form allows, takes a score apart.
 * One conformance suite (test/contract/model.ts) holds for all of them.
 */
import type { Histories, Query, Scorer } from '../data/histories.ts';
import type { DenseMath } from '../math/dense-math.ts';

export type Setting = number | string | boolean;
export type Settings = Readonly<Record<string, Setting>>;

/** One declared setting: its default, its bounds or choices, and the values a search on validation may try. */
export interface SettingSpec {
  readonly default: Setting;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly Setting[];
  /** Values worth trying when settings are chosen on validation data. */
  readonly search?: readonly Setting[];
  readonly doc: string;
}

/** The part of the machine that a fit may use. */
export interface Compute {
  readonly threads: number;
  readonly dense: DenseMath;
}

export interface FitContext {
  readonly compute: Compute;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Told the share of the work that is done, in [0, 1]. */
  readonly onProgress?: (share: number, note?: string) => void;
}

/** A model as it is saved: small settings as JSON, numbers as typed arrays. */
export interface ModelState {
  readonly meta: Readonly<Record<string, unknown>>;
  readonly arrays: Readonly<Record<string, Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array>>;
}

/** The part of a score that came from one position of the history. */
export interface Contribution {
  /** Position in `query.items`. */
  readonly position: number;
  readonly value: number;
}

export interface Model extends Scorer {
  readonly settings: Settings;
  /**
   * Takes the score of one item apart by history position. The values sum to the score within 1e-6 relative.
   * Absent where the model's form has no such exact parts.
   */
  explain?(query: Query, item: number): Contribution[];
  state(): ModelState;
}

export interface ModelDefinition {
  readonly name: string;
  /** One sentence and the source paper, for listings and cards. */
  readonly about: string;
  readonly settings: Readonly<Record<string, SettingSpec>>;
  /**
   * @param settings - complete and already checked against `settings`
   * @throws ShelfwiseError `SW_MODEL_LIMIT` where the data is too large or too small for this form
   */
  fit(histories: Histories, settings: Settings, context: FitContext): Promise<Model>;
  load(state: ModelState, compute: Compute): Promise<Model>;
}
