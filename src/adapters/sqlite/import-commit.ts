/**
 * One import becomes true at once: people get their keys set-at-a-time, events go sorted into a Parquet segment without
 * raw ids, and one short transaction names the segment. What takes long is done before it, without the lease, so that
 * others record meanwhile; the transaction looks at what came since, and where that matters the work is done anew. A
 * catalogue that is too large for one short transaction follows in several. Whatever fails or is killed before the
 * transaction leaves only what the next opening takes back.
 *
 * Event ids stay unique without a join over all events: hashes of the new ids are looked up in the segments' filters and
 * the live ids in theirs; only ids whose hash was hit are compared as texts.
 */
import { randomBytes } from 'node:crypto';
import { ShelfwiseError } from '../../core/errors.ts';
import { type Analytics, sqlText } from '../../data/analytics.ts';
import type { Product, TimedFact } from '../../data/catalogue.ts';
import { type Refused, refuseEvent, refuseFact, refuseProduct, refusesEventSql, refuseUser } from '../../data/door.ts';
import { type StoredEventColumn, stagedEventColumns, storedColumnNames } from '../../data/event-fields.ts';
import { eventIdHash, eventIdHashSql } from '../../data/event-id-hash.ts';
import type { UserProfile } from '../../data/events.ts';
import { eventCounts, type ImportCommit, type ImportReport } from '../../data/import-log.ts';
import {
  type ArrivalParts,
  type ArrivingRow,
  arrivingChunk,
  arrivingWeights,
  beginArrival,
  factsOfARow,
  markArrived,
  moveArriving,
  stageArriving,
  takeBack,
  writeArriving,
} from './arrivals.ts';
import { bumpCatalogue } from './catalogue-changes.ts';
import { ChangedEvents, hasColumn } from './changed-events.ts';
import { type ShopDatabase, setShopValue, shopValue } from './database.ts';
import { EventIdFilter } from './event-id-filter.ts';
import { ImportPeople } from './import-people.ts';
import type { Lease } from './lease.ts';
import { forgetsOf } from './persons.ts';
import type { QuarantineFile, QuarantineFiles } from './quarantine-files.ts';
import { bumpVersion, type Segments, type WrittenSegment } from './segments.ts';

export interface ImportParts extends ArrivalParts {
  readonly lease: Lease;
  readonly segments: Segments;
  readonly quarantine: QuarantineFiles;
  /** Runs work alone, holding the lease. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** Transactions after which the log is moved into the database by the import, so that no recording has to. */
const relief = 4;

/** Times that the work is done anew because of what others did meanwhile; the last time nobody else may. */
const attempts = 3;

export async function commitImport(parts: ImportParts, commit: ImportCommit): Promise<ImportReport> {
  const catalogue = new ArrivingCatalogue(commit);
  for (let attempt = 1; ; attempt++) {
    const last = attempt === attempts;
    const once = (alone: ImportParts): Promise<ImportReport | undefined> => new Arrival(alone, commit, catalogue).run();
    const report = last
      ? await parts.exclusively(() => once({ ...parts, exclusively: (work) => work() }))
      : await once(parts);
    if (report) return report;
    if (last) throw new ShelfwiseError('SW_INTERNAL', 'import: expected to be alone, got events of others.');
  }
}

/** The catalogue and the profiles of an import; facts are made when they are asked for, since there are very many. */
class ArrivingCatalogue {
  readonly size: number;
  readonly users: readonly UserProfile[];
  readonly #products: readonly Product[];
  readonly #facts: Iterable<TimedFact>;

  /** @throws ShelfwiseError `SW_INPUT_ROW` for the first row that does not pass */
  constructor({ users, products, facts }: ImportCommit) {
    this.users = [...passing(users, refuseUser)];
    this.#products = [...passing(products, refuseProduct)];
    let count = 0;
    for (const _ of passing(facts, refuseFact)) count++;
    this.#facts = facts;
    this.size = this.users.length + this.#products.length + count;
  }

