/**
 * A kind says what the rows of a known export mean: it recognises the file by its header and maps each raw row to events,
 * products, facts and profiles. Recognition and mapping of a kind stand in one file.
 */
import { ShelfwiseError } from '../../../core/errors.ts';
import type { TimedFact } from '../../catalogue.ts';
import type { DraftField } from '../../event-fields.ts';
import type { EventKind, UserProfile } from '../../events.ts';
import type { FileFormat } from '../readers/open-rows.ts';
import type { RawRow } from '../readers/raw-row.ts';
import type { Field, Role } from './fields.ts';
import type { TimeFormat } from './parse-time.ts';
import type { OrderFate } from './words.ts';

/** A file as it is known before its rows are mapped. */
export interface SourceShape {
  readonly name: string;
  /** As the caller named it. */
  readonly path?: string;
  readonly format: FileFormat;
  /** The layout by which a file without a header got the names of its columns. */
  readonly headerless?: string | undefined;
  /** Undefined for trees. */
  readonly columns: readonly string[] | undefined;
  /** The first rows, for finding units and formats. */
  readonly sample: readonly RawRow[];
}

export interface KindOptions {
  /** Field to column (or dotted path in a tree), for the generic kind. */
  readonly map: Readonly<Record<string, string>>;
  /** What the rows are, for the generic kind; found out where absent. */
  readonly role?: Role | undefined;
  /** Names of events that are the caller's own; `ignore` for those that say nothing. */
  readonly eventNames?: Readonly<Record<string, EventKind | 'ignore'>> | undefined;
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
export type EventDraft = { kind: EventKind } & {
  [Field in DraftField<'text' | 'coded'>]: string;
} & { [Field in DraftField<'number'>]: number } & {
  price: number;
  /** The product's title as the event's row gives it. */
  title: string;
};
export type EventField = Exclude<keyof EventDraft, 'kind'>;

/** A product as one row tells it; several rows of one product are united. */
export interface ProductDraft {
  readonly productId: string;
  readonly title?: string;
  readonly description?: string;
  readonly categories?: readonly (readonly string[])[];
  /** The categories take the place of those of earlier rows. */
  readonly replacesCategories?: boolean;
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

/** Another id of a product, or of one of its variants, by which files of the same import may name it. */
export interface OtherId {
  readonly id: string;
  readonly productId: string;
  readonly variantId?: string;
}

/** What an id of an attribute or category is called, or which one it belongs to. */
export interface NamedId {
  readonly attribute: string;
  readonly id: string;
  readonly name: string;
  readonly parent: string;
}

/** An order whose lines stand in another file; missing texts are '', missing numbers NaN. */
export interface OrderDraft {
  readonly orderId: string;
  readonly userId: string;
  readonly visitorId: string;
  readonly time: number;
  readonly currency: string;
  readonly device: string;
  readonly place: string;
  readonly referrer: string;
  /** As the file has it. */
  readonly status: string;
  readonly fate: OrderFate;
  /** Place among its person's orders, and days since the one before, where there are no times. */
  readonly sequence: number;
  readonly daysSince: number;
}

/** Cleaning steps that are decided while a row is read. */
export const earlySteps = ['unknown-events', 'unsold-orders'] as const;
export type EarlyStep = (typeof earlySteps)[number];

/** Where a mapper puts what it reads. */
export interface RowSink {
  /** Sets the row aside, for a reason that is no fault of its form. @returns false where that step is switched off */
  setAside(step: EarlyStep, reason: string): boolean;
  order(order: OrderDraft): void;
  /** Another id of a person, as an order has it. */
  alias(other: string, userId: string): void;
  otherId(other: OtherId): void;
  /** A product that is a variant of another. */
  variation(productId: string, variantId: string, options: Readonly<Record<string, string>>): void;
  name(named: NamedId): void;
  /** A blank event to fill; it counts from `emit` on. */
  begin(kind: EventKind): EventDraft;
  emit(): void;
  product(product: ProductDraft): void;
  fact(fact: TimedFact): void;
  user(profile: UserProfile): void;
}

export interface RowMapper {
  /** What the rows are; absent where one file holds several things. */
  readonly role?: Role;
  /** Name of the layout, where it says more than the kind. */
  readonly layout?: string;
  /** Columns by the field that they fill. */
  readonly used?: Partial<Readonly<Record<Field, readonly string[]>>>;
  /** Columns that nothing is made of. */
  readonly unused?: readonly string[];
  /** What the rows lack and another file of the import has to bring. */
  readonly needs?: 'orders';
  /** Of prices that do not say it, by the layout. */
  readonly currency?: string;
  /** `sessionId` is an order's number: a line of it is known by that, its product and its place among them. */
  readonly orderLines?: boolean;
  /** Equal rows are each a sale of their own. */
  readonly everyRowCounts?: boolean;
  /** Notes that are known once all rows were read. */
  late?(): readonly string[];
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

/** Columns of a table, or the top names of a tree's first values. */
export function namesOf(source: SourceShape): readonly string[] {
  if (source.columns) return source.columns;
  const names = new Set<string>();
  for (const { value } of source.sample.slice(0, 100))
    if (typeof value === 'object' && value !== null) for (const name of Object.keys(value)) names.add(name);
  return [...names];
}
