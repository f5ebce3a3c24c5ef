/**
 * The port behind a shop's data: live rows that commit in groups, sealed segments of the past, both read as one.
 * Implemented by src/adapters/sqlite (with DuckDB over the sealed Parquet); every adapter passes
 * test/contract/shop-store.ts.
 */
import type { Analytics } from './analytics.ts';
import type { FormerDescription, Product, TimedFact } from './catalogue.ts';
import type { Refused } from './door.ts';
import type { EventKind, ShopEvent, UserProfile } from './events.ts';

/** The fate of one event of a batch. */
export type AppendResult = 'stored' | 'duplicate' | Refused;
/** The fate of one row of a batch. */
export type PutResult = 'stored' | Refused;

/** Columns of a clean, staged events table, as `commitImport` expects it: the fields of ShopEvent in snake case. */
export const stagedEventColumns = {
  event_id: 'VARCHAR',
  kind: 'VARCHAR',
  time: 'BIGINT',
  user_id: 'VARCHAR',
  visitor_id: 'VARCHAR',
  session_id: 'VARCHAR',
  product_id: 'VARCHAR',
  variant_id: 'VARCHAR',
  quantity: 'DOUBLE',
  price_minor: 'BIGINT',
  currency: 'VARCHAR',
  device: 'VARCHAR',
  place: 'VARCHAR',
  referrer: 'VARCHAR',
  text: 'VARCHAR',
  value: 'DOUBLE',
  recommendation_id: 'VARCHAR',
  position: 'INTEGER',
  flags: 'INTEGER',
} as const;

/** One cleaning step's account of an import. */
export interface CleaningCount {
  readonly step: string;
  /** Rows of the raw input that match the step's rule. */
  readonly matched: number;
  /** Rows that the step really changed or set aside (an earlier step may have taken some). */
  readonly acted: number;
  readonly action: 'set-aside' | 'repaired' | 'flagged' | 'paired';
}

/** How one file was read. */
export interface FileReading {
  readonly file: string;
  readonly kind: string;
  /** What its rows are, where they are one thing. */
  readonly role?: string;
  /** Column (or path of a tree) by field. */
  readonly columns: Readonly<Record<string, string>>;
  /** Columns that nothing was made of. */
  readonly unused: readonly string[];
  /** Of the text, where it is not UTF-8. */
  readonly encoding?: string;
}

/** The first of what an import would store. */
export interface ImportPreview {
  readonly events: readonly Readonly<Partial<ShopEvent>>[];
  readonly products: readonly Product[];
  readonly users: readonly UserProfile[];
  readonly facts: readonly TimedFact[];
}

/** What was taken back of an import. */
export interface UndoneImport {
  readonly importId: string;
  readonly events: number;
  readonly products: number;
  readonly profiles: number;
  readonly facts: number;
  /** Customers and visitors whom nothing else names. */
  readonly people: number;
}

export interface ImportReport {
  readonly importId: string;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
  readonly kind: string;
  readonly rowsRead: number;
  /** Events that were stored. */
  readonly eventsKept: number;
  /** Events that passed the cleaning and were in the shop already. */
  readonly eventsKnown?: number;
  /** Of those, the ones that said something else than before and were changed. */
  readonly eventsChanged?: number;
  /** Events of the shop that the files say did not happen: lines of orders that were cancelled since. */
  readonly eventsWithdrawn?: number;
  readonly productsKept: number;
  readonly usersKept: number;
  readonly factsKept: number;
  readonly steps: readonly CleaningCount[];
  readonly seconds: number;
  /** Assumptions and omissions, in sentences. */
  readonly notes?: readonly string[];
  /** One for each file. */
  readonly readings?: readonly FileReading[];
  /** What would be stored; of a preview alone, which stores nothing. */
  readonly preview?: ImportPreview;
  /** What the caller said of how the files are read, so that what was set aside can be read again. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

type EventCounts = Pick<ImportReport, 'eventsKept' | 'eventsKnown' | 'eventsChanged' | 'eventsWithdrawn'>;

/** What the report says of the events that an import brought. */
export function eventCounts(brought: number, counts: Required<Omit<EventCounts, 'eventsKnown'>>): EventCounts {
  const { eventsKept, eventsChanged, eventsWithdrawn } = counts;
  const eventsKnown = brought - eventsKept;
  return {
    eventsKept,
    ...(eventsKnown > 0 && { eventsKnown }),
    ...(eventsChanged > 0 && { eventsChanged }),
    ...(eventsWithdrawn > 0 && { eventsWithdrawn }),
  };
}

/** Everything an import wants to make true, at once or not at all. */
export interface ImportCommit {
  readonly report: ImportReport;
  readonly products: Iterable<Product>;
  readonly users: Iterable<UserProfile>;
  /** Gone through more than once. */
  readonly facts: Iterable<TimedFact>;
  /**
   * Where the clean events are staged: a table of `analytics` with `stagedEventColumns`; absent where there are none. A
   * further column `arrival` (BIGINT, ≥ 0, unique) gives the order of events of one person and time; without it the
   * event ids do. A column `replaces` (BOOLEAN) says which events change the stored one of their id, where there is one
   * (`changedEvent` says how). `withdrawn` names a table of `event_id`: such events leave the shop.
   */
  readonly events?: { readonly analytics: Analytics; readonly table: string; readonly withdrawn?: string };
  /** Rows set aside: a table `(step VARCHAR, file VARCHAR, line BIGINT, reason VARCHAR, row VARCHAR /* JSON *\/)`. */
  readonly quarantine?: { readonly analytics: Analytics; readonly table: string };
}

export interface QuarantinedRow {
  readonly importId: string;
  readonly step: string;
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  /** The raw row by its column names. */
  readonly row: Readonly<Record<string, string>>;
}

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

/** Columns of the table `events` that `writeTables` makes. */
export const eventTableColumns = {
  arrival: 'BIGINT',
  person: 'BIGINT',
  time: 'BIGINT',
  kind: 'VARCHAR',
  session: 'BIGINT',
  product_id: 'VARCHAR',
  variant_id: 'VARCHAR',
  quantity: 'DOUBLE',
  price_minor: 'BIGINT',
  currency: 'VARCHAR',
  device: 'VARCHAR',
  place: 'VARCHAR',
  referrer: 'VARCHAR',
  text: 'VARCHAR',
  value: 'DOUBLE',
  flags: 'INTEGER',
} as const;

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

export interface StoreStatus {
  readonly schemaVersion: number;
  readonly products: number;
  readonly variants: number;
  readonly people: number;
  readonly liveEvents: number;
  readonly sealedEvents: number;
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
  readonly segments: readonly string[];
  /** What opening found out of place and moved to `lost/`, in sentences. */
  readonly notes: readonly string[];
  readonly imports: readonly ImportReport[];
}

/** The right to train, held until `end`. */
export interface TrainingRight {
  /** Runs `work`, which may not wait, where the right is still held. @throws ShelfwiseError `SW_SHOP_BUSY` where it was lost */
  publish<T>(work: () => T): T;
  end(): void;
}

export interface ShopStore {
  /** Resolves when the events are durable (group commit); one answer per event, in order. */
  appendEvents(events: readonly ShopEvent[]): Promise<AppendResult[]>;
  /** One answer per row, in order, as of all that write: what does not pass the door is refused by itself. */
  putProducts(products: readonly Product[]): Promise<PutResult[]>;
  putUsers(users: readonly UserProfile[]): Promise<PutResult[]>;
  putFacts(facts: readonly TimedFact[]): Promise<PutResult[]>;
  /** Joins an anonymous visitor's history to a customer; also done whenever an event carries both ids. */
  joinVisitor(visitorId: string, userId: string): Promise<void>;
  /** The report as it is kept: with the events that were really stored. */
  commitImport(commit: ImportCommit): Promise<ImportReport>;

