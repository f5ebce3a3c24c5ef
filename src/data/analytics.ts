/**
 * The port of set-at-a-time work: cleaning, sealing and features are SQL over columns (in the part of the dialect that
 * DuckDB and Spark share). Implemented by src/adapters/duckdb; in memory, with a limit and a folder to spill to.
 */
import { resolve, sep } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';

export type ColumnType = 'VARCHAR' | 'DOUBLE' | 'BIGINT' | 'INTEGER' | 'BOOLEAN';

/** Values of one column; null is missing. BIGINT columns travel as numbers (safe integers). */
export type ColumnValues =
  | readonly (string | null)[]
  | readonly (number | null)[]
  | readonly (boolean | null)[]
  | Float64Array
  | Int32Array;

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly values: ColumnValues;
}

export interface Analytics {
  /** Runs statements that return nothing of interest. */
  execute(sql: string): Promise<void>;
  /** All rows of a query as objects; BIGINT and HUGEINT come as numbers. For small results. */
  rows<Row extends Record<string, unknown> = Record<string, unknown>>(sql: string): Promise<Row[]>;
  /** A large result by columns; numeric columns as Float64Array (NaN is missing), the rest as arrays. */
  columns(sql: string): Promise<Record<string, Float64Array | (string | null)[]>>;
  /** The rows of a large result in batches, in order, without holding it whole. */
  stream<Row extends Record<string, unknown> = Record<string, unknown>>(sql: string): AsyncIterable<Row[]>;
  /** Appends columns of equal length to a table, created by the first append. */
  append(table: string, columns: readonly TableColumn[]): Promise<void>;
  close(): Promise<void>;
}

/** Quotes a string as an SQL literal. */
export function sqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/**
 * The rows of Parquet files, to select from. A path names one file whatever it contains: it is no pattern (`*`, `?`, `[`),
 * no address, and a folder called `person=7` gives no column.
 *
 * @throws ShelfwiseError `SW_USAGE` for a name that DuckDB cannot be told
 */
export function parquetRows(...paths: readonly string[]): string {
  const files = paths.map((path) => sqlText(patternOf(resolve(path))));
  return `read_parquet([${files.join(', ')}], hive_partitioning = false)`;
}

/** The pattern that means this path alone. */
function patternOf(path: string): string {
  // In a pattern DuckDB takes a backslash for the end of a folder's name.
  const name = sep === '\\' ? path.replaceAll(sep, '/') : path;
  const pattern = name.replace(/[*?[]/g, '[$&]');
  if (pattern === name || !name.includes('\\')) return pattern;
  const message = `${path}: expected a path without a backslash beside *, ? or [, got both.`;
  throw new ShelfwiseError('SW_USAGE', message, 'Rename the file or folder.', { path });
}
