/**
 * The one table of what an event says: from it come the type of an event, the rules of the door, the columns of staged,
 * stored and read events, and the draft that an import fills. A field that is added here goes the whole way.
 */
import type { ColumnType } from './analytics.ts';
import type { limits } from './limits.ts';

/** Meaning of a value, which gives its range. */
export type FieldMeaning = 'id' | 'kind' | 'time' | 'name' | 'currency' | 'text' | 'amount' | 'count';

interface FieldSpec {
  readonly meaning: FieldMeaning;
  /** In SQL, while it is staged. */
  readonly column: string;
  readonly type: ColumnType;
  readonly required?: true;
  /** Names the greatest size of a number, either side of 0 for amounts. */
  readonly most?: keyof typeof limits;
  /**
   * How it is stored, where not as it is staged: a person's ids become a key, a session's a hash, and the visitor's id
   * has been joined to the person by then.
   */
  readonly stored?: { readonly column: string; readonly type: ColumnType } | 'nowhere';
  /** How an import holds it while it reads: texts that repeat as codes; not at all where cleaning makes it. */
  readonly draft: 'coded' | 'text' | 'number' | 'kind' | 'none';
}

export const eventFields = {
  /** Unique for ever: an event that comes twice is stored once. */
  eventId: { meaning: 'id', column: 'event_id', type: 'VARCHAR', required: true, draft: 'text' },
  kind: { meaning: 'kind', column: 'kind', type: 'VARCHAR', required: true, draft: 'kind' },
  /** Milliseconds since 1970. */
  time: { meaning: 'time', column: 'time', type: 'BIGINT', required: true, draft: 'number' },
  /** The signed-in customer. */
  userId: {
    meaning: 'id',
    column: 'user_id',
    type: 'VARCHAR',
    stored: { column: 'person', type: 'BIGINT' },
    draft: 'text',
  },
  /** The anonymous visitor (a cookie); joined to the customer when both are seen together. */
  visitorId: { meaning: 'id', column: 'visitor_id', type: 'VARCHAR', stored: 'nowhere', draft: 'text' },
  sessionId: {
    meaning: 'id',
    column: 'session_id',
    type: 'VARCHAR',
    stored: { column: 'session', type: 'BIGINT' },
    draft: 'text',
  },
  productId: { meaning: 'id', column: 'product_id', type: 'VARCHAR', draft: 'coded' },
  variantId: { meaning: 'id', column: 'variant_id', type: 'VARCHAR', draft: 'coded' },
  quantity: { meaning: 'amount', column: 'quantity', type: 'DOUBLE', most: 'quantity', draft: 'number' },
  /** Price paid for one unit, in the smallest unit of the currency. */
  priceMinor: { meaning: 'amount', column: 'price_minor', type: 'BIGINT', most: 'priceMinor', draft: 'none' },
  currency: { meaning: 'currency', column: 'currency', type: 'VARCHAR', draft: 'coded' },
  device: { meaning: 'name', column: 'device', type: 'VARCHAR', draft: 'coded' },
  place: { meaning: 'name', column: 'place', type: 'VARCHAR', draft: 'coded' },
  referrer: { meaning: 'text', column: 'referrer', type: 'VARCHAR', draft: 'text' },
  /** Search words, review text. */
  text: { meaning: 'text', column: 'text', type: 'VARCHAR', draft: 'text' },
  /** Rating or the value of a feedback. */
  value: { meaning: 'amount', column: 'value', type: 'DOUBLE', most: 'value', draft: 'number' },
  /** The slate that this event answers, and the place on it (from 0). */
  recommendationId: { meaning: 'id', column: 'recommendation_id', type: 'VARCHAR', draft: 'text' },
  position: { meaning: 'count', column: 'position', type: 'INTEGER', most: 'position', draft: 'number' },
  /** Cleaning notes, a bit set (`eventFlags`). */
  flags: { meaning: 'count', column: 'flags', type: 'INTEGER', most: 'flags', draft: 'none' },
} as const;

type Fields = typeof eventFields;
export type EventFieldName = keyof Fields;

const checked: Readonly<Record<EventFieldName, FieldSpec>> = eventFields;
export const eventFieldList: readonly (readonly [EventFieldName, FieldSpec])[] = Object.entries(checked) as [
  EventFieldName,
  FieldSpec,
][];

/** Fields by how an import holds them. */
export type DraftField<Draft extends FieldSpec['draft']> = {
  [Name in EventFieldName]: Fields[Name]['draft'] extends Draft ? Name : never;
}[EventFieldName];

export function draftFields<Draft extends FieldSpec['draft']>(draft: Draft): readonly DraftField<Draft>[] {
  return eventFieldList.flatMap(([name, spec]) => (spec.draft === draft ? [name as DraftField<Draft>] : []));
}

/** Fields that columns of events hold only where they are asked for. */
export const furtherFields = [
  'eventId',
  'variantId',
  'currency',
  'device',
  'place',
  'referrer',
  'text',
  'recommendationId',
  'position',
] as const;
export type FurtherField = (typeof furtherFields)[number];

type StagedColumn = Fields[EventFieldName]['column'];
/** Columns of a clean, staged events table, as `commitImport` expects it. */
export const stagedEventColumns: Readonly<Record<StagedColumn, ColumnType>> = Object.fromEntries(
  eventFieldList.map(([, { column, type }]) => [column, type]),
) as Record<StagedColumn, ColumnType>;

type StoredColumnOf<Field> = Field extends { readonly stored: { readonly column: infer Column extends string } }
  ? Column
  : Field extends { readonly stored: 'nowhere' }
    ? never
    : Field extends { readonly column: infer Column extends string }
      ? Column
      : never;
export type StoredEventColumn = 'arrival' | StoredColumnOf<Fields[EventFieldName]>;

/** Columns of a stored event, live and sealed alike; `arrival` orders events of one person and time. */
export const storedEventColumns: Readonly<Record<StoredEventColumn, ColumnType>> = {
  arrival: 'BIGINT',
  ...Object.fromEntries(
    eventFieldList.flatMap(([, { column, type, stored = { column, type } }]) =>
      stored === 'nowhere' ? [] : [[stored.column, stored.type]],
    ),
  ),
} as Record<StoredEventColumn, ColumnType>;
export const storedColumnNames = Object.keys(storedEventColumns) as readonly StoredEventColumn[];
