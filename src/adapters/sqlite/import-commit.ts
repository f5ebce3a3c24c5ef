/**
 * One import becomes true at once: people get their keys set-at-a-time, events go sorted into a Parquet segment without
 * raw ids, and everything else is written in the one transaction that also names the segment. Whatever fails
 * or is killed before that transaction leaves files that no row names, and these are removed.
 *
 * Event ids stay unique without a join over all events: hashes of the new ids are looked up in the segments' filters and
 * the live ids in theirs; only ids whose hash was hit are compared as texts.
 */
import { randomBytes } from 'node:crypto';
import { ShelfwiseError } from '../../core/errors.ts';
import { type Analytics, sqlText } from '../../data/analytics.ts';
import { type Refused, refuseEvent, refuseFact, refuseProduct, refusesEventSql, refuseUser } from '../../data/door.ts';
import { eventIdHash, eventIdHashSql } from '../../data/event-id-hash.ts';
import { type ImportCommit, type ImportReport, stagedEventColumns } from '../../data/shop-store.ts';
import { bumpCatalogue, writeFact, writeProduct } from './catalogue-rows.ts';
import { type ShopDatabase, setShopValue, shopValue } from './database.ts';
import { EventIdFilter } from './event-id-filter.ts';
import { ImportPeople } from './import-people.ts';
import type { Lease } from './lease.ts';
import type { Persons } from './persons.ts';
import type { QuarantineFile, QuarantineFiles } from './quarantine-files.ts';
import { bumpVersion, type Segments, type WrittenSegment } from './segments.ts';

