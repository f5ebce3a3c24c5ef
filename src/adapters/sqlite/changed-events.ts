/**
 * Events of the shop that an import changes or withdraws: lines of orders that come again with another status, quantity or
 * price, and those that are not bought any more. Changed ones leave their segments and come anew with the import; how they
 * stood waits in `replaced`, so that the import can be taken back.
 */
import type { Analytics } from '../../data/analytics.ts';
import { changedEventSql } from '../../data/event-changes.ts';
import { type StoredEventColumn, storedColumnNames, storedEventColumns } from '../../data/event-fields.ts';
import { eventIdHash, eventIdHashSql } from '../../data/event-id-hash.ts';
import type { ShopDatabase } from './database.ts';
import { SegmentsWithout } from './delete-events.ts';
import { keepReplaced, replacedRowsAt } from './replaced-rows.ts';
import type { Segment, Segments } from './segments.ts';

type StoredRow = Readonly<Record<StoredEventColumn, string | number | null>>;

const changedTable = 'store_changed';
const oldTable = 'store_old';
const liveTable = 'store_old_live';

/** Rows that one transaction keeps. */
const keptAtOnce = 2_000;

export interface ChangingParts {
  readonly database: ShopDatabase;
  readonly segments: Segments;
  readonly analytics: Analytics;
  /** The staged events. */
  readonly table: string;
  /** A table of ids. */
  readonly withdrawn: string | undefined;
  /** SQL from a staged relation `s` to its person. */
  readonly person: { readonly expression: string; readonly joins: string };
}

export class ChangedEvents {
  readonly changed: number;
  readonly withdrawn: number;
  /** Hashes of the ids of the changed events. */
  readonly hashes: Float64Array;
  readonly #parts: ChangingParts;
  readonly #without: SegmentsWithout | undefined;
  readonly #live: readonly string[];

  private constructor(
    parts: ChangingParts,
    found: { hashes: Float64Array; withdrawn: number; live: readonly string[]; without: SegmentsWithout | undefined },
  ) {
    this.#parts = parts;
    this.hashes = found.hashes;
    this.changed = found.hashes.length;
    this.withdrawn = found.withdrawn;
    this.#live = found.live;
    this.#without = found.without;
  }

  /**
   * @param known - hashes of the staged ids that the shop has, and perhaps a few more
   * @returns nothing where the import changes nothing
   */
  static async find(parts: ChangingParts, known: ReadonlySet<number>): Promise<ChangedEvents | undefined> {
    const { database, segments, analytics, table, withdrawn } = parts;
    const gone = withdrawn
      ? (await analytics.columns(`SELECT ${eventIdHashSql('event_id')} AS hash FROM ${withdrawn}`))['hash']
      : [];
    const replaces = await hasColumn(analytics, table, 'replaces');
    const hashes = new Set([...(replaces ? known : []), ...(gone as Float64Array)]);
    if (hashes.size === 0) return undefined;
    const holding = segments.list().filter((segment) => {
      const filter = segments.filter(segment);
      for (const hash of hashes) if (filter.has(hash)) return true;
      return false;
    });
    await dropTables(analytics);
    await readOld(parts, holding, hashes, replaces);
    const { columns, differs } = changedEventSql('s', 'o');
    const { expression, joins } = parts.person;
    await addAliases(database, analytics);
    const owner = 'coalesce(a.canonical, o.person)';
    await analytics.execute(
      `CREATE TABLE ${changedTable} AS
         SELECT s.* REPLACE (${Object.entries(columns)
           .map(([name, sql]) => `${sql} AS ${name}`)
           .join(', ')}),
           CASE WHEN s.user_id IS NULL THEN o.person END AS person_kept
         FROM ${table} s JOIN ${oldTable} o ON o.event_id = s.event_id ${joins}
         LEFT JOIN store_aliases a ON a.person = o.person
         WHERE ${replaces ? 's.replaces' : 'false'} AND (${differs} OR (s.user_id IS NOT NULL AND ${expression} <> ${owner}))
         QUALIFY row_number() OVER (PARTITION BY s.event_id ORDER BY ${
           (await hasColumn(analytics, table, 'arrival')) ? 's.arrival' : 's.time'
         }) = 1`,
    );
    const leaving = [
      `SELECT event_id FROM ${changedTable}`,
      ...(withdrawn ? [`SELECT event_id FROM ${withdrawn}`] : []),
    ];
    await analytics.execute(`DELETE FROM ${oldTable} WHERE event_id NOT IN (${leaving.join(' UNION ALL ')})`);
    const found = await analytics.columns(`SELECT ${eventIdHashSql('event_id')} AS hash FROM ${changedTable}`);
    const changed = found['hash'] as Float64Array;
    const [count] = await analytics.rows<{ n: number }>(`SELECT count(*) AS n FROM ${oldTable}`);
    if (count!.n === 0) {
      await dropTables(analytics);
      return undefined;
    }
    const live = await analytics.columns(
      `SELECT event_id FROM ${oldTable} WHERE event_id IN (SELECT event_id FROM ${liveTable})`,
    );
    const where = ` WHERE event_id IN (SELECT event_id FROM ${oldTable})`;
    const without = holding.length > 0 ? await SegmentsWithout.write(segments, analytics, holding, where) : undefined;
    return new ChangedEvents(parts, {
      ...{ hashes: changed, withdrawn: count!.n - changed.length, without },
      live: live['event_id'] as unknown as string[],
    });
  }