  /** The person key of a raw user or visitor id; undefined where never seen. */
  personOf(id: { readonly userId?: string; readonly visitorId?: string }): Promise<number | undefined>;
  user(userId: string): Promise<UserProfile | undefined>;
  /** Raw ids of all customers, in the order of their ids, each with the person key. */
  customers(): AsyncIterable<{ readonly userId: string; readonly person: number }>;
  product(productId: string): Promise<Product | undefined>;
  products(): AsyncIterable<Product>;
  /** Descriptions that gave way to others, of one product the oldest first; at most `formerDescriptionsKept` of each. */
  formerDescriptions(): AsyncIterable<FormerDescription>;
  /** A number that grows with every change of products or facts, by whichever process. */
  catalogueVersion(): Promise<number>;
  /** The newest fact of each kind, variant and place that holds at `time`. */
  factsAt(time: number): Promise<TimedFact[]>;
  /** All facts, those that held and those that will; of one kind, variant and place the oldest first. */
  facts(): AsyncIterable<TimedFact>;
  /** Live and sealed events as one. */
  readEvents(filter?: EventFilter): Promise<EventColumns>;
  /**
   * The newest events of a person that name a product, live and sealed, oldest first: what a request knows of the shopper.
   * Its cost grows with these events alone, whatever the shop holds beside them.
   */
  recentEvents(person: number): Promise<EventColumns>;
  /**
   * Makes the shop visible to SQL in an empty `analytics`: the events (of a person) as `events` with the columns of
   * `eventTableColumns`, joined visitors under their customers' keys; `profiles (person, name, value)`,
   * `products (product_id, title, brand, price_minor, currency)` with the prices that hold at `until`,
   * `product_categories (product_id, category)`. Valid until the next write.
   */
  writeTables(analytics: Analytics, filter?: EventFilter): Promise<void>;
  quarantined(filter?: { importId?: string; step?: string; limit?: number }): AsyncIterable<QuarantinedRow>;
  /** Forgets quarantined rows, after they were released by a new import. */
  dropQuarantined(importId: string, step?: string): Promise<void>;

  /** Moves events older than `before` into a sealed Parquet segment; returns how many. */
  seal(before: number): Promise<number>;
  /** Deletes events for ever, live and sealed; their ids may come again. Returns how many. */
  deleteEvents(filter: EventFilter): Promise<number>;
  /**
   * Takes an import back with all that it stored. What it replaced returns, what was put or imported since stays. Who a
   * visitor turned out to be by it is not forgotten.
   *
   * @throws ShelfwiseError `SW_USAGE` for an import that is not known
   */
  undoImport(importId: string): Promise<UndoneImport>;
  /**
   * One training at a time, over all processes.
   *
   * @throws ShelfwiseError `SW_SHOP_BUSY` naming the process that trains
   */
  beginTraining(): Promise<TrainingRight>;
  /** Deletes the person's raw ids and profile; what remains is under a key that stands for nobody. */
  forget(userId: string): Promise<boolean>;
  status(): Promise<StoreStatus>;
  close(): Promise<void>;
}
