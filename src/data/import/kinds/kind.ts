/**
 * A kind says what the rows of a known export mean: it recognises the file by its header and maps each raw row to events,
 * products, facts and profiles. Recognition and mapping of a kind stand in one file.
 */
import { ShelfwiseError } from '../../../core/errors.ts';
import type { TimedFact } from '../../catalogue.ts';
import type { EventKind, UserProfile } from '../../events.ts';
import type { FileFormat } from '../readers/open-rows.ts';
import type { RawRow } from '../readers/raw-row.ts';
import type { TimeFormat } from './parse-time.ts';

/** A file as it is known before its rows are mapped. */
export interface SourceShape {
  readonly name: string;
  readonly format: FileFormat;
  /** Undefined for trees. */
  readonly columns: readonly string[] | undefined;
  /** The first rows, for finding units and formats. */
  readonly sample: readonly RawRow[];
}

export interface KindOptions {
  /** Field to column (or dotted path in a tree), for the generic kind. */
  readonly map: Readonly<Record<string, string>>;
  /** ISO 4217, where the file does not say. */
  readonly currency?: string | undefined;
  /** Kind of event of a row that does not say it. */
  readonly event?: EventKind | undefined;
  readonly timeFormat?: TimeFormat | undefined;
  /** Offset of times that carry none, minutes east of UTC. */
  readonly utcOffsetMinutes: number;
  /** The import clock, milliseconds since 1970. */
  readonly now: number;
}

/** An event on its way in: missing texts are '', missing numbers NaN. Prices are in whole currency units. */
export interface EventDraft {
  kind: EventKind;
  eventId: string;
  time: number;
  userId: string;
  visitorId: string;
  sessionId: string;
  productId: string;
  variantId: string;
  quantity: number;
  price: number;
  currency: string;
  device: string;
  place: string;
  referrer: string;
  text: string;
  value: number;
  recommendationId: string;
  position: number;
  /** The product's title as the event's row gives it. */
  title: string;
}
export type EventField = Exclude<keyof EventDraft, 'kind'>;

/** A product as one row tells it; several rows of one product are united. */
export interface ProductDraft {
  readonly productId: string;
  readonly title?: string;
  readonly description?: string;
  readonly categories?: readonly (readonly string[])[];
  readonly brand?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly images?: readonly string[];
  readonly language?: string;
  readonly hidden?: boolean;
  readonly createdTime?: number;
  readonly variantId?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly gtin?: string;
}

/** Where a mapper puts what it reads. */
export interface RowSink {
  /** A blank event to fill; it counts from `emit` on. */
  begin(kind: EventKind): EventDraft;
  emit(): void;
  product(product: ProductDraft): void;
  fact(fact: TimedFact): void;
  user(profile: UserProfile): void;
}

export interface RowMapper {
  /** Event fields that the file can fill; none where its rows are no events. */
  readonly fields: readonly EventField[];
  /** True where one row may give several events. */
  readonly several?: boolean;
  /** Product ids that stand for postage, fees and adjustments. */
  readonly nonProducts?: RegExp;
  /** Assumptions on units and formats, for the report. */
  readonly notes?: readonly string[];
  /** @returns why the row cannot be read; '' where it can */
  map(row: RawRow, sink: RowSink): string;
}

export interface ImportKind {
  readonly name: string;
  /** One line for the guide and the messages. */
  readonly summary: string;
  recognises(source: SourceShape): boolean;
  /** @throws ShelfwiseError `SW_INPUT_FORMAT` naming the columns found and the fields that are missing */
  open(source: SourceShape, options: KindOptions): RowMapper;
}

/** Position of a column by its name, in any case and with `_`, `-` and blanks alike; -1 where absent. */
export function columnOf(columns: readonly string[], ...names: readonly string[]): number {
  for (const name of names) {
    const found = columns.findIndex((column) => plainName(column) === plainName(name));
    if (found >= 0) return found;
  }
  return -1;
}

/** @example plainName('Customer ID') // 'customerid' */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]+/g, '');
}

/** The error of a header that does not fit. */
export function headerError(source: SourceShape, kind: string, missing: readonly string[]): ShelfwiseError {
  const found = namesOf(source);
  const shown = found.length > 40 ? `${found.slice(0, 40).join(', ')} and ${found.length - 40} more` : found.join(', ');
  return new ShelfwiseError(
    'SW_INPUT_FORMAT',
    `${source.name}: expected the fields of kind ${kind}, got no ${missing.join(', no ')} among the columns ${shown || '(none)'}.`,
    'Say which column holds a field with `map`, or the kind of export with `kind`.',
    { columns: found.slice(0, 1000), missing, kind },
  );
}

/** Columns of a table, or the top names of a tree's first value. */
export function namesOf(source: SourceShape): readonly string[] {
  if (source.columns) return source.columns;
  const value = source.sample[0]?.value;
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