  /** The changed events as staged rows, with a column `person_kept` where the later reading names nobody. */
  get source(): string {
    return changedTable;
  }

  /** Keeps how the events stood, in short transactions, for an import that may still fail. */
  async keep(batch: number, transact: (work: () => void) => Promise<void>): Promise<void> {
    const { analytics, database } = this.#parts;
    let rows: StoredRow[] = [];
    const keep = (): Promise<void> =>
      transact(() => {
        for (const row of rows)
          keepReplaced(database, batch, {
            ...{ kind: 'event', key: row.event_id as string, row, rowBatch: importAt(database, row.arrival as number) },
          });
        rows = [];
      });
    for await (const some of analytics.stream<StoredRow>(`SELECT ${storedColumnNames.join(', ')} FROM ${oldTable}`)) {
      rows.push(...some);
      if (rows.length >= keptAtOnce) await keep();
    }
    if (rows.length > 0) await keep();
  }

  /** Inside a transaction: true where the shop still has the events where they were found. */
  stillThere(): boolean {
    const { database } = this.#parts;
    const here = (id: string): boolean => database.get('SELECT 1 FROM events WHERE event_id = ?', id) !== undefined;
    return (this.#without?.stillThere() ?? true) && this.#live.every(here);
  }

  /** Inside the import's transaction. */
  replace(): void {
    const { database } = this.#parts;
    for (const id of this.#live) database.run('DELETE FROM events WHERE event_id = ?', id);
    this.#without?.replace(database);
  }

  discard(): void {
    this.#without?.discard();
  }

  async drop(): Promise<void> {
    await dropTables(this.#parts.analytics);
  }
}

async function dropTables(analytics: Analytics): Promise<void> {
  for (const name of [changedTable, oldTable, liveTable, 'store_aliases', 'store_wanted'])
    await analytics.execute(`DROP TABLE IF EXISTS ${name}`);
}

/** Stored events that the import may change, in `store_old`; those that are live in `store_old_live` as well. */
async function readOld(
  { database, segments, analytics, table, withdrawn }: ChangingParts,
  holding: readonly Segment[],
  hashes: ReadonlySet<number>,
  replaces: boolean,
): Promise<void> {
  const live = database
    .all(`SELECT ${storedColumnNames.join(', ')} FROM events`)
    .filter((row) => hashes.has(eventIdHash(row[storedColumnNames.indexOf('event_id')] as string)));
  await analytics.append(
    liveTable,
    storedColumnNames.map((name, i) => ({
      ...{ name, type: storedEventColumns[name], values: live.map((row) => row[i]) as (string | null)[] },
    })),
  );
  await analytics.append('store_wanted', [{ name: 'hash', type: 'BIGINT', values: Float64Array.from(hashes) }]);
  const ids = [
    ...(replaces ? [`SELECT event_id FROM ${table} WHERE replaces`] : []),
    ...(withdrawn ? [`SELECT event_id FROM ${withdrawn}`] : []),
  ].join(' UNION ALL ');
  const relation = segments.relation(holding);
  const all = `SELECT ${storedColumnNames.join(', ')} FROM`;
  const sealed = relation
    ? `UNION ALL ${all} ${relation} WHERE ${eventIdHashSql('event_id')} IN (SELECT hash FROM store_wanted)`
    : '';
  await analytics.execute(
    `CREATE TABLE ${oldTable} AS SELECT * FROM (${all} ${liveTable} ${sealed}) WHERE event_id IN (${ids})`,
  );
}

async function addAliases(database: ShopDatabase, analytics: Analytics): Promise<void> {
  const aliases = database.all('SELECT person, canonical FROM aliases');
  await analytics.append('store_aliases', [
    { name: 'person', type: 'BIGINT', values: Float64Array.from(aliases, ([person]) => person as number) },
    { name: 'canonical', type: 'BIGINT', values: Float64Array.from(aliases, ([, canonical]) => canonical as number) },
  ]);
}

/** The import that brought an event; 0 for one that was recorded. */
function importAt(database: ShopDatabase, arrival: number): number {
  const found = database.get(
    'SELECT batch FROM imports WHERE first_arrival <= ?1 AND last_arrival >= ?1 AND batch IS NOT NULL',
    arrival,
  );
  return (found?.[0] as number | undefined) ?? 0;
}

export async function hasColumn(analytics: Analytics, table: string, column: string): Promise<boolean> {
  const columns = await analytics.rows<{ column_name: string }>(`SELECT column_name FROM (DESCRIBE ${table})`);
  return columns.some(({ column_name }) => column_name === column);
}

/**
 * Inside the transaction that takes an import back: events that it changed or withdrew stand again as they stood, where no
 * other import has changed them since.
 */
export function restoreEvents(database: ShopDatabase, segments: Segments, batch: number): void {
  const insert = `INSERT OR IGNORE INTO events (${storedColumnNames.join(', ')}) VALUES (${storedColumnNames.map(() => '?').join(', ')})`;
  const filters = segments.list().map((segment) => segments.filter(segment));
  for (const { key, row } of replacedRowsAt(database, batch, 'event')) {
    const changedSince =
      database.get("SELECT 1 FROM replaced WHERE row_batch = ? AND kind = 'event' AND key = ?", batch, key) !==
      undefined;
    const hash = eventIdHash(key);
    if (changedSince || filters.some((filter) => filter.has(hash))) continue;
    database.run(insert, ...storedColumnNames.map((name) => (row as StoredRow)[name]));
  }
}

/**
 * Before events are deleted for ever: their ids, of those that an import has changed.
 *
 * @param where - SQL over the columns of a stored event, with its WHERE
 */
export async function changedOnes(
  database: ShopDatabase,
  segments: Segments,
  analytics: Analytics,
  where: string,
): Promise<string[]> {
  const keys = database.all("SELECT DISTINCT key FROM replaced WHERE kind = 'event'").map(([key]) => key as string);
  if (keys.length === 0) return [];
  const changed = new Set(keys);
  const live = database.all(`SELECT event_id FROM events${where}`).map(([id]) => id as string);
  const relation = segments.relation(segments.list());
  const sealed = relation ? await analytics.columns(`SELECT event_id FROM ${relation}${where}`) : {};
  return [...live, ...((sealed['event_id'] ?? []) as string[])].filter((id) => changed.has(id));
}

/**
 * Inside a transaction: what is deleted for ever does not come back with an import that is taken back.
 *
 * @param ids - as `changedOnes` found them
 */
export function forgetReplaced(database: ShopDatabase, where: string, ids: readonly string[]): void {
  const columns = storedColumnNames.map((name) => `json_extract(row, '$.${name}') AS ${name}`).join(', ');
  database.run(
    `DELETE FROM replaced WHERE kind = 'event' AND key IN (
       SELECT event_id FROM (SELECT ${columns} FROM replaced WHERE kind = 'event')${where})`,
  );
  for (const id of ids) database.run("DELETE FROM replaced WHERE kind = 'event' AND key = ?", id);
}