  *rows(): Generator<ArrivingRow> {
    for (const row of this.users) yield { kind: 'user', row };
    for (const row of this.#products) yield { kind: 'product', row };
    let row: TimedFact[] = [];
    for (const fact of this.#facts) {
      row.push(fact);
      if (row.length < factsOfARow) continue;
      yield { kind: 'facts', row };
      row = [];
    }
    if (row.length > 0) yield { kind: 'facts', row };
  }
}

function* passing<Row>(rows: Iterable<Row>, refuse: (row: unknown) => Refused | undefined): Generator<Row> {
  for (const row of rows) {
    const refused = refuse(row);
    if (refused) throw new ShelfwiseError('SW_INPUT_ROW', refused.refused, 'Nothing of the import was stored.');
    yield row;
  }
}

/** What others have done that an import must know of. */
interface Seen {
  /** Events recorded later have at least this arrival. */
  readonly arrival: number;
  readonly segments: ReadonlySet<string>;
  readonly forgets: number;
}

/** The events of an import as they will be stored. */
interface NewEvents {
  readonly segment: WrittenSegment | undefined;
  readonly counts: Partial<ImportReport>;
  readonly changes: ChangedEvents | undefined;
  /** Of the ids of events that are new to the shop. */
  readonly hashes: Float64Array;
  readonly filter: EventIdFilter;
}

/** One attempt. */
class Arrival {
  readonly #parts: ImportParts;
  readonly #commit: ImportCommit;
  readonly #catalogue: ArrivingCatalogue;
  readonly #name = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
  /** A catalogue that one short transaction takes is not staged. */
  readonly #staged: boolean;
  #transactions = 0;

  constructor(parts: ImportParts, commit: ImportCommit, catalogue: ArrivingCatalogue) {
    this.#parts = parts;
    this.#commit = commit;
    this.#catalogue = catalogue;
    this.#staged = catalogue.size > arrivingChunk;
  }

  /** @returns nothing where others did meanwhile what the work rests on */
  async run(): Promise<ImportReport | undefined> {
    const { database, segments, quarantine } = this.#parts;
    const { batch, firstArrival, seen } = await this.#begin();
    let setAside: QuarantineFile | undefined;
    let people: ImportPeople | undefined;
    let report: ImportReport | undefined;
    let changes: ChangedEvents | undefined;
    const discard = async (): Promise<void> => {
      segments.discard(this.#name);
      changes?.discard();
      if (setAside) quarantine.discard(setAside.file);
      await this.#transact(() => takeBack(database, batch));
    };
    try {
      const { events: staged, quarantine: aside } = this.#commit;
      people = await this.#mapPeople(batch);
      // The analytics port works while rows are staged. Whatever fails, both have ended before anything is taken back.
      const [written, waiting] = await Promise.allSettled([
        staged && this.#writeEvents(staged, people, { firstArrival, batch }),
        this.#stage(batch),
      ]);
      if (written.status === 'fulfilled') changes = written.value?.changes;
      if (written.status === 'rejected') throw written.reason;
      if (waiting.status === 'rejected') throw waiting.reason;
      const events = written.value;
      const told = { ...this.#commit.report, ...events?.counts };
      setAside =
        aside &&
        (await quarantine.write(
          aside.analytics,
          told.importId,
          `SELECT step, file, line, reason, "row" FROM ${aside.table}`,
        ));
      report = await this.#switch(seen, events, told, () => {
        people!.join();
        changes?.replace();
        if (events?.segment) segments.add(events.segment);
        if (setAside) quarantine.put(setAside);
        if (this.#staged) markArrived(database, batch);
        else {
          for (const row of this.#catalogue.rows()) writeArriving(this.#parts, row, batch);
          database.run('DELETE FROM arrivals WHERE batch = ?', batch);
          bumpCatalogue(database);
        }
        database.run(
          'INSERT INTO imports (import_id, report, batch, first_arrival, last_arrival) VALUES (?, ?, ?, ?, ?)',
          ...[told.importId, JSON.stringify(told), batch, firstArrival, seen.arrival - 1],
        );
        bumpVersion(database);
      });
    } catch (error) {
      // What cannot be taken back now, on a full disk for instance, the next opening takes back.
      await discard().catch(() => undefined);
      throw error;
    } finally {
      await people?.drop();
      await changes?.drop();
    }
    if (!report) await discard();
    else if (this.#staged) await this.#move(batch);
    return report;
  }

  /** Numbers the import and keeps as many arrivals for it as it has events. */
  async #begin(): Promise<{ batch: number; firstArrival: number; seen: Seen }> {
    const { database } = this.#parts;
    const { events } = this.#commit;
    const rows = events ? await arrivalsOf(events.analytics, events.table) : 0;
    return this.#transact(() => {
      const firstArrival = shopValue(database, 'next_arrival') as number;
      if (rows > 0) setShopValue(database, 'next_arrival', firstArrival + rows);
      return { batch: beginArrival(database), firstArrival, seen: this.#look() };
    });
  }

  #look(): Seen {
    const { database, segments } = this.#parts;
    return {
      arrival: shopValue(database, 'next_arrival') as number,
      segments: new Set(segments.list().map(({ name }) => name)),
      forgets: forgetsOf(database),
    };
  }

