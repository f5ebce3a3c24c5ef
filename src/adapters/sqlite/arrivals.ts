/**
 * Imports that are under way. What takes long is written before an import becomes visible or moved into place after it, in
 * short transactions between which others write: new people (rows of `persons` with the import's number), and its
 * catalogue, which waits in `arriving`. Whatever a killed process left is finished, where its import had become visible,
 * and taken back otherwise.
 */

import { isGone, ownTag } from '../../core/scratch.ts';
import type { Product, TimedFact } from '../../data/catalogue.ts';
import type { UserProfile } from '../../data/events.ts';
import { bumpCatalogue, noteAllChanged } from './catalogue-changes.ts';
import { writeFact, writeProduct } from './catalogue-rows.ts';
import type { ShopDatabase } from './database.ts';
import type { Persons } from './persons.ts';
import { keepReplaced } from './replaced-rows.ts';

export type ArrivingRow =
  | { readonly kind: 'product'; readonly row: Product }
  | { readonly kind: 'user'; readonly row: UserProfile }
  | { readonly kind: 'facts'; readonly row: readonly TimedFact[] };

/** Products, profiles or facts that one short transaction takes, whatever they are. */
export const arrivingChunk = 500;

/** Facts that wait as one row: there are very many of them, and none is looked for by itself. */
export const factsOfARow = 50;

/** Of a row of each kind, in products, profiles or facts. */
export const arrivingWeights: Readonly<Record<ArrivingRow['kind'], number>> = {
  product: 1,
  user: 1,
  facts: factsOfARow,
};

export interface ArrivalParts {
  readonly database: ShopDatabase;
  readonly persons: Persons;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** Inside a transaction: the number of a new import. */
export function beginArrival(database: ShopDatabase): number {
  return database.get('INSERT INTO arrivals (tag) VALUES (?) RETURNING batch', ownTag)![0] as number;
}

/** Inside a transaction. @param from - place of the first row */
export function stageArriving(database: ShopDatabase, batch: number, from: number, rows: readonly ArrivingRow[]): void {
  for (const [n, arriving] of rows.entries())
    database.run(
      'INSERT INTO arriving (batch, place, kind, key, row) VALUES (?, ?, ?, ?, ?)',
      ...[batch, from + n, arriving.kind, keyOf(arriving), JSON.stringify(arriving.row)],
    );
}

/** Inside the transaction that makes the import visible: from here on it is finished, by whomever. */
export function markArrived(database: ShopDatabase, batch: number): void {
  database.run('UPDATE arrivals SET arrived = 1 WHERE batch = ?', batch);
}

/**
 * Inside a transaction: moves the next rows into place; answers whether that was all.
 *
 * @param limit - most products, profiles or facts
 */
export function moveArriving(parts: ArrivalParts, batch: number, limit: number = arrivingChunk): boolean {
  const { database } = parts;
  const next = database.get('SELECT kind FROM arriving WHERE batch = ? ORDER BY place LIMIT 1', batch);
  if (next) {
    const kind = next[0] as ArrivingRow['kind'];
    // Rows of one kind stand together.
    const rows = database.all(
      'SELECT place, row FROM arriving WHERE batch = ? AND kind = ? ORDER BY place LIMIT ?',
      ...[batch, kind, Math.ceil(limit / arrivingWeights[kind])],
    );
    for (const [, row] of rows)
      writeArriving(parts, { kind, row: JSON.parse(row as string) } as ArrivingRow, batch, false);
    database.run('DELETE FROM arriving WHERE batch = ? AND place <= ?', batch, rows.at(-1)![0] as number);
    return false;
  }
  database.run('DELETE FROM arrivals WHERE batch = ?', batch);
  noteAllChanged(database);
  bumpCatalogue(database);
  return true;
}

/** Inside a transaction. @param noted - false where the change is told of as one of very many */
export function writeArriving(
  { database, persons, clock }: ArrivalParts,
  { kind, row }: ArrivingRow,
  batch: number,
  noted = true,
): void {
  if (kind === 'product') writeProduct(database, row, clock(), batch, noted);
  else if (kind === 'facts') for (const fact of row) writeFact(database, fact, batch, noted);
  else {
    // Looked up and not found by use: who came with an import alone leaves with it.
    const person = persons.lookUp('user', row.userId)?.person ?? persons.keyOfUser(row.userId);
    writeProfile(database, person, row.attributes, batch);
  }
}

/** Inside a transaction: what is written now stands, not what an import that is visible already still brings. */
export function overtakeArriving(database: ShopDatabase, rows: readonly ArrivingRow[]): void {
  if (!database.get('SELECT 1 FROM arrivals WHERE arrived = 1 LIMIT 1')) return;
  for (const arriving of rows)
    database.run(
      `DELETE FROM arriving WHERE kind = ? AND key = ? AND key <> ''
         AND batch IN (SELECT batch FROM arrivals WHERE arrived = 1)`,
      arriving.kind,
      keyOf(arriving),
    );
}

/** Inside a transaction: profiles of a person who is forgotten. */
export function dropArrivingUsers(database: ShopDatabase, userIds: readonly string[]): void {
  for (const id of userIds) database.run("DELETE FROM arriving WHERE kind = 'user' AND key = ? AND key <> ''", id);
}

/** Inside a transaction: an import that never became visible. */
export function takeBack(database: ShopDatabase, batch: number): void {
  database.run('DELETE FROM persons WHERE batch = ?', batch);
  database.run('DELETE FROM arriving WHERE batch = ?', batch);
  database.run('DELETE FROM replaced WHERE batch = ?', batch);
  database.run('DELETE FROM arrivals WHERE batch = ?', batch);
}

/** Holding the lease: finishes or takes back what dead processes left. */
export function settleArrivals(parts: ArrivalParts, transact: <T>(work: () => T) => T): void {
  const { database, persons } = parts;
  for (const [batch, tag, arrived] of database.all('SELECT batch, tag, arrived FROM arrivals')) {
    if (!isGone(tag as string)) continue;
    if (arrived === 0) transact(() => takeBack(database, batch as number));
    else
      for (let done = false; !done; )
        done = transact(() => {
          persons.begin();
          const all = moveArriving(parts, batch as number);
          persons.finish();
          return all;
        });
  }
}

/** @param batch - the import that writes it; 0 for none */
export function writeProfile(
  database: ShopDatabase,
  person: number,
  attributes: Readonly<Record<string, string>>,
  batch = 0,
): void {
  const before = batch > 0 && database.get('SELECT attributes, batch FROM profiles WHERE person = ?', person);
  if (before)
    keepReplaced(database, batch, {
      ...{ kind: 'profile', key: String(person), row: JSON.parse(before[0] as string), rowBatch: before[1] as number },
    });
  insertProfile(database, person, attributes, batch);
}

/** Inside a transaction. */
export function insertProfile(
  database: ShopDatabase,
  person: number,
  attributes: Readonly<Record<string, string>>,
  batch: number,
): void {
  database.run(
    `INSERT INTO profiles (person, attributes, batch) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET attributes = excluded.attributes, batch = excluded.batch`,
    ...[person, JSON.stringify(attributes), batch],
  );
}

/** Facts have none: each holds from its own moment, and there are very many. */
function keyOf({ kind, row }: ArrivingRow): string {
  if (kind === 'product') return row.productId;
  return kind === 'user' ? row.userId : '';
}
