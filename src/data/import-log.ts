/** The port of a shop's imports: each becomes true at once, is told, can be taken back, and keeps what it set aside. */
import type { Analytics } from './analytics.ts';
import type { Product, TimedFact } from './catalogue.ts';
import type { ShopEvent, UserProfile } from './events.ts';

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

export interface ImportLog {
  /** The report as it is kept: with the events that were really stored. */
  commitImport(commit: ImportCommit): Promise<ImportReport>;
  /**
   * Takes an import back with all that it stored. What it replaced returns, what was put or imported since stays. Who a
   * visitor turned out to be by it is not forgotten.
   *
   * @throws ShelfwiseError `SW_USAGE` for an import that is not known
   */
  undoImport(importId: string): Promise<UndoneImport>;
  quarantined(filter?: { importId?: string; step?: string; limit?: number }): AsyncIterable<QuarantinedRow>;
  /** Forgets quarantined rows, after they were released by a new import. */
  dropQuarantined(importId: string, step?: string): Promise<void>;
}
