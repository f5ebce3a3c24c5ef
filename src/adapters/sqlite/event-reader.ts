/**
 * Live rows and sealed segments as one sequence of events: live rows are copied into DuckDB beside the Parquet files, keys
 * of joined visitors are replaced by their customers', and DuckDB orders and codes the whole.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { named } from '../../core/system-errors.ts';
import type { Analytics, TableColumn } from '../../data/analytics.ts';
import { sqlText } from '../../data/analytics.ts';
import {
  eventFields,
  type FurtherField,
  type StoredEventColumn,
  storedColumnNames,
  storedEventColumns,
} from '../../data/event-fields.ts';
import { eventIdHashSql } from '../../data/event-id-hash.ts';
import {
  type EventColumns,
  type EventFilter,
  type EventRead,
  type FurtherColumns,
  furtherColumnsOf,
  recentEventsKept,
} from '../../data/event-store.ts';
import { eventKinds } from '../../data/events.ts';
import { type ShopDatabase, type SqlRow, shopValue } from './database.ts';
import type { RecentEvent } from './people-file.ts';
import type { Persons } from './persons.ts';
import { kindCode } from './schema.ts';
import type { Segment, Segments } from './segments.ts';
import { SessionCodes } from './session-codes.ts';

const readColumns = [
  'arrival',
  'person',
  'time',
  'kind',
  'product_id',
  'session',
  'quantity',
  'price_minor',
  'value',
  'flags',
] as const;
type ReadRow = Record<(typeof readColumns)[number], string | number | null> &
  Partial<Record<StoredEventColumn, string | number | null>>;
type PersonEvent = Omit<RecentEvent, 'productId'> & { readonly productId: string | null };

/** Oldest first. */
interface PersonEvents {
  readonly person: number;
  readonly events: readonly PersonEvent[];
}

const kindCodes: ReadonlyMap<unknown, number> = new Map(eventKinds.map((kind, code) => [kind, code]));

const rowsOf = (rows: readonly SqlRow[], columns: readonly string[]): ReadRow[] =>
  rows.map((row) => Object.fromEntries(columns.map((name, c) => [name, row[c]])) as ReadRow);

export class EventReader {
  readonly #database: ShopDatabase;
  readonly #segments: Segments;
  readonly #persons: Persons;
  /** Whole reads, which take long. */
  readonly #scans: Lane;
  /** One person, one id. */
  readonly #lookUps: Lane;
  #names = 0;

  constructor(database: ShopDatabase, segments: Segments, persons: Persons, openAnalytics: () => Promise<Analytics>) {
    this.#database = database;
    this.#segments = segments;
    this.#persons = persons;
    this.#scans = new Lane(openAnalytics);
    this.#lookUps = new Lane(openAnalytics);
  }

  async read<Field extends FurtherField>({
    columns = [],
    ...filter
  }: EventRead<Field>): Promise<EventColumns & Pick<FurtherColumns, Field>> {
    const { person } = filter;
    if (person === undefined) return this.withAnalytics((analytics) => this.#readAll(analytics, filter, columns));
    const { rows, ...found } = await this.#personEvents(person, filter, columns);
    const further = furtherColumnsOf(columns, (column) => rows.map((row) => row[column] ?? null));
    return { ...columnsOfPerson(found), ...further };
  }

  /** The newest events of a person that name a product, oldest first; at most `recentEventsKept`. */
  async recent(person: number): Promise<EventColumns> {
    for (;;) {
      const { found, segments } = this.#recentState(person);
      if (found) return columnsOfPerson(found);
      // First here, or after a change of the sealed events: their files are opened.
      if (await this.#explained(() => this.#segments.openPeople(segments))) continue;
      const all = await this.#personEvents(person, {}, []);
      const events = all.events.filter(({ productId }) => productId !== null);
      return columnsOfPerson({ person: all.person, events: events.slice(-recentEventsKept) });
    }
  }

  /** The words of a person's last live search in a span of time. */
  lastSearch(person: number, since: number, until: number): string | undefined {
    let last: SqlRow | undefined;
    for (const key of this.#persons.keysOf(person).keys) {
      const [row] = this.#database.all(searchSql, key, since, until);
      if (row && (!last || (row[0] as number) > (last[0] as number))) last = row;
    }
    return last?.[1] as string | undefined;
  }

  /** In one pass: what is sealed meanwhile is neither missed nor seen twice. Nothing found until the files are open. */
  #recentState(person: number): { readonly found: PersonEvents | undefined; readonly segments: readonly Segment[] } {
    return this.#database.snapshot(() => {
      const { canonical, keys } = this.#persons.keysOf(person);
      const segments = this.#segments.current();
      const files = this.#segments.people(segments);
      if (!files) return { found: undefined, segments };
      const live = keys.flatMap((key) => this.#database.all(recentSql, key).map(recentEventOf));
      const sealed = files.flatMap((file) => keys.flatMap((key) => file.eventsOf(key)));
      const events = [...live, ...sealed].sort(byTime).slice(-recentEventsKept);
      return { found: { person: canonical, events }, segments };
    });
  }