  async #mapPeople(batch: number): Promise<ImportPeople> {
    const { database } = this.#parts;
    const users = this.#catalogue.users.map(({ userId }) => userId);
    const people = new ImportPeople({
      database,
      batch,
      users,
      ...(this.#commit.events && { events: this.#commit.events }),
      transact: (work) => this.#transact(work),
    });
    await people.map();
    return people;
  }

  async #writeEvents(
    { analytics, table, withdrawn }: NonNullable<ImportCommit['events']>,
    people: ImportPeople,
    { firstArrival, batch }: { firstArrival: number; batch: number },
  ): Promise<NewEvents> {
    const { database, segments } = this.#parts;
    const secret = shopValue(database, 'secret') as string;
    const found = await analytics.columns(
      `SELECT CASE WHEN ${refusesEventSql()} THEN -1 ELSE ${eventIdHashSql('event_id')} END AS hash FROM ${table}`,
    );
    if ((found['hash'] as Float64Array).includes(-1)) throw await refusedEvent(analytics, table);
    const { hashes, known, source, drop } = await newRows(
      ...([database, segments, analytics, table, found['hash'] as Float64Array] as const),
    );
    const person = people.personSql();
    let changes: ChangedEvents | undefined;
    try {
      const ordered = await hasColumn(analytics, table, 'arrival');
      if (withdrawn || known.size > 0)
        changes = await ChangedEvents.find({ database, segments, analytics, table, withdrawn, person }, known);
      await changes?.keep(batch, (work) => this.#transact(work));
      const { changed: eventsChanged = 0, withdrawn: eventsWithdrawn = 0 } = changes ?? {};
      const counts = eventCounts(found['hash']!.length, { eventsKept: hashes.length, eventsChanged, eventsWithdrawn });
      const all = joined(hashes, changes?.hashes);
      if (all.length === 0)
        return { segment: undefined, counts, changes, hashes, filter: EventIdFilter.of(hashes).filter };
      const { filter } = EventIdFilter.of(all);
      const rows = changes
        ? `(SELECT *, CAST(NULL AS BIGINT) AS person_kept FROM ${source} UNION ALL BY NAME SELECT * FROM ${changes.source})`
        : source;
      // Without an order of arrival the order is made from what the rows hold, so that the same rows give the same segment.
      const arrival = ordered ? 's.arrival' : 'row_number() OVER (ORDER BY s.time, s.event_id) - 1';
      const made: Readonly<Partial<Record<StoredEventColumn, string>>> = {
        arrival: `${firstArrival} + CAST(${arrival} AS BIGINT)`,
        person: changes ? `coalesce(s.person_kept, ${person.expression})` : person.expression,
        session: eventIdHashSql(`${sqlText(secret)} || s.session_id`),
        flags: 'coalesce(s.flags, 0)',
      };
      const segment = await segments.write(
        analytics,
        this.#name,
        `SELECT ${storedColumnNames.map((column) => `${made[column] ?? `s.${column}`} AS ${column}`).join(', ')}
         FROM ${rows} s ${person.joins}`,
        filter,
      );
      return { segment, counts, changes, hashes, filter };
    } catch (error) {
      changes?.discard();
      await changes?.drop();
      throw error;
    } finally {
      await drop();
    }
  }

  async #stage(batch: number): Promise<void> {
    if (!this.#staged) return;
    const chunk = new ShortWork();
    let from = 0;
    let rows: ArrivingRow[] = [];
    let weight = 0;
    const stage = async (): Promise<void> => {
      await this.#transact(() => chunk.measure(() => stageArriving(this.#parts.database, batch, from, rows)));
      from += rows.length;
      rows = [];
      weight = 0;
    };
    for (const row of this.#catalogue.rows()) {
      rows.push(row);
      weight += arrivingWeights[row.kind];
      if (weight >= chunk.rows) await stage();
    }
    if (rows.length > 0) await stage();
  }

  async #move(batch: number): Promise<void> {
    const chunk = new ShortWork();
    for (let done = false; !done; )
      done = await this.#transact(() => chunk.measure(() => moveArriving(this.#parts, batch, chunk.rows)));
  }

