/** Rows of a Parquet file through the analytics port; a file with nested columns is read as trees. */
import { basename } from 'node:path';
import { ShelfwiseError } from '../../../core/errors.ts';
import { namedSystemError } from '../../../core/system-errors.ts';
import { type Analytics, parquetRows } from '../../analytics.ts';
import { type RawRow, tableRow, treeRow } from './raw-row.ts';

/** The first row of the first batch is the header, unless the columns are nested. Lines are row numbers. */
export async function* readParquet(path: string, analytics: Analytics): AsyncGenerator<RawRow[]> {
  const from = parquetRows(path);
  let columns: { column_name: string; column_type: string }[];
  try {
    columns = await analytics.rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${from})`);
  } catch (error) {
    throw unreadable(path, error);
  }
  const names = columns.map((column) => column.column_name);
  let line = 0;
  if (columns.some((column) => /STRUCT|MAP|\[\]/.test(column.column_type))) {
    for await (const batch of rowsOf<{ row: string }>(
      path,
      analytics.stream(`SELECT to_json(t)::VARCHAR AS row FROM ${from} t`),
    ))
      yield batch.map(({ row }) => treeRow(++line, JSON.parse(row), row));
    return;
  }
  yield [tableRow(0, names)];
  const list = names.map((name, i) => `CAST("${name.replaceAll('"', '""')}" AS VARCHAR) AS c${i}`).join(', ');
  for await (const batch of rowsOf<Record<string, string | null>>(
    path,
    analytics.stream(`SELECT ${list} FROM ${from}`),
  ))
    yield batch.map((row) =>
      tableRow(
        ++line,
        names.map((_, i) => row[`c${i}`] ?? ''),
      ),
    );
}

/** The rows until the file breaks off. */
async function* rowsOf<Row>(path: string, batches: AsyncIterable<unknown[]>): AsyncGenerator<Row[]> {
  try {
    for await (const batch of batches) yield batch as Row[];
  } catch (error) {
    const named = namedSystemError(error, basename(path));
    throw named === error && !(error instanceof ShelfwiseError) ? unreadable(path, error) : named;
  }
}

function unreadable(path: string, error: unknown): ShelfwiseError {
  const message = `${basename(path)}: expected a Parquet file, got one that cannot be read.`;
  return new ShelfwiseError('SW_INPUT_FORMAT', message, 'Write the file again.', { path }, error);
}
