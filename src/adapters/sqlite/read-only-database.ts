/**
 * Opens `shop.sqlite` without writing a byte beside it. SQLite itself would make `-shm` and `-wal` where there are none, and
 * a log must be read with its database.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { whyNotWritable } from '../../core/folders.ts';

export interface ReadOnlyDatabase {
  readonly database: DatabaseSync;
  /** Its state is that of the moment of opening: what others write later is not seen. */
  readonly frozen: boolean;
  close(): void;
}

/** @param options.brief - nobody writes while it is open, or it does not matter */
export function openReadOnly(path: string, { brief = false }: { readonly brief?: boolean } = {}): ReadOnlyDatabase {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  const quiet = !log || log.size === 0;
  if (quiet && (brief || whyNotWritable(dirname(path)) === 'EROFS'))
    return opened(new DatabaseSync(immutable(path), { readOnly: true }), true);
  if (existsSync(`${path}-shm`) && log)
    return opened(new DatabaseSync(path, { readOnly: true, timeout: 2_000 }), false);
  const copy = mkdtempSync(join(tmpdir(), 'shelfwise-read-only-'));
  const remove = (): void => rmSync(copy, { recursive: true, force: true });
  try {
    for (const name of [basename(path), `${basename(path)}-wal`])
      if (existsSync(join(dirname(path), name))) copyFileSync(join(dirname(path), name), join(copy, name));
    return opened(new DatabaseSync(join(copy, basename(path))), true, remove);
  } catch (error) {
    remove();
    throw error;
  }
}

function opened(database: DatabaseSync, frozen: boolean, after: () => void = () => undefined): ReadOnlyDatabase {
  return {
    database,
    frozen,
    close() {
      if (database.isOpen) database.close();
      after();
    },
  };
}

function immutable(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  return url;
}