  /** Long work in the reader's own DuckDB, one after another. */
  withAnalytics<T>(work: (analytics: Analytics) => Promise<T>): Promise<T> {
    return this.#explained(() => this.#scans.run(work));
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    const version = shopValue(this.#database, 'version');
    try {
      return await named(this.#database.path, work);
    } catch (error) {
      // Segments that were written anew meanwhile are gone; a fault of the present ones is named.
      if (shopValue(this.#database, 'version') !== version) return await work();
      throw await this.#segments.explain(error);
    }
  }

  /** Hashes of the sessions in which a person was seen, live and sealed. */
  async sessionsOf(person: number): Promise<number[]> {
    const { keys } = this.#persons.keysOf(person);
    const where = `${whereSql({}, keys)} AND session IS NOT NULL`;
    const live = this.#database
      .all(`SELECT DISTINCT session FROM events${where}`)
      .map(([session]) => session as number);
    const sealed = this.#segments.relation(this.#segments.list());
    if (!sealed) return live;
    return this.#explained(() =>
      this.#lookUps.run(async (analytics) => {
        const rows = await analytics.rows<{ session: number }>(`SELECT DISTINCT session FROM ${sealed}${where}`);
        return [...live, ...rows.map(({ session }) => session)];
      }),
    );
  }

  /** Those of the ids that sealed events have. */
  async sealedIds(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const sealed = this.#segments.relation(this.#segments.list());
    if (!sealed) return new Set();
    return this.#explained(() =>
      this.#lookUps.run(async (analytics) => {
        const table = this.#name('ids');
        try {
          await analytics.append(table, [{ name: 'event_id', type: 'VARCHAR', values: ids }]);
          const rows = await analytics.rows<{ event_id: string }>(
            `SELECT event_id FROM ${sealed} WHERE event_id IN (SELECT event_id FROM ${table})`,
          );
          return new Set(rows.map((row) => row.event_id));
        } finally {
          await analytics.execute(`DROP TABLE IF EXISTS ${table}`);
        }
      }),
    );
  }

  /** Creates a view of all events (of a person) in `analytics`, in no order, with the joined visitors' keys replaced. */
  async createView(
    analytics: Analytics,
    view: string,
    filter: EventFilter,
    columns: readonly StoredEventColumn[],
  ): Promise<void> {
    const keys = filter.person === undefined ? undefined : this.#persons.keysOf(filter.person).keys;
    const { segments, live, aliases } = this.#database.snapshot(() => ({
      segments: this.#segments.list(),
      live: this.#liveRows(columns, filter, keys),
      aliases: this.#database.all('SELECT person, canonical FROM aliases'),
    }));
    await this.#segments.assertChecksums(segments);
    await analytics.append(`${view}_live`, columnsOfRows(columns, live));
    const sealed = this.#segments.relation(segments);
    const parts = [`SELECT ${columns.join(', ')} FROM ${view}_live`];
    if (sealed) parts.push(`SELECT ${columns.join(', ')} FROM ${sealed}${whereSql(filter, keys)}`);
    let united = live.length === 0 && sealed ? parts[1]! : parts.join(' UNION ALL ');
    if (aliases.length > 0) {
      await analytics.append(`${view}_aliases`, [
        { name: 'alias', type: 'BIGINT', values: Float64Array.from(aliases, ([person]) => person as number) },
        {
          name: 'canonical',
          type: 'BIGINT',
          values: Float64Array.from(aliases, ([, canonical]) => canonical as number),
        },
      ]);
      united = `SELECT e.* REPLACE (coalesce(a.canonical, e.person) AS person) FROM (${united}) e LEFT JOIN ${view}_aliases a ON a.alias = e.person`;
    }
    await analytics.execute(`CREATE VIEW ${view} AS ${united}`);
  }

  async dropView(analytics: Analytics, view: string): Promise<void> {
    await analytics.execute(`DROP VIEW IF EXISTS ${view}`);
    await analytics.execute(`DROP TABLE IF EXISTS ${view}_live`);
    await analytics.execute(`DROP TABLE IF EXISTS ${view}_aliases`);
  }

  /** Live events as rows; inside a snapshot. */
  #liveRows(columns: readonly StoredEventColumn[], filter: EventFilter, keys: readonly number[] | undefined): SqlRow[] {
    return this.#database.all(`SELECT ${columns.join(', ')} FROM events${whereSql(filter, keys)} ORDER BY arrival`);
  }

  async #readAll<Field extends FurtherField>(
    analytics: Analytics,
    filter: EventFilter,
    further: readonly Field[],
  ): Promise<EventColumns & Pick<FurtherColumns, Field>> {
    const view = this.#name('events');
    const sorted = `${view}_sorted`;
    const codes = `${view}_codes`;
    const people = `${view}_people`;
    try {
      const more = further.map((field) => eventFields[field].column);
      await this.createView(analytics, view, filter, [...new Set([...readColumns, 'event_id', ...more] as const)]);
      const named = await analytics.columns(
        `SELECT DISTINCT product_id FROM ${view} WHERE product_id IS NOT NULL ORDER BY product_id`,
      );
      const products = named['product_id'] as string[];
      let product = '-1';
      if (products.length > 0) {
        await analytics.execute(
          `CREATE TYPE ${codes} AS ENUM (SELECT DISTINCT product_id FROM ${view} WHERE product_id IS NOT NULL ORDER BY product_id)`,
        );
        product = `coalesce(enum_code(CAST(product_id AS ${codes})), -1)`;
      }
      // People stand by their first event, so that no random key shows in the order; keys part what is equal otherwise.
      await analytics.execute(
        `CREATE TEMP TABLE ${people} AS SELECT person, row_number() OVER (ORDER BY first, person) AS stand FROM (
           SELECT person, min(CAST(time AS HUGEINT) * ${2 ** 52} + ${eventIdHashSql('event_id')}) AS first FROM ${view} GROUP BY person)`,
      );
      // A filter or a join may take row groups in any order: the order is always made, never assumed.
      await analytics.execute(
        `CREATE TEMP TABLE ${sorted} AS SELECT person, time, CAST(${kindCode} AS TINYINT) AS kind, CAST(${product} AS INTEGER) AS product,
           coalesce(session, -1) AS session, CAST(coalesce(quantity, 1) AS FLOAT) AS quantity, price_minor, value, flags${more.map((name) => `, ${name}`).join('')}
         FROM ${view} JOIN ${people} USING (person) ORDER BY stand, time, arrival`,
      );
      const column = async (name: string): Promise<Float64Array> =>
        (await analytics.columns(`SELECT ${name} FROM ${sorted}`))[name] as Float64Array;
      const person = await column('person');
      const texts: Record<string, ArrayLike<string | number | null>> = {};
      for (const name of more) texts[name] = await column(name);
      return {
        ...furtherColumnsOf(further, (name) => texts[name]!),
        length: person.length,
        person,
        time: await column('time'),
        kind: Uint8Array.from(await column('kind')),
        product: Int32Array.from(await column('product')),
        products,
        session: new SessionCodes().encode(await column('session')),
        quantity: Float32Array.from(await column('quantity')),
        priceMinor: await column('price_minor'),
        value: Float32Array.from(await column('value')),
        flags: Int32Array.from(await column('flags')),
      };
    } finally {
      await analytics.execute(`DROP TABLE IF EXISTS ${sorted}`);
      await analytics.execute(`DROP TABLE IF EXISTS ${people}`);
      await analytics.execute(`DROP TYPE IF EXISTS ${codes}`);
      await this.dropView(analytics, view);
    }
  }

  #personEvents(
    person: number,
    filter: EventFilter,
    further: readonly FurtherField[],
  ): Promise<PersonEvents & { readonly rows: readonly ReadRow[] }> {
    const columns = [...readColumns, ...further.map((field) => eventFields[field].column)];
    return this.#explained(() =>
      this.#lookUps.run(async (analytics) => {
        const { segments, live, canonical, keys } = this.#database.snapshot(() => {
          const known = this.#persons.keysOf(person);
          return { ...known, segments: this.#segments.list(), live: this.#liveRows(columns, filter, known.keys) };
        });
        const rows = rowsOf(live, columns);
        await this.#segments.assertChecksums(segments);
        const sealed = this.#segments.relation(segments);
        const select = `SELECT ${columns.join(', ')} FROM ${sealed}${whereSql(filter, keys)}`;
        if (sealed) rows.push(...(await analytics.rows<ReadRow>(select)));
        rows.sort((a, b) => Number(a.time) - Number(b.time) || Number(a.arrival) - Number(b.arrival));
        return { person: canonical, rows, events: rows.map(eventOfRow) };
      }),
    );
  }

  #name(prefix: string): string {
    return `${prefix}_${this.#names++}`;
  }

  async close(): Promise<void> {
    await this.#scans.close();
    await this.#lookUps.close();
    this.#segments.close();
  }
}

