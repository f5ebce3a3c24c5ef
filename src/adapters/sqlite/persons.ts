/**
 * The one place of raw ids: which key stands for which customer or visitor. Keys are 48 bits, a permutation of a counter
 * under the shop's secret (a Feistel network on Philox), so that they look random and never meet.
 *
 * A visitor who signs in becomes the customer: the visitor's earlier key becomes an alias of the customer's, applied when
 * events are read, and the visitor's later events are stored under the customer's key. Where one visitor signs in as
 * a second customer, the past stays with the first and what follows belongs to the second.
 *
 * @source Luby & Rackoff, How to construct pseudorandom permutations from pseudorandom functions, SIAM J. Comput. 1988
 */
import { philox } from '../../core/random.ts';
import { eventIdHash } from '../../data/event-id-hash.ts';
import type { ShopEvent } from '../../data/events.ts';
import { type ShopDatabase, setShopValue, shopValue } from './database.ts';
import { personKinds } from './schema.ts';

/** Keys at and above this stand for one event whose person nobody knows. */
export const strangerBase: number = 2 ** 48;

const cacheLimit = 200_000;

interface Known {
  person: number;
  joined: boolean;
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
  #next = 0;
  #nextStored = 0;
  #secret = new Uint32Array(2);
  #version: unknown;

  constructor(database: ShopDatabase) {
    this.#database = database;
  }

  /** At the start of a write transaction: drops what another process may have changed. */
  begin(): void {
    const version = this.#database.get('PRAGMA data_version')![0];
    if (version !== this.#version || this.#users.size + this.#visitors.size > cacheLimit) this.clear();
    this.#version = version;
    this.#next = this.#nextStored = shopValue(this.#database, 'next_person') as number;
    const secret = shopValue(this.#database, 'secret') as string;
    this.#secret = new Uint32Array(Uint8Array.from(Buffer.from(secret.slice(0, 16), 'hex')).buffer);
  }

  /** At its end. */
  finish(): void {
    if (this.#next !== this.#nextStored) setShopValue(this.#database, 'next_person', this.#next);
  }

  /** After a transaction that failed: what was remembered is not true. */
  clear(): void {
    this.#users.clear();
    this.#visitors.clear();
  }

  /** A key that was never given; inside a transaction. */
  newKey(): number {
    return permuted(this.#next++, this.#secret);
  }

  find(kind: 'user' | 'visitor', id: string): Known | undefined {
    const cache = kind === 'user' ? this.#users : this.#visitors;
    const cached = cache.get(id);
    if (cached) return cached;
    const row = this.lookUp(kind, id);
    if (row) cache.set(id, row);
    return row;
  }

  /** As `find`, without remembering: for a transaction's outside and for many ids. */
  lookUp(kind: 'user' | 'visitor', id: string): Known | undefined {
    const row = this.#database.get(
      'SELECT person, joined FROM persons WHERE kind = ? AND id = ?',
      personKinds[kind],
      id,
    );
    return row && { person: row[0] as number, joined: row[1] === 1 };
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

  store(kind: 'user' | 'visitor', id: string, person: number, joined: boolean): void {
    this.#database.run(
      'INSERT INTO persons (kind, id, person, joined) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET person = excluded.person, joined = excluded.joined',
      personKinds[kind],
      id,
      person,
      joined ? 1 : 0,
    );
  }

  #put(kind: 'user' | 'visitor', id: string, person: number, joined: boolean): number {
    this.store(kind, id, person, joined);
    (kind === 'user' ? this.#users : this.#visitors).set(id, { person, joined });
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
    this.#database.run('DELETE FROM persons WHERE person = ?', user.person);
    this.#database.run('DELETE FROM profiles WHERE person = ?', user.person);
    this.clear();
    return true;
  }
}

const block = new Uint32Array(4);

/** A permutation of [0, 2^48) under a secret of 64 bits: four Feistel rounds on halves of 24 bits. */
function permuted(counter: number, secret: Uint32Array): number {
  let left = Math.floor(counter / 0x1000000);
  let right = counter % 0x1000000;
  for (let round = 0; round < 4; round++) {
    philox(right, round, 0, 0, secret[0]!, secret[1]!, block);
    [left, right] = [right, left ^ (block[0]! >>> 8)];
  }
  return left * 0x1000000 + right;
}
