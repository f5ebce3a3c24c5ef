/**
 * The one place of raw ids: which key stands for which customer or visitor. Keys are 48 random bits; `person_keys` holds
 * every key that was ever given, so that none is given twice, not even after its person was forgotten.
 *
 * A visitor who signs in becomes the customer: the visitor's earlier key becomes an alias of the customer's, applied when
 * events are read, and the visitor's later events are stored under the customer's key. Where one visitor signs in as
 * a second customer, the past stays with the first and what follows belongs to the second.
 */
import { randomBytes } from 'node:crypto';
import { eventIdHash } from '../../data/event-id-hash.ts';
import type { ShopEvent } from '../../data/events.ts';
import { type ShopDatabase, setShopValue, shopValue } from './database.ts';
import { personKinds } from './schema.ts';

/** Keys at and above this stand for one event whose person nobody knows. */
export const strangerBase: number = 2 ** 48;

const cacheLimit = 200_000;

export interface Known {
  person: number;
  joined: boolean;
  /** The import that brought this id and is not through yet; 0 for none. */
  batch: number;
}

/** The visitor that an event without ids belongs to: its session. */
export function visitorOf(event: ShopEvent): string | undefined {
  if (event.visitorId) return event.visitorId;
  return !event.userId && event.sessionId ? `session:${event.sessionId}` : undefined;
}

export class Persons {
  readonly #database: ShopDatabase;
  readonly #users = new Map<string, Known>();
  readonly #visitors = new Map<string, Known>();
  readonly #randomKey: () => number;
  /** Keys given since `begin`, which `finish` stores. */
  readonly #drawn = new Set<number>();
  #hasKeys = true;
  #version: unknown;

  /** @param randomKey - draws from [0, 2^48) */
  constructor(database: ShopDatabase, randomKey: () => number = randomKey48) {
    this.#database = database;
    this.#randomKey = randomKey;
  }