/** A DuckDB of its own, opened when first needed; its work runs one after another. */
class Lane {
  readonly #open: () => Promise<Analytics>;
  /** Absent until it could be opened: a failure is tried again by the next that needs it. */
  #analytics: Analytics | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(open: () => Promise<Analytics>) {
    this.#open = open;
  }

  run<T>(work: (analytics: Analytics) => Promise<T>): Promise<T> {
    const run = this.#tail.then(async () => {
      if (this.#closed) {
        const message = 'events: expected an open shop, got one that was closed.';
        throw new ShelfwiseError('SW_SHOP_CLOSED', message, 'Open it again, and close it when all is done.');
      }
      this.#analytics ??= await this.#start();
      return work(this.#analytics);
    });
    this.#tail = run.catch(() => undefined);
    return run;
  }

  async #start(): Promise<Analytics> {
    const analytics = await this.#open();
    try {
      await analytics.execute('SET parquet_metadata_cache = true');
      return analytics;
    } catch (error) {
      await analytics.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#tail;
    this.#closed = true;
    await this.#analytics?.close();
    this.#analytics = undefined;
  }
}

/** Copies the live events older than `before` into a table of `analytics`; answers their ids. */
export async function copyLive(
  database: ShopDatabase,
  analytics: Analytics,
  table: string,
  before: number,
): Promise<string[]> {
  const rows = database.all(
    `SELECT ${storedColumnNames.join(', ')} FROM events WHERE time < ? ORDER BY arrival`,
    before,
  );
  await analytics.append(table, columnsOfRows(storedColumnNames, rows));
  const id = storedColumnNames.indexOf('event_id');
  return rows.map((row) => row[id] as string);
}

