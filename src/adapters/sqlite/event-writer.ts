/**
 * Group commit: events of many callers wait in a queue and become durable in one transaction; every caller's promise
 * resolves after it. While one group is being written the next one gathers.
 */

import { eventFieldList, storedColumnNames } from '../../data/event-fields.ts';
import { eventIdHash } from '../../data/event-id-hash.ts';
import type { AppendResult } from '../../data/event-store.ts';
import type { ShopEvent } from '../../data/events.ts';
import { type ShopDatabase, setShopValue, shopValue } from './database.ts';
import type { Lease } from './lease.ts';
import type { Persons } from './persons.ts';
import type { Segments } from './segments.ts';

/** Bounds how long one transaction keeps the thread. */
const groupLimit = 8_192;

interface Waiting {
  readonly events: readonly ShopEvent[];
  resolve(results: AppendResult[]): void;
  reject(error: unknown): void;
}

/** Of the columns between the arrival and the rest; person and session are made from several fields. */
const storedFields = eventFieldList.filter(([, { stored }]) => stored !== 'nowhere');
const insertEvent = `INSERT INTO events (${storedColumnNames.join(', ')}) VALUES (${storedColumnNames.map(() => '?').join(', ')}) ON CONFLICT (event_id) DO NOTHING`;

export interface EventWriterParts {
  readonly database: ShopDatabase;
  readonly lease: Lease;
  readonly persons: Persons;
  readonly segments: Segments;
  /** Those of the ids that sealed events really have. */
  sealedIds(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Runs work alone, holding the lease. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

export class EventWriter {
  readonly #parts: EventWriterParts;
  #queue: Waiting[] = [];
  #scheduled = false;

  constructor(parts: EventWriterParts) {
    this.#parts = parts;
  }

  append(events: readonly ShopEvent[]): Promise<AppendResult[]> {
    if (events.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#queue.push({ events, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    while (this.#scheduled) await new Promise((resolve) => setImmediate(resolve));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // One turn of the event loop gathers whoever is ready; a commit in progress gathers the rest.
    setImmediate(() => {
      this.#parts
        .exclusively(() => this.#commitGroup())
        .catch((error) => {
          // The lease did not come: nobody in the queue can be served.
          for (const { reject } of this.#queue.splice(0)) reject(error);
        })
        .finally(() => {
          this.#scheduled = false;
          if (this.#queue.length > 0) this.#schedule();
        });
    });
  }

  async #commitGroup(): Promise<void> {
    const group = this.#takeGroup();
    try {
      const sealed = await this.#sealedAmong(group);
      const results = this.#store(group, sealed);
      for (const [i, { resolve }] of group.entries()) resolve(results[i]!);
    } catch (error) {
      this.#parts.persons.clear();
      for (const { reject } of group) reject(error);
    }
  }

  #takeGroup(): Waiting[] {
    let events = 0;
    let callers = 0;
    while (callers < this.#queue.length && events < groupLimit) events += this.#queue[callers++]!.events.length;
    return this.#queue.splice(0, callers);
  }

  async #sealedAmong(group: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const { segments, sealedIds } = this.#parts;
    const list = segments.list();
    if (list.length === 0) return new Set();
    const suspects: string[] = [];
    for (const { events } of group)
      for (const { eventId } of events) if (segments.mayHold(list, eventIdHash(eventId))) suspects.push(eventId);
    return suspects.length === 0 ? new Set() : sealedIds(suspects);
  }

  #store(group: readonly Waiting[], sealed: ReadonlySet<string>): AppendResult[][] {
    const { database, lease, persons } = this.#parts;
    return lease.transaction(() => {
      persons.begin();
      const first = shopValue(database, 'next_arrival') as number;
      const secret = shopValue(database, 'secret') as string;
      const insert = database.statement(insertEvent);
      let arrival = first;
      const results = group.map(({ events }) =>
        events.map((event): AppendResult => {
          if (sealed.has(event.eventId)) return 'duplicate';
          const person = persons.keyOfEvent(event);
          const session = event.sessionId ? sessionKey(secret, event.sessionId) : null;
          const { changes } = insert.run(arrival, ...storedFields.map(storedValue(event, person, session)));
          if (changes === 0) return 'duplicate';
          arrival++;
          return 'stored';
        }),
      );
      if (arrival > first) setShopValue(database, 'next_arrival', arrival);
      persons.finish();
      return results;
    });
  }
}

const storedValue =
  (event: ShopEvent, person: number, session: number | null) =>
  ([field, { type }]: (typeof storedFields)[number]): string | number | null => {
    if (field === 'userId') return person;
    if (field === 'sessionId') return session;
    if (field === 'flags') return event.flags ?? 0;
    const value = event[field] ?? null;
    return type === 'BIGINT' && value !== null ? Math.round(value as number) : value;
  };

/** A store's session ids often hold the visitor's id: what is kept is a salted hash of 52 bits. */
export function sessionKey(secret: string, sessionId: string): number {
  return eventIdHash(secret + sessionId);
}