  /** At the start of a write transaction: drops what another process may have changed. */
  begin(): void {
    const version = this.#database.get('PRAGMA data_version')![0];
    if (version !== this.#version || this.#users.size + this.#visitors.size > cacheLimit) this.clear();
    this.#version = version;
    this.#drawn.clear();
    this.#hasKeys = this.#database.get('SELECT 1 FROM person_keys LIMIT 1') !== undefined;
  }

  /** At its end. */
  finish(): void {
    for (const person of Float64Array.from(this.#drawn).sort())
      this.#database.run('INSERT INTO person_keys (person) VALUES (?)', person);
    this.#drawn.clear();
  }

  /** After a transaction that failed: what was remembered is not true. */
  clear(): void {
    this.#users.clear();
    this.#visitors.clear();
  }

  /** A key that was never given; between `begin` and `finish`, holding the lease. */
  newKey(): number {
    for (;;) {
      const person = this.#randomKey();
      if (this.#drawn.has(person) || (this.#hasKeys && this.#isGiven(person))) continue;
      this.#drawn.add(person);
      return person;
    }
  }

  #isGiven(person: number): boolean {
    return this.#database.get('SELECT 1 FROM person_keys WHERE person = ?', person) !== undefined;
  }

  find(kind: 'user' | 'visitor', id: string): Known | undefined {
    const cache = kind === 'user' ? this.#users : this.#visitors;
    const cached = cache.get(id);
    if (cached) return cached;
    const row = this.lookUp(kind, id);
    if (!row) return undefined;
    // Whoever uses an id that an import brought keeps it, whatever becomes of that import.
    if (row.batch !== 0) this.store(kind, id, row.person, row.joined);
    cache.set(id, { ...row, batch: 0 });
    return row;
  }

  /** As `find`, without remembering: for a transaction's outside and for many ids. */
  lookUp(kind: 'user' | 'visitor', id: string): Known | undefined {
    const row = this.#database.get(
      `SELECT person, joined, CASE WHEN batch IN (SELECT batch FROM arrivals WHERE arrived = 0) THEN batch ELSE 0 END
       FROM persons WHERE kind = ? AND id = ?`,
      personKinds[kind],
      id,
    );
    return row && { person: row[0] as number, joined: row[1] === 1, batch: row[2] as number };
  }

  /** Customers after `after` in the order of their ids. */
  users(after: string, limit: number): { userId: string; person: number }[] {
    return this.#database
      .all(
        'SELECT id, person FROM persons WHERE kind = ? AND id > ? ORDER BY id LIMIT ?',
        personKinds.user,
        after,
        limit,
      )
      .map(([userId, person]) => ({ userId: userId as string, person: person as number }));
  }

  /** The key under which an event is stored; gives keys and joins as needed. Inside a transaction. */
  keyOfEvent(event: ShopEvent): number {
    const visitorId = visitorOf(event);
    if (event.userId) {
      if (visitorId !== undefined) this.join(visitorId, event.userId);
      return this.keyOfUser(event.userId);
    }
    if (visitorId === undefined) return strangerBase + Math.floor(eventIdHash(event.eventId) / 16);
    const known = this.find('visitor', visitorId);
    if (known) return known.person;
    return this.#put('visitor', visitorId, this.newKey(), false);
  }

  keyOfUser(userId: string): number {
    return this.find('user', userId)?.person ?? this.#put('user', userId, this.newKey(), false);
  }

  join(visitorId: string, userId: string): void {
    const user = this.keyOfUser(userId);
    const visitor = this.find('visitor', visitorId);
    if (visitor?.person === user) return;
    if (visitor && !visitor.joined) this.alias(visitor.person, user);
    this.#put('visitor', visitorId, user, true);
  }

  alias(person: number, canonical: number): void {
    this.#database.run('INSERT OR REPLACE INTO aliases (person, canonical) VALUES (?, ?)', person, canonical);
  }

  store(kind: 'user' | 'visitor', id: string, person: number, joined: boolean, batch = 0): void {
    this.#database.run(
      `INSERT INTO persons (kind, id, person, joined, batch) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET person = excluded.person, joined = excluded.joined, batch = excluded.batch`,
      personKinds[kind],
      id,
      person,
      joined ? 1 : 0,
      batch,
    );
  }

  #put(kind: 'user' | 'visitor', id: string, person: number, joined: boolean): number {
    this.store(kind, id, person, joined);
    (kind === 'user' ? this.#users : this.#visitors).set(id, { person, joined, batch: 0 });
    return person;
  }

  /** A key and all that were joined to it, by any of them. */
  keysOf(person: number): { canonical: number; keys: number[] } {
    const canonical = (this.#database.get('SELECT canonical FROM aliases WHERE person = ?', person)?.[0] ??
      person) as number;
    const joined = this.#database.all('SELECT person FROM aliases WHERE canonical = ?', canonical);
    return { canonical, keys: [canonical, ...joined.map(([key]) => key as number)] };
  }

  /** All raw ids of a customer: the customer's own and those of the visitors that joined. */
  rawIds(userId: string): string[] {
    const user = this.lookUp('user', userId);
    if (!user) return [];
    return this.#database.all('SELECT id FROM persons WHERE person = ?', user.person).map(([id]) => id as string);
  }

  /** Inside a transaction; answers whether there was anything. */
  forget(userId: string): boolean {
    const user = this.lookUp('user', userId);
    if (!user) return false;
    setShopValue(this.#database, 'forgets', forgetsOf(this.#database) + 1);
    this.#database.run('DELETE FROM persons WHERE person = ?', user.person);
    this.#database.run('DELETE FROM profiles WHERE person = ?', user.person);
    this.#database.run("DELETE FROM replaced WHERE kind = 'profile' AND key = ?", String(user.person));
    this.clear();
    return true;
  }
}

/** How many people were forgotten: an import that worked with older keys begins anew. */
export function forgetsOf(database: ShopDatabase): number {
  return (shopValue(database, 'forgets') as number | undefined) ?? 0;
}

/** Keys drawn at once: a call for each would cost more than the import of its events. */
const poolKeys = 1024;
let pool: Buffer = Buffer.alloc(0);
let poolAt = 0;

function randomKey48(): number {
  if (poolAt === pool.length) {
    pool = randomBytes(6 * poolKeys);
    poolAt = 0;
  }
  poolAt += 6;
  return pool.readUIntBE(poolAt - 6, 6);
}