/** A WHERE clause that both SQLite and DuckDB read. */
export function whereSql(filter: EventFilter, keys: readonly number[] | undefined): string {
  const conditions: string[] = [];
  if (filter.kinds) conditions.push(`kind IN (${filter.kinds.map(sqlText).join(', ') || 'NULL'})`);
  if (filter.since !== undefined) conditions.push(`time >= ${Math.ceil(filter.since)}`);
  if (filter.until !== undefined) conditions.push(`time < ${Math.ceil(filter.until)}`);
  if (keys) conditions.push(`person IN (${keys.map(Math.trunc).join(', ')})`);
  if (filter.productId !== undefined) conditions.push(`product_id = ${sqlText(filter.productId)}`);
  if (filter.eventIds) conditions.push(`event_id IN (${filter.eventIds.map(sqlText).join(', ') || 'NULL'})`);
  return conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
}

function columnsOfRows(columns: readonly StoredEventColumn[], rows: readonly SqlRow[]): TableColumn[] {
  return columns.map((name, c) => ({
    name,
    type: storedEventColumns[name],
    values: rows.map((row) => row[c]!) as (string | null)[] | (number | null)[],
  }));
}

/** Live events by the index of persons. */
const recentSql = `SELECT time, arrival, session, price_minor, product_id, quantity, value, kind, flags FROM events
  WHERE person = ? AND product_id IS NOT NULL ORDER BY time DESC, arrival DESC LIMIT ${recentEventsKept}`;