  /**
   * The transaction that makes the import visible, once nothing that others did stands against it.
   *
   * @returns nothing where something does
   */
  async #switch(
    began: Seen,
    events: NewEvents | undefined,
    report: ImportReport,
    work: () => void,
  ): Promise<ImportReport | undefined> {
    for (let before = began; ; ) {
      const seen = this.#look();
      if (this.#standsAgainst(began, before, seen, events)) return undefined;
      const result = await this.#transact(() => {
        const now = this.#look();
        const newSegments = [...now.segments].some((name) => !seen.segments.has(name));
        if (newSegments || now.forgets !== seen.forgets) return 'again';
        if (this.#standsAgainst(began, seen, now, events)) return 'against';
        if (events?.changes && !events.changes.stillThere()) return 'against';
        work();
        return 'done';
      });
      if (result === 'done') return report;
      if (result === 'against') return undefined;
      before = seen;
    }
  }

  /** True where people were forgotten, or events stored, since `before`, that the import has as well. */
  #standsAgainst(began: Seen, before: Seen, now: Seen, events: NewEvents | undefined): boolean {
    const { database, segments } = this.#parts;
    if (now.forgets !== began.forgets) return true;
    if (!events) return false;
    for (const [id] of database.all('SELECT event_id FROM events WHERE arrival >= ?', before.arrival))
      if (events.filter.has(eventIdHash(id as string))) return true;
    const added = segments.list().filter(({ name }) => now.segments.has(name) && !before.segments.has(name));
    return added.some((segment) => {
      const sealed = segments.filter(segment);
      return events.hashes.some((hash) => sealed.has(hash));
    });
  }

  async #transact<T>(work: () => T): Promise<T> {
    const { database, exclusively, lease, persons } = this.#parts;
    const result = await exclusively(async () => {
      try {
        return lease.transaction(() => {
          persons.begin();
          const result = work();
          persons.finish();
          return result;
        });
      } finally {
        // What this import knows of people, the shop's own memory of them does not.
        persons.clear();
      }
    });
    if (++this.#transactions % relief === 0) database.relieveLog();
    return result;
  }
}

/** As many rows at a time as make a transaction short, and not more of them than needed. */
class ShortWork {
  rows = arrivingChunk;

  measure<T>(work: () => T): T {
    const started = performance.now();
    const result = work();
    const ms = performance.now() - started;
    if (ms < 20) this.rows = Math.min(16_384, this.rows * 2);
    else if (ms > 50) this.rows = Math.max(128, this.rows >> 1);
    return result;
  }
}

