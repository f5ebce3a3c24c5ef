/**
 * A signal is a family of columns that say something about each candidate. Its training half (`fit`) and its serving
 * half (`write`) are declared together, and training cases are written by the same `write` as requests, so the two
 * cannot drift. Columns are free of scale: base models are refitted on more data after the weights were learned.
 */

import type { Histories, Query } from '../../data/histories.ts';
import type { ItemFacts } from '../../data/item-facts.ts';
import type { ItemVectors } from '../../data/item-vectors.ts';
import type { ModelState } from '../../models/model.ts';
import type { SignalReason } from '../explain/reason.ts';

/** The data that the training half may learn from. */
export interface SignalSources {
  readonly histories: Histories;
  readonly facts: ItemFacts;
  /** What the texts of the items say. */
  readonly vectors?: ItemVectors;
  /** Names of the base models, in the order of `SignalRequest.scores`. */
  readonly models: readonly string[];
  /** True where a later row was made later (sessions): the order of rows then stands for time. */
  readonly rowsInTimeOrder: boolean;
}

/** The query and candidates that the serving half writes about. */
export interface SignalRequest {
  readonly query: Query;
  /** Item indices, shape `[C]`. */
  readonly candidates: Int32Array;
  /** Score of each candidate by each base model, `absent` where it knows nothing of one; shape `[models, C]`. */
  readonly scores: Float32Array;
  /** Price of an item at the moment of the query, in the smallest unit, NaN where unknown. */
  readonly priceOf?: (item: number) => number;
}

export interface SignalColumn {
  readonly name: string;
  /** Named in reasons: a base model, or the signal itself. */
  readonly source: string;
}

/** How long a signal may be waited for. */
export interface SignalTime {
  /** Milliseconds that are left; Infinity while learning. */
  readonly leftMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface FittedSignal {
  readonly columns: readonly SignalColumn[];
  /**
   * Asks for what must be waited for; only a signal that looks elsewhere has it.
   *
   * @returns what `write` gets
   */
  prepare?(request: SignalRequest, time: SignalTime): Promise<unknown>;
  /**
   * Writes column n of candidate c to `out[c * stride + at + n]`.
   *
   * @param prepared - what `prepare` answered; undefined where it was late or failed: the columns then say that nothing is known
   */
  write(request: SignalRequest, out: Float32Array, stride: number, at: number, prepared?: unknown): void;
  /** Learns what an item is that came after the fit. @param attributes - ids as `SignalSources.facts` had them */
  describe?(item: number, attributes: Int32Array): void;
  /** Learns what the texts of an item say that came, or was described anew, after the fit. @param vector - as `SignalSources.vectors` has them */
  locate?(item: number, vector: Float32Array): void;
  state(): ModelState;
}

export interface SignalDefinition {
  readonly name: string;
  /** Why its columns speak for a candidate; absent where they say nothing that a shopper would understand. */
  readonly reason?: SignalReason;
  /** Absent where the data has nothing for this signal. */
  fit(sources: SignalSources): FittedSignal | undefined;
  load(state: ModelState): FittedSignal;
}

/** Names of the columns in order, from their parts. */
export function columnsOf(source: string, parts: readonly string[]): SignalColumn[] {
  return parts.map((part) => ({ name: `${source}.${part}`, source }));
}
