/**
 * A signal is a family of columns that say something about each candidate. Its training half (`fit`) and its serving
 * half (`write`) are declared together, and training cases are written by the same `write` as requests, so the two
 * cannot drift. Columns are free of scale: base models are refitted on more data after the weights were learned.
 */
import type { Histories, Query } from '../../data/histories.ts';
import type { ItemFacts } from '../../data/item-facts.ts';
import type { ModelState } from '../../models/model.ts';

/** The data that the training half may learn from. */
export interface SignalSources {
  readonly histories: Histories;
  readonly facts: ItemFacts;
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

export interface FittedSignal {
  readonly columns: readonly SignalColumn[];
  /** Writes column n of candidate c to `out[c * stride + at + n]`. */
  write(request: SignalRequest, out: Float32Array, stride: number, at: number): void;
  state(): ModelState;
}

export interface SignalDefinition {
  readonly name: string;
  /** Absent where the data has nothing for this signal. */
  fit(sources: SignalSources): FittedSignal | undefined;
  load(state: ModelState): FittedSignal;
}

/** Names of the columns in order, from their parts. */
export function columnsOf(source: string, parts: readonly string[]): SignalColumn[] {
  return parts.map((part) => ({ name: `${source}.${part}`, source }));
}
