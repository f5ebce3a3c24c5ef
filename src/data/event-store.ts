/**
 * The port of a shop's events: what is recorded is durable when it is answered, and what lives and what is sealed reads as
 * one.
 */
import type { Refused } from './door.ts';
import { eventFields, type FurtherField } from './event-fields.ts';
import type { EventKind, ShopEvent } from './events.ts';

/** The fate of one event of a batch. */
export type AppendResult = 'stored' | 'duplicate' | Refused;

/** Events that are meant; all conditions hold together. */
export interface EventFilter {
  readonly kinds?: readonly EventKind[];
  /** Milliseconds since 1970, inclusive. */
  readonly since?: number;
  /** Exclusive. */
  readonly until?: number;
  /** Only events of this person key. */
  readonly person?: number;
  readonly productId?: string;
  readonly eventIds?: readonly string[];
}

/** Events that `recentEvents` gives at most. */
export const recentEventsKept = 500;

/**
 * Events by columns; strings as codes into a dictionary. A person's events stand together, by time, then arrival. People
 * stand by what the data says: by the time of the first of these events, then by a hash of its id. So the same events give
 * the same columns in every shop, whatever random keys stand for the people.
 */
export interface EventColumns {
  readonly length: number;
  /** Random key that stands for the person (never the raw id). */
  readonly person: Float64Array;
  readonly time: Float64Array;
  /** Index into `eventKinds`. */
  readonly kind: Uint8Array;
  /** Index into `products`; -1 where the event has no product. */
  readonly product: Int32Array;
  readonly products: readonly string[];
  /** Dense session code; -1 where unknown. */
  readonly session: Int32Array;
  readonly quantity: Float32Array;
  /** NaN where unknown. */
  readonly priceMinor: Float64Array;
  /** Ratings and the values of feedback; NaN where there is none. */
  readonly value: Float32Array;
  readonly flags: Int32Array;
}

/** Texts as codes into a list of them, in order; -1 where there is none. */
export interface TextColumn {
  readonly codes: Int32Array;
  readonly values: readonly string[];
}

/** Columns that are read where they are asked for; -1 where there is no position. */
export type FurtherColumns = {
  readonly [Field in FurtherField]: (typeof eventFields)[Field]['type'] extends 'VARCHAR' ? TextColumn : Int32Array;
};

/** Events that are meant, and what is wanted of them beside what `EventColumns` holds. */
export interface EventRead<Field extends FurtherField = never> extends EventFilter {
  readonly columns?: readonly Field[];
}

export interface EventStore {
  /** Resolves when the events are durable (group commit); one answer per event, in order. */
  appendEvents(events: readonly ShopEvent[]): Promise<AppendResult[]>;
  /** Live and sealed events as one. */
  readEvents<Field extends FurtherField = never>(
    read?: EventRead<Field>,
  ): Promise<EventColumns & Pick<FurtherColumns, Field>>;
  /**
   * The newest events of a person that name a product, live and sealed, oldest first: what a request knows of the shopper.
   * Its cost grows with these events alone, whatever the shop holds beside them.
   */
  recentEvents(person: number): Promise<EventColumns>;

  /** What a person searched for last from `since` until `until`, both inclusive, milliseconds since 1970; of live events. */
  lastSearch(person: number, since: number, until: number): Promise<string | undefined>;

  /** Seals events older than `before`: they read as before, and cost less to keep. Returns how many. */
  seal(before: number): Promise<number>;
  /** Deletes events for ever, live and sealed; their ids may come again. Returns how many. */
  deleteEvents(filter: EventFilter): Promise<number>;
}

/** Further columns of rows that are named by the stored columns. */
export function furtherColumnsOf<Field extends FurtherField>(
  fields: readonly Field[],
  valuesOf: (column: (typeof eventFields)[Field]['column']) => ArrayLike<string | number | null>,
): Pick<FurtherColumns, Field> {
  const columns = fields.map((field) => {
    const { column, type } = eventFields[field];
    const values = valuesOf(column);
    return [
      field,
      type === 'VARCHAR' ? textColumn(values as ArrayLike<string | null>) : Int32Array.from(values, placeOf),
    ];
  });
  return Object.fromEntries(columns) as Pick<FurtherColumns, Field>;
}

const placeOf = (value: string | number | null): number => (value === null || Number.isNaN(value) ? -1 : Number(value));

function textColumn(texts: ArrayLike<string | null>): TextColumn {
  const codes = new Map<string, number>();
  for (let n = 0; n < texts.length; n++) if (texts[n] !== null) codes.set(texts[n]!, 0);
  const values = [...codes.keys()].sort();
  for (const [code, value] of values.entries()) codes.set(value, code);
  return { codes: Int32Array.from(texts, (text) => (text === null ? -1 : codes.get(text)!)), values };
}
