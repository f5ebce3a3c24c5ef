/**
 * The port of everything that scores items from what is known of a shopper. A definition fits a model or loads it from its
 * saved state; the fitted model answers in three ways that agree with each other: `retrieve`, its best items; `scoreItems`,
 * items that others brought; `score`, all items, for evaluation. The cost of the first two does not grow with the catalogue.
 *
 * Nearly every model is one of two forms and gets all three from it: neighbours (neighbour-form.ts), whose evidence is a
 * sparse sum, and vectors (vector-form.ts). What a model knows nothing of is `absent`, never a score of zero. One
 * conformance suite (test/contract/model.ts) holds for all of them.
 */

import { ShelfwiseError } from '../core/errors.ts';
import type { FitData, FitPart } from '../data/fit-data.ts';
import type { Query, Scorer } from '../data/histories.ts';
import type { Ranked } from '../math/best.ts';
import type { DenseMath } from '../math/dense-math.ts';
import type { GraphRunner } from '../math/graph-runner.ts';
import type { SettingSpecs, Settings, SettingsOf } from './settings.ts';
import type { Shelf } from './shelf.ts';

export type { Setting, SettingSpecs, Settings, SettingsOf } from './settings.ts';

/** The part of the machine that a fit may use. */
export interface Compute {
  readonly threads: number;
  readonly dense: DenseMath;
  /** What trains neural models; absent where ONNX Runtime is not installed. */
  readonly graphs?: GraphRunner;
}

export interface FitContext {
  readonly compute: Compute;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Told the share of the work that is done, in [0, 1]. */
  readonly onProgress?: (share: number, note?: string) => void;
  /** Where a long fit keeps what it has, so that the next one goes on from there; nothing is kept where absent. */
  readonly checkpoints?: Checkpoints;
  /** Where a training that goes in steps tells its figures; nowhere where absent. */
  readonly runs?: RunLog;
}

/** The port of what trainings tell as they go. */
export interface RunLog {
  /** A training begins. @returns what takes its records */
  begin(name: string): (record: RunRecord) => void;
}

export interface RunRecord {
  /** Steps made so far. */
  readonly step: number;
  /** Loss, rate and figures, by name. */
  readonly values: Readonly<Record<string, number>>;
}

/** The port of states of a fit that is under way. */
export interface Checkpoints {
  /** Milliseconds between two. */
  readonly everyMs: number;
  /** The newest that can be read. */
  read(): Promise<ModelState | undefined>;
  write(state: ModelState): Promise<void>;
  /** Forgets all: the fit is done. */
  clear(): Promise<void>;
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
   * Entries of tables and vectors that `retrieve` and `scoreItems` have read so far: what their cost is counted in.
   */
  readonly entriesRead: number;
  /**
   * The best items that there is evidence for, in the order of their scores.
   *
   * @param k - most items, an integer ≥ 0
   * @param shelf - what may be retrieved; everything where absent
   */
  retrieve(query: Query, k: number, shelf?: Shelf): Ranked;
  /**
   * Scores of given items, as `score` has them.
   *
   * @param items - item indices, shape `[n]`, each known to the model
   * @param out - shape `[n]`, overwritten; `absent` where there is no evidence
   */
  scoreItems(query: Query, items: Int32Array, out: Float32Array): void;
  /**
   * Takes the score of one item apart by history position. The values sum to the score within 1e-6 relative.
   * Absent where the model's form has no such exact parts.
   */
  explain?(query: Query, item: number): Contribution[];
  /**
   * Learns what an item is that came after the fit: a row that waited for one. Absent where the model asks nothing of it.
   *
   * @param attributes - ids as `FitData.catalogue` had them
   */
  describe?(item: number, attributes: Int32Array): void;
  /**
   * Learns what the texts of an item say that came, or was described anew, after the fit. Absent where the model reads none.
   *
   * @param vector - of the item in the space of `FitData.vectors`
   */
  locate?(item: number, vector: Float32Array): void;
  state(): ModelState;
}

export interface ModelDefinition {
  readonly name: string;
  /** One sentence and the source paper, for listings and cards. */
  readonly about: string;
  readonly settings: SettingSpecs;
  /** Parts of `FitData` without which it cannot be fitted. */
  readonly needs?: readonly FitPart[];
  /** Parts that it learns from as well where they are there. */
  readonly uses?: readonly FitPart[];
  /**
   * @param settings - complete and already checked against `settings`
   * @throws ShelfwiseError `SW_MODEL_LIMIT` where the data is too large or too small for this form, `SW_MODEL_DATA` where
   *   it lacks what the model needs
   */
  fit(data: FitData, settings: Settings, context: FitContext): Promise<Model>;
  load(state: ModelState, compute: Compute): Promise<Model>;
}

/** A definition whose `fit` and `load` get settings of the types that it declares. */
export function defineModel<const Specs extends SettingSpecs>(definition: {
  readonly name: string;
  readonly about: string;
  readonly settings: Specs;
  readonly needs?: readonly FitPart[];
  readonly uses?: readonly FitPart[];
  fit(data: FitData, settings: SettingsOf<Specs>, context: FitContext): Promise<Model>;
  load(state: ModelState, settings: SettingsOf<Specs>, compute: Compute): Promise<Model>;
}): ModelDefinition {
  return {
    ...definition,
    async fit(data, settings, context) {
      const missing = definition.needs?.find((part) => data[part] === undefined);
      if (missing === undefined) return definition.fit(data, settings as SettingsOf<Specs>, context);
      const message = `${definition.name}: expected \`${missing}\` to learn from, got none.`;
      throw new ShelfwiseError('SW_MODEL_DATA', message, 'Give the shop what it lacks, or leave the model out.');
    },
    load: (state, compute) => definition.load(state, state.meta['settings'] as SettingsOf<Specs>, compute),
  };
}
