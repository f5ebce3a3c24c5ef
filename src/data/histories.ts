/**
 * The ground of behaviour models: one row of items per user (or per session), oldest first, in CSR layout.
 * Items and rows are dense indices; the catalogue and the person table keep their names.
 */
export interface Histories {
  readonly itemCount: number;
  /** Row r holds positions `offsets[r] .. offsets[r + 1] - 1`; shape `[rows + 1]`. */
  readonly offsets: Int32Array;
  /** Item index of each position; shape `[positions]`. */
  readonly items: Int32Array;
  /** Milliseconds since 1970 of each position, where the data has times; shape `[positions]`. */
  readonly times?: Float64Array;
  /** Strength of each position (1 where absent), ≥ 0; shape `[positions]`. */
  readonly weights?: Float32Array;
  /** Session code of each position where a row spans several; a session's positions are adjacent; shape `[positions]`. */
  readonly sessions?: Int32Array;
  /** Index into `eventKinds` of each position, where it is known; shape `[positions]`. */
  readonly kinds?: Uint8Array;
  /** False where the order inside a row means nothing (a plain user-item matrix). */
  readonly ordered: boolean;
}

/** All that is known of the shopper at the moment of asking. */
export interface Query {
  /** Items of the history, oldest first, repeats allowed; empty for a stranger. */
  readonly items: Int32Array;
  readonly times?: Float64Array;
  readonly weights?: Float32Array;
  /** Session code of each item, where the history spans several; the last one is the current session. */
  readonly sessions?: Int32Array;
  /** Index into `eventKinds` of each item, where it is known. */
  readonly kinds?: Uint8Array;
  /** Row of the fitted histories, for models that keep something per row; absent for a stranger. */
  readonly row?: number;
  /** Milliseconds since 1970 of the request. */
  readonly now?: number;
  /** Items in the cart, and items looked at; they stand at the end of the history as well. */
  readonly cart?: Int32Array;
  readonly viewing?: Int32Array;
  /** Whose prices and stock hold. */
  readonly place?: string;
  readonly device?: string;
  /** Of the page, as BCP 47 has it. */
  readonly language?: string;
  /** Where on the store the answer will stand. */
  readonly page?: string;
  /** What the shopper typed. */
  readonly text?: string;
  /** What that says, in the space of the items' vectors. */
  readonly textVector?: Float32Array;
  /** What the shop knows of the customer, by name. */
  readonly profile?: Readonly<Record<string, string>>;
}

/** Gives every item a score for each query; what evaluation and retrieval need of a model. */
export interface Scorer {
  readonly name: string;
  readonly itemCount: number;
  /**
   * Scores all items for a batch of queries; higher is better, only the order matters.
   *
   * @param out - shape `[queries.length, itemCount]`, row-major, overwritten entirely
   */
  score(queries: readonly Query[], out: Float32Array): Promise<void>;
}

export function rowCount(histories: Histories): number {
  return histories.offsets.length - 1;
}

/** Row `row` as a query that knows everything up to (not including) position `end`; by default the whole row. */
export function queryOfRow(histories: Histories, row: number, end: number = histories.offsets[row + 1]!): Query {
  const start = histories.offsets[row]!;
  return {
    row,
    items: histories.items.subarray(start, end),
    ...(histories.times && { times: histories.times.subarray(start, end) }),
    ...(histories.weights && { weights: histories.weights.subarray(start, end) }),
    ...(histories.sessions && { sessions: histories.sessions.subarray(start, end) }),
    ...(histories.kinds && { kinds: histories.kinds.subarray(start, end) }),
  };
}