/** Arrivals that the rows of a table take. */
async function arrivalsOf(analytics: Analytics, table: string): Promise<number> {
  const count = (await hasColumn(analytics, table, 'arrival')) ? 'coalesce(max(arrival), -1) + 1' : 'count(*)';
  const [found] = await analytics.rows<{ n: number }>(`SELECT ${count} AS n FROM ${table}`);
  return found!.n;
}

/** The cleaning of an import sets such rows aside before. */
async function refusedEvent(analytics: Analytics, table: string): Promise<ShelfwiseError> {
  const columns = Object.keys(stagedEventColumns).join(', ');
  const [row] = await analytics.rows(`SELECT ${columns} FROM ${table} WHERE ${refusesEventSql()} LIMIT 1`);
  const given = Object.entries(row!).filter(([, value]) => value !== null);
  const event = Object.fromEntries(
    given.map(([column, value]) => [column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]),
  );
  const message = refuseEvent(event)?.refused ?? 'event: expected a row that the door lets pass, got another.';
  return new ShelfwiseError('SW_INPUT_ROW', message, 'Nothing of the import was stored.');
}

/** The staged rows without those whose event id is known (`known` has their hashes, and perhaps a few more), each id once; the first by time stays. */
async function newRows(
  database: ShopDatabase,
  segments: Segments,
  analytics: Analytics,
  table: string,
  hashes: Float64Array,
): Promise<{ hashes: Float64Array; known: ReadonlySet<number>; source: string; drop: () => Promise<void> }> {
  const { filter, repeated } = EventIdFilter.of(hashes);
  const suspects = new Set(repeated);
  const known = new Set<number>();
  const list = segments.list();
  for (const { filter: sealed } of list.map((segment) => ({ filter: segments.filter(segment) })))
    for (const hash of hashes) if (sealed.has(hash)) known.add(hash);
  const live: string[] = [];
  for (const [id] of database.all('SELECT event_id FROM events')) {
    const hash = eventIdHash(id as string);
    if (!filter.has(hash)) continue;
    live.push(id as string);
    known.add(hash);
  }
  for (const hash of known) suspects.add(hash);
  const drop = async (): Promise<void> => {
    for (const name of ['store_suspects', 'store_known', 'store_once'])
      await analytics.execute(`DROP TABLE IF EXISTS ${name}`);
  };
  if (suspects.size === 0) return { hashes, known, source: table, drop };

  await drop();
  await analytics.append('store_suspects', [{ name: 'hash', type: 'BIGINT', values: Float64Array.from(suspects) }]);
  await analytics.append('store_known', [{ name: 'event_id', type: 'VARCHAR', values: live }]);
  const sealed = segments.relation(list);
  const hash = eventIdHashSql('event_id');
  if (sealed)
    await analytics.execute(
      `INSERT INTO store_known SELECT event_id FROM ${sealed} WHERE ${hash} IN (SELECT hash FROM store_suspects)`,
    );
  const order = (await hasColumn(analytics, table, 'arrival')) ? 'arrival' : 'time, kind, product_id, quantity';
  await analytics.execute(
    `CREATE TEMP TABLE store_once AS SELECT * FROM (
       SELECT * FROM ${table} WHERE ${hash} IN (SELECT hash FROM store_suspects)
         AND event_id NOT IN (SELECT event_id FROM store_known)
       QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY ${order}) = 1)`,
  );
  const kept = await analytics.columns(`SELECT ${hash} AS hash FROM store_once`);
  const certain = hashes.filter((value) => !suspects.has(value));
  const all = joined(certain, kept['hash'] as Float64Array);
  const source = `(SELECT * FROM ${table} WHERE ${hash} NOT IN (SELECT hash FROM store_suspects) UNION ALL SELECT * FROM store_once)`;
  return { hashes: all, known, source, drop };
}

function joined(first: Float64Array, second: Float64Array = new Float64Array()): Float64Array {
  const all = new Float64Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
