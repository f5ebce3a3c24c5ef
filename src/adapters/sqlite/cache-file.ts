/** A database file that may be lost: one that cannot be read is begun anew. */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * @param path - of the file; its folder is made
 * @param schema - statements that make what is not there yet
 * @returns undefined where nothing can be written
 */
export function openCacheFile(path: string, schema: string): DatabaseSync | undefined {
  return opened(path, schema) ?? renewed(path, schema);
}

function opened(path: string, schema: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path);
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; ${schema}`);
    const { ok } = database.prepare('SELECT 1 AS ok FROM sqlite_schema').get() as { ok: number };
    return ok === 1 ? database : undefined;
  } catch {
    database?.close();
    return undefined;
  }
}

function renewed(path: string, schema: string): DatabaseSync | undefined {
  try {
    for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
  } catch {
    return undefined;
  }
  return opened(path, schema);
}
