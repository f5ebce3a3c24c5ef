/** What a caller says of an import. */
import type { Analytics } from '../analytics.ts';
import type { EventKind } from '../events.ts';
import type { ShopStore } from '../shop-store.ts';
import type { CleaningOptions } from './cleaning/options.ts';
import type { TimeFormat } from './kinds/parse-time.ts';
import type { ReadLimits } from './readers/limits.ts';

/** Columns of fields, as the caller names them: of several the first that a file has; `FILE:FIELD` is for one file. */
export type FieldMap = Readonly<Record<string, string | readonly string[]>>;

export interface ImportProgress {
  readonly phase: 'read' | 'clean' | 'set-aside' | 'store';
  /** Of the whole import, in [0, 1]. */
  readonly share: number;
  readonly rows: number;
}

/** How files are read; kept with the import's report, so that what was set aside is read the same way again. */
export interface ReadSettings {
  /** Name of a kind, or what the rows are (`events`, `products`, ...); recognised by the columns where absent. */
  readonly kind?: string | undefined;
  /** Field to column, or to a path of a tree (`user.id`, `lines[].sku`); of several columns the first that a file has. */
  readonly map?: FieldMap | undefined;
  /** ISO 4217, for prices whose currency the files do not say. */
  readonly currency?: string | undefined;
  /** Kind of event of rows that do not say it. */
  readonly event?: EventKind | undefined;
  /** What the store's own names of events mean; `ignore` for those that say nothing. */
  readonly eventNames?: Readonly<Record<string, EventKind | 'ignore'>> | undefined;
  /** The files have no header: their columns are called 1, 2, 3. */
  readonly noHeader?: boolean | undefined;
  /** Lines above the header that are no rows. */
  readonly skipRows?: number | undefined;
  readonly timeFormat?: TimeFormat | undefined;
  /** Of times without an offset, minutes east of UTC. */
  readonly utcOffsetMinutes?: number | undefined;
  readonly encoding?: string | undefined;
  readonly delimiter?: string | undefined;
  /** Sheet of a workbook. */
  readonly sheet?: string | undefined;
  readonly cleaning?: Partial<CleaningOptions> | undefined;
}

export const readSettingNames: readonly (keyof ReadSettings)[] = [
  ...([
    'kind',
    'map',
    'currency',
    'event',
    'eventNames',
    'noHeader',
    'skipRows',
    'timeFormat',
    'utcOffsetMinutes',
  ] as const),
  ...(['encoding', 'delimiter', 'sheet', 'cleaning'] as const),
];

/** How the caller wants files to be read, without what it leaves open. */
export function readSettings(options: ReadSettings): ReadSettings {
  const given = readSettingNames
    .map((name) => [name, options[name]] as const)
    .filter(([, value]) => value !== undefined);
  // As it comes back from the import log.
  return JSON.parse(JSON.stringify(Object.fromEntries(given))) as ReadSettings;
}

export interface ImportOptions extends ReadSettings {
  readonly store: ShopStore;
  /** The shop's folder; work in progress lies in its `imports/ID/`. */
  readonly folder: string;
  openAnalytics(options: { memoryLimitBytes: number; spillFolder: string }): Promise<Analytics>;
  /** How much a file may ask of its reader: row length, columns, depth, ratio of packing. */
  readonly limits?: Partial<ReadLimits> | undefined;
  /** Cleaning steps to leave out. */
  readonly without?: readonly string[] | undefined;
  /** Reads at most so many rows of each file, and answers with the first of what would be stored; nothing is. */
  readonly preview?: boolean | undefined;
  /** Imports a file again whose content was imported before. Its events are still stored once. */
  readonly again?: boolean | undefined;
  /** Most memory of the analytics port. @default 1 GiB */
  readonly memoryLimitBytes?: number | undefined;
  /** The import clock. */
  readonly now?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

/** A file of an import, by its content. */
export interface InputFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}
