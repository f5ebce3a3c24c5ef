/**
 * What an import put in the place of something, so that it can be taken back. Products, profiles, facts and events carry the number
 * of the import that wrote them (0 for what was put otherwise); where one took the place of another, the other waits in
 * `replaced`. Several imports of one key make a chain: whichever is taken back, the others keep their order.
 */
import type { ShopDatabase } from './database.ts';

export type ReplacedKind = 'product' | 'profile' | 'fact' | 'event';

/** Inside a transaction: keeps a row that an import is about to replace; the first of several from one import counts. */
export function keepReplaced(
  database: ShopDatabase,
  batch: number,
  { kind, key, row, rowBatch }: { kind: ReplacedKind; key: string; row: unknown; rowBatch: number },
): void {
  if (batch === 0 || rowBatch === batch) return;
  database.run(
    'INSERT OR IGNORE INTO replaced (batch, kind, key, row, row_batch) VALUES (?, ?, ?, ?, ?)',
    ...[batch, kind, key, JSON.stringify(row), rowBatch],
  );
}

/**
 * Inside a transaction: what stood there before an import wrote the key.
 *
 * @returns nothing where the import made it
 */
export function replacedBy(
  database: ShopDatabase,
  batch: number,
  kind: ReplacedKind,
  key: string,
): { readonly row: unknown; readonly rowBatch: number } | undefined {
  const found = database.get(
    'SELECT row, row_batch FROM replaced WHERE batch = ? AND kind = ? AND key = ?',
    batch,
    kind,
    key,
  );
  return found && { row: JSON.parse(found[0] as string), rowBatch: found[1] as number };
}

/** What stood in the place of an import's rows, before it. */
export function replacedRowsAt(
  database: ShopDatabase,
  batch: number,
  kind: ReplacedKind,
): { key: string; row: unknown }[] {
  return database
    .all('SELECT key, row FROM replaced WHERE batch = ? AND kind = ?', batch, kind)
    .map(([key, row]) => ({ key: key as string, row: JSON.parse(row as string) as unknown }));
}

/** Rows of an import in whose place others stand. */
export function replacedRowsOf(database: ShopDatabase, batch: number, kind: ReplacedKind): unknown[] {
  return database
    .all('SELECT row FROM replaced WHERE row_batch = ? AND kind = ?', batch, kind)
    .map(([row]) => JSON.parse(row as string) as unknown);
}

/** Inside a transaction: later imports that took the place of this one's rows took that of what stood there before. */
export function unlinkReplaced(database: ShopDatabase, batch: number): void {
  database.run(
    `DELETE FROM replaced WHERE row_batch = ?1 AND NOT EXISTS (
       SELECT 1 FROM replaced b WHERE b.batch = ?1 AND b.kind = replaced.kind AND b.key = replaced.key)`,
    batch,
  );
  database.run(
    `UPDATE replaced SET (row, row_batch) = (
       SELECT b.row, b.row_batch FROM replaced b WHERE b.batch = ?1 AND b.kind = replaced.kind AND b.key = replaced.key)
     WHERE row_batch = ?1`,
    batch,
  );
  database.run('DELETE FROM replaced WHERE batch = ?', batch);
}