const searchSql = `SELECT time, text FROM events
  WHERE person = ? AND time >= ? AND time <= ? AND kind = 'search' AND text IS NOT NULL
  ORDER BY time DESC, arrival DESC LIMIT 1`;

/** @param row - of `recentSql`: a request reads up to `recentEventsKept` of them, so that none becomes an object in between */
function recentEventOf(row: SqlRow): PersonEvent {
  return {
    time: row[0] as number,
    arrival: row[1] as number,
    session: (row[2] ?? -1) as number,
    priceMinor: (row[3] ?? Number.NaN) as number,
    productId: row[4] as string,
    quantity: (row[5] ?? 1) as number,
    value: (row[6] ?? Number.NaN) as number,
    kind: kindCodes.get(row[7])!,
    flags: row[8] as number,
  };
}

function eventOfRow(row: ReadRow): PersonEvent {
  return {
    time: row.time as number,
    arrival: row.arrival as number,
    session: (row.session ?? -1) as number,
    priceMinor: (row.price_minor ?? Number.NaN) as number,
    productId: row.product_id as string | null,
    quantity: (row.quantity ?? 1) as number,
    value: (row.value ?? Number.NaN) as number,
    kind: kindCodes.get(row.kind)!,
    flags: row.flags as number,
  };
}

const byTime = (a: PersonEvent, b: PersonEvent): number => a.time - b.time || a.arrival - b.arrival;

function columnsOfPerson({ person, events }: PersonEvents): EventColumns {
  const products = [...new Set(events.flatMap(({ productId }) => productId ?? []))].sort();
  const codes = new Map(products.map((id, code) => [id, code]));
  const sessions = new Map<number, number>();
  const sessionOf = (key: number): number => {
    if (key < 0) return -1;
    if (!sessions.has(key)) sessions.set(key, sessions.size);
    return sessions.get(key)!;
  };
  return {
    length: events.length,
    person: new Float64Array(events.length).fill(person),
    time: Float64Array.from(events, ({ time }) => time),
    kind: Uint8Array.from(events, ({ kind }) => kind),
    product: Int32Array.from(events, ({ productId }) => (productId === null ? -1 : codes.get(productId)!)),
    products,
    session: Int32Array.from(events, ({ session }) => sessionOf(session)),
    quantity: Float32Array.from(events, ({ quantity }) => quantity),
    priceMinor: Float64Array.from(events, ({ priceMinor }) => priceMinor),
    value: Float32Array.from(events, ({ value }) => value),
    flags: Int32Array.from(events, ({ flags }) => flags),
  };
}
