/** Vectors by key in a database file of their own, which several threads and processes may use at once. */
import type { VectorCache } from '../../encoders/text/cached-encoder.ts';
import { openCacheFile } from './cache-file.ts';

/**
 * A file that cannot be read is begun anew. Where nothing can be written, nothing is kept.
 *
 * @param path - of the file; its folder is made
 */
export function openVectorCache(path: string): VectorCache & { close(): void } {
  const database = openCacheFile(
    path,
    'CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID',
  );
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
