/** Rows of a Parquet file through the analytics port; a file with nested columns is read as trees. */
import { basename } from 'node:path';
import { ShelfwiseError } from '../../../core/errors.ts';
import { type Analytics, parquetRows } from '../../analytics.ts';
import { type RawRow, tableRow, treeRow } from './raw-row.ts';

/** The first row of the first batch is the header, unless the columns are nested. Lines are row numbers. */
export async function* readParquet(path: string, analytics: Analytics): AsyncGenerator<RawRow[]> {
  const from = parquetRows(path);
  let columns: { column_name: string; column_type: string }[];
  try {
    columns = await analytics.rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${from})`);
  } catch (error) {
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${basename(path)}: expected a Parquet file, got one that cannot be read.`,
      'Write the file again.',
      { path },
      error,
    );
  }
  const names = columns.map((column) => column.column_name);
  let line = 0;
  if (columns.some((column) => /STRUCT|MAP|\[\]/.test(column.column_type))) {
    for await (const batch of analytics.stream<{ row: string }>(`SELECT to_json(t)::VARCHAR AS row FROM ${from} t`))
      yield batch.map(({ row }) => treeRow(++line, JSON.parse(row), row));
    return;
  }
  yield [tableRow(0, names)];
  const list = names.map((name, i) => `CAST("${name.replaceAll('"', '""')}" AS VARCHAR) AS c${i}`).join(', ');
  for await (const batch of analytics.stream<Record<string, string | null>>(`SELECT ${list} FROM ${from}`))
    yield batch.map((row) =>
      tableRow(
        ++line,
        names.map((_, i) => row[`c${i}`] ?? ''),
      ),
    );
}
