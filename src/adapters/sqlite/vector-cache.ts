/** Vectors by key in a database file of their own, which several threads and processes may use at once. */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { VectorCache } from '../../encoders/text/cached-encoder.ts';

/**
 * A file that cannot be read is begun anew. Where nothing can be written, nothing is kept.
 *
 * @param path - of the file; its folder is made
 */
export function openVectorCache(path: string): VectorCache & { close(): void } {
  const database = opened(path) ?? renewed(path);
  const find = database?.prepare('SELECT vector FROM vectors WHERE key = ?');
  const keep = database?.prepare('INSERT OR REPLACE INTO vectors (key, vector) VALUES (?, ?)');
  /** What fails costs the time of making the vector again. */
  const tried = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch {
      return otherwise;
    }
  };
  return {
    get: (keys) =>
      keys.map((key) =>
        tried(() => {
          const bytes = find?.get(key)?.['vector'];
          return bytes instanceof Uint8Array && bytes.length % 4 === 0
            ? new Float32Array(bytes.slice().buffer)
            : undefined;
        }, undefined),
      ),
    put(entries) {
      if (!database || !keep) return;
      tried(() => {
        database.exec('BEGIN IMMEDIATE');
        try {
          for (const [key, { buffer, byteOffset, byteLength }] of entries)
            keep.run(key, new Uint8Array(buffer, byteOffset, byteLength));
          database.exec('COMMIT');
        } catch (error) {
          database.exec('ROLLBACK');
          throw error;
        }
      }, undefined);
    },
    close: () => database?.close(),
  };
}

function opened(path: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path);
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
      CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID`);
    database.prepare('SELECT count(*) FROM vectors WHERE key = ?').get('');
    return database;
  } catch {
    database?.close();
    return undefined;
  }
}

function renewed(path: string): DatabaseSync | undefined {
  try {
    for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
  } catch {
    return undefined;
  }
  return opened(path);
}