export interface ImportParts {
  readonly database: ShopDatabase;
  readonly lease: Lease;
  readonly persons: Persons;
  readonly segments: Segments;
  readonly quarantine: QuarantineFiles;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

interface NewEvents {
  readonly segment: WrittenSegment;
  readonly nextArrival: number;
}

/** Holding the lease, alone. */
export async function commitImport(parts: ImportParts, commit: ImportCommit): Promise<ImportReport> {
  const { database, lease, persons, segments, quarantine, clock } = parts;
  let { report } = commit;
  const now = clock();
  const name = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
  let setAside: QuarantineFile | undefined;
  let people: ImportPeople | undefined;
  try {
    database.snapshot(() => persons.begin());
    people = commit.events && new ImportPeople(commit.events.analytics, persons, commit.events.table);
    const written = commit.events && (await writeEvents(parts, commit.events, people!, name));
    const events = written?.events;
    if (written) report = { ...report, ...written.counts };
    setAside =
      commit.quarantine &&
      (await quarantine.write(
        commit.quarantine.analytics,
        report.importId,
        `SELECT step, file, line, reason, "row" FROM ${commit.quarantine.table}`,
      ));
    lease.transaction(() => {
      people?.store();
      if (events) {
        segments.add(events.segment);
        setShopValue(database, 'next_arrival', events.nextArrival);
      }
      for (const user of passing(commit.users, refuseUser)) {
        const person = people?.knownUser(user.userId) ?? persons.keyOfUser(user.userId);
        writeProfile(database, person, user.attributes);
      }
      for (const product of passing(commit.products, refuseProduct)) writeProduct(database, product, now);
      for (const fact of passing(commit.facts, refuseFact)) writeFact(database, fact);
      bumpCatalogue(database);
      if (setAside) quarantine.put(setAside);
      database.run('INSERT INTO imports (import_id, report) VALUES (?, ?)', report.importId, JSON.stringify(report));
      persons.finish();
      bumpVersion(database);
    });
    return report;
  } catch (error) {
    segments.discard(name);
    if (setAside) quarantine.discard(setAside.file);
    throw error;
  } finally {
    persons.clear();
    await people?.drop();
  }
}

/** @throws ShelfwiseError `SW_INPUT_ROW` for the first row that does not pass */
function* passing<Row>(rows: Iterable<Row>, refuse: (row: unknown) => Refused | undefined): Generator<Row> {
  for (const row of rows) {
    const refused = refuse(row);
    if (refused) throw new ShelfwiseError('SW_INPUT_ROW', refused.refused, 'Nothing of the import was stored.');
    yield row;
  }
}

export function writeProfile(
  database: ShopDatabase,
  person: number,
  attributes: Readonly<Record<string, string>>,
): void {
  database.run(
    'INSERT INTO profiles (person, attributes) VALUES (?, ?) ON CONFLICT DO UPDATE SET attributes = excluded.attributes',
    person,
    JSON.stringify(attributes),
  );
}

/** No events where all were known already. */
async function writeEvents(
  { database, persons, segments }: ImportParts,
  { analytics, table }: { readonly analytics: Analytics; readonly table: string },
  people: ImportPeople,
  name: string,
): Promise<{ events?: NewEvents; counts: Pick<ImportReport, 'eventsKept' | 'eventsKnown'> }> {
  await people.map();
  const firstArrival = shopValue(database, 'next_arrival') as number;
  const secret = shopValue(database, 'secret') as string;
  const found = await analytics.columns(
    `SELECT CASE WHEN ${refusesEventSql()} THEN -1 ELSE ${eventIdHashSql('event_id')} END AS hash FROM ${table}`,
  );
  if ((found['hash'] as Float64Array).includes(-1)) throw await refusedEvent(analytics, table);
  const { hashes, source, drop } = await newRows(database, segments, analytics, table, found['hash'] as Float64Array);
  try {
    const known = found['hash']!.length - hashes.length;
    const counts = { eventsKept: hashes.length, ...(known > 0 && { eventsKnown: known }) };
    if (hashes.length === 0) return { counts };
    const described = await analytics.rows<{ column_name: string }>(`SELECT column_name FROM (DESCRIBE ${table})`);
    // Without an order of arrival the order is made from what the rows hold, so that the same rows give the same segment.
    const arrival = described.some((column) => column.column_name === 'arrival')
      ? 's.arrival'
      : 'row_number() OVER (ORDER BY s.time, s.event_id) - 1';
    const person = people.personSql();
    const segment = await segments.write(
      analytics,
      name,
      `SELECT ${firstArrival} + CAST(${arrival} AS BIGINT) AS arrival, s.event_id, s.kind, s.time,
         ${person.expression} AS person, ${eventIdHashSql(`${sqlText(secret)} || s.session_id`)} AS session,
         s.product_id, s.variant_id, s.quantity, s.price_minor, s.currency, s.device, s.place, s.referrer, s.text, s.value,
         s.recommendation_id, s.position, coalesce(s.flags, 0) AS flags
       FROM ${source} s ${person.joins}`,
      EventIdFilter.of(hashes).filter,
    );
    return { events: { segment, nextArrival: segment.lastArrival + 1 }, counts };
  } finally {
    await drop();
    persons.clear();
  }
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

/** The staged rows without those whose event id is known, each id once; the first by time stays. */
async function newRows(
  database: ShopDatabase,
  segments: Segments,
  analytics: Analytics,
  table: string,
  hashes: Float64Array,
): Promise<{ hashes: Float64Array; source: string; drop: () => Promise<void> }> {
  const { filter, repeated } = EventIdFilter.of(hashes);
  const suspects = new Set(repeated);
  const list = segments.list();
  for (const { filter: sealed } of list.map((segment) => ({ filter: segments.filter(segment) })))
    for (const hash of hashes) if (sealed.has(hash)) suspects.add(hash);
  const live: string[] = [];
  for (const [id] of database.all('SELECT event_id FROM events')) {
    const hash = eventIdHash(id as string);
    if (!filter.has(hash)) continue;
    live.push(id as string);
    suspects.add(hash);
  }
  const drop = async (): Promise<void> => {
    for (const name of ['store_suspects', 'store_known', 'store_once'])
      await analytics.execute(`DROP TABLE IF EXISTS ${name}`);
  };
  if (suspects.size === 0) return { hashes, source: table, drop };

  await drop();
  await analytics.append('store_suspects', [{ name: 'hash', type: 'BIGINT', values: Float64Array.from(suspects) }]);
  await analytics.append('store_known', [{ name: 'event_id', type: 'VARCHAR', values: live }]);
  const sealed = segments.relation(list);
  const hash = eventIdHashSql('event_id');
  if (sealed)
    await analytics.execute(
      `INSERT INTO store_known SELECT event_id FROM ${sealed} WHERE ${hash} IN (SELECT hash FROM store_suspects)`,
    );
  const described = await analytics.rows<{ column_name: string }>(`SELECT column_name FROM (DESCRIBE ${table})`);
  const order = described.some((column) => column.column_name === 'arrival')
    ? 'arrival'
    : 'time, kind, product_id, quantity';
  await analytics.execute(
    `CREATE TEMP TABLE store_once AS SELECT * FROM (
       SELECT * FROM ${table} WHERE ${hash} IN (SELECT hash FROM store_suspects)
         AND event_id NOT IN (SELECT event_id FROM store_known)
       QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY ${order}) = 1)`,
  );
  const kept = await analytics.columns(`SELECT ${hash} AS hash FROM store_once`);
  const certain = hashes.filter((value) => !suspects.has(value));
  const once = kept['hash'] as Float64Array;
  const all = new Float64Array(certain.length + once.length);
  all.set(certain);
  all.set(once, certain.length);
  const source = `(SELECT * FROM ${table} WHERE ${hash} NOT IN (SELECT hash FROM store_suspects) UNION ALL SELECT * FROM store_once)`;
  return { hashes: all, source, drop };
}
