/** The source of an import: a file, or rows that were set aside. It is opened more than once. */
import { basename } from 'node:path';
import type { Analytics } from '../analytics.ts';
import { openRows, type ReadOptions, type RowSource } from './readers/open-rows.ts';

export interface ImportSource {
  readonly name: string;
  readonly bytes: number;
  /** Rows read; known after the first reading. */
  rows: number;
  open(onBytes?: (bytes: number) => void): Promise<RowSource>;
  /** The same source, read otherwise. */
  reread(options: Partial<ReadOptions>): ImportSource;
}

export function fileSource(path: string, bytes: number, analytics: Analytics, options: ReadOptions): ImportSource {
  return {
    name: basename(path),
    bytes,
    rows: 0,
    open: (onBytes) => openRows(path, analytics, { ...options, ...(onBytes && { onBytes }) }),
    reread: (other) => fileSource(path, bytes, analytics, { ...options, ...other }),
  };
}

/** Opens, looks at the first rows and closes again. */
export async function peek(source: ImportSource): Promise<RowSource> {
  const opened = await source.open();
  await opened.batches[Symbol.asyncIterator]().return?.();
  return opened;
}
