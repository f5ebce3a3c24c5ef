/**
 * Files that a transaction gave up: it names them in the table `removals`, and they are deleted after it. A process that is
 * killed between leaves them to the next that opens the shop.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ShopDatabase } from './database.ts';

/** Inside the transaction that takes the file out of the shop. @param file - path inside the shop */
export function giveUp(database: ShopDatabase, file: string): void {
  database.run('INSERT OR IGNORE INTO removals (file) VALUES (?)', file);
}

/** After it, holding the lease. */
export function finishRemovals(shopFolder: string, database: ShopDatabase): void {
  for (const [file] of database.all('SELECT file FROM removals')) {
    rmSync(join(shopFolder, file as string), { force: true });
    database.run('DELETE FROM removals WHERE file = ?', file as string);
  }
}
