/**
 * Rebuilds a shop whose database is missing, emptied, damaged, older than its sealed events or another shop's, from what
 * lies in its folder. The old database is kept in `lost/`; of a damaged one every row that can still be read is taken
 * over. Sealed events come back from their segments; a segment whose bytes are not those that were written is set aside,
 * never trusted. Every step is told in a sentence.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { ShelfwiseError } from '../../core/errors.ts';
import { type Analytics, parquetRows } from '../../data/analytics.ts';
import { eventIdHashSql } from '../../data/event-id-hash.ts';
import { ShopDatabase, setShopValue, shopValue } from './database.ts';
import { EventIdFilter } from './event-id-filter.ts';
import { Lease } from './lease.ts';
import { moveAside, quarantineName, segmentName, tracesOfShop } from './lost-files.ts';
import { type Manifest, readManifest, writeManifest } from './manifest.ts';
import { assertSums, removeSums } from './page-sums.ts';
import { writePeopleFile } from './people-file.ts';
import { strangerBase } from './persons.ts';
import { applicationId } from './schema.ts';
import { fileSha256, Segments, segmentEndings, sync } from './segments.ts';

const salvaged = [
  ...['persons', 'person_keys', 'aliases', 'profiles', 'events', 'products', 'variants', 'facts'],
  ...['former_descriptions', 'replaced', 'arrivals', 'arriving'],
  ...['segments', 'imports', 'quarantines', 'removals'],
] as const;

/**
 * @returns what was done; nothing where nothing was amiss
 * @throws ShelfwiseError `SW_SHOP_NOT_FOUND`, `SW_SHOP_BUSY` where another process writes
 */
export async function repairShop(folder: string, openAnalytics: () => Promise<Analytics>): Promise<string[]> {
  const told: string[] = [];
  const path = join(folder, 'shop.sqlite');
  if (!existsSync(path) && tracesOfShop(folder).length === 0)
    throw new ShelfwiseError(
      'SW_SHOP_NOT_FOUND',
      `${folder}: expected a shop, got none.`,
      'Name the folder of a shop.',
    );
  const manifest = readManifest(folder);
  const rebuilt = !isSound(path, manifest);
  if (rebuilt) rebuildDatabase(folder, path, manifest, told);
  else dropDifferingSums(path, told);
  const database = ShopDatabase.open(path);
  const lease = new Lease(database, { name: 'writer', waitMs: 5_000 });
  const analytics = await openAnalytics();
  try {
    await lease.acquire();
    const segments = new Segments(folder, database);
    await dropUnreadable(folder, database, segments, told);
    await addSegments(folder, { database, segments, analytics, manifest, rebuilt }, told);
    if (rebuilt) await addQuarantines(folder, database, analytics, told);
    const version = Math.max((shopValue(database, 'version') as number | undefined) ?? 0, manifest?.version ?? 0);
    if (told.length > 0) setShopValue(database, 'version', version + 1);
    await writeManifest(folder, database, segments);
    return told;
  } finally {
    await analytics.close();
    lease.release();
    database.close();
  }
}

/** A database that SQLite reads is kept: what differs from its checksums cannot be told from what was restored. */
function dropDifferingSums(path: string, told: string[]): void {
  try {
    assertSums(path);
  } catch (error) {
    removeSums(path);
    told.push(
      `${(error as Error).message} It can be read and is kept: compare its catalogue, or import the files again.`,
    );
  }
}

/** The shop's own database, whole: at worst it is older than the segments. */
function isSound(path: string, manifest: Manifest | undefined): boolean {
  if (!existsSync(path) || statSync(path).size === 0) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    const value = (sql: string): unknown => Object.values(database!.prepare(sql).get() ?? {})[0];
    if (value('PRAGMA application_id') !== applicationId || value('PRAGMA quick_check(1)') !== 'ok') return false;
    const shop = value("SELECT value FROM shop WHERE key = 'shop'");
    return manifest?.shop === undefined || shop === undefined || shop === manifest.shop;
  } catch {
    return false;
  } finally {
    database?.close();
  }
}

function rebuildDatabase(folder: string, path: string, manifest: Manifest | undefined, told: string[]): void {
  const aside = join(
    folder,
    'lost',
    `database-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(2).toString('hex')}`,
  );
  const names = ['shop.sqlite', 'shop.sqlite-wal', 'shop.sqlite-shm', 'shop.sums'].filter((name) =>
    existsSync(join(folder, name)),
  );
  if (names.length > 0) {
    mkdirSync(aside, { recursive: true });
    for (const name of names) renameSync(join(folder, name), join(aside, name));
    told.push(`shop.sqlite: could not be used; kept in ${aside.slice(folder.length + 1)}.`);
  }
  const database = ShopDatabase.open(path);
  try {
    const old = join(aside, 'shop.sqlite');
    const counts = existsSync(old) ? salvage(old, database, manifest) : new Map<string, number>();
    database.transaction(() => {
      const set = (key: string, value: string | number): void => {
        if (shopValue(database, key) === undefined) setShopValue(database, key, value);
      };
      set('shop', manifest?.shop ?? randomUUID());
      set('secret', randomBytes(16).toString('hex'));
      set('next_arrival', 1);
      set('version', 0);
    });
    const kept = [...counts].filter(([, rows]) => rows > 0).map(([table, rows]) => `${rows} of ${table}`);
    told.push(
      kept.length > 0
        ? `shop.sqlite: made anew with the rows that could be read: ${kept.join(', ')}.`
        : 'shop.sqlite: made anew. Names of customers, the catalogue and events that were not sealed are gone: import the files again.',
    );
  } finally {
    database.close();
  }
}

/** Copies what can be read, row by row, until each table ends or breaks. */
function salvage(old: string, database: ShopDatabase, manifest: Manifest | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  let source: DatabaseSync;
  try {
    source = new DatabaseSync(old, { readOnly: true });
  } catch {
    return counts;
  }
  try {
    const values = new Map<string, unknown>();
    copyRows(source, 'shop', (row) => values.set(String(row['key']), row['value']));
    // Another shop's rows have no place here.
    if (manifest?.shop !== undefined && values.has('shop') && values.get('shop') !== manifest.shop) return counts;
    database.transaction(() => {
      for (const [key, value] of values)
        setShopValue(database, key === 'generation' ? 'version' : key, value as string | number);
      for (const table of salvaged) {
        let rows = 0;
        copyRows(source, table, (row) => {
          const names = Object.keys(row);
          const marks = names.map(() => '?').join(', ');
          database.run(
            `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${marks})`,
            ...(Object.values(row) as SQLInputValue[]),
          );
          rows++;
        });
        counts.set(table, rows);
      }
      // Imports are numbered anew: an old number must not come to mean a new one.
      database.run('UPDATE persons SET batch = 0 WHERE batch NOT IN (SELECT batch FROM arrivals)');
    });
  } finally {
    source.close();
  }
  return counts;
}

function copyRows(source: DatabaseSync, table: string, take: (row: Record<string, unknown>) => void): void {
  try {
    for (const row of source.prepare(`SELECT * FROM ${table}`).iterate()) take(row as Record<string, unknown>);
  } catch {
    // The rest of this table cannot be read.
  }
}

/** Segments whose files are missing or not as they were written leave the list; what is left of them goes to `lost/`. */
async function dropUnreadable(
  folder: string,
  database: ShopDatabase,
  segments: Segments,
  told: string[],
): Promise<void> {
  for (const { name, rows, sha256, filterSha256, people } of segments.list()) {
    const isWhole = async (ending: (typeof segmentEndings)[number], expected: string | undefined): Promise<boolean> => {
      const path = segments.path(name, ending);
      return expected === undefined || (existsSync(path) && (await fileSha256(path)) === expected);
    };
    const whole = await isWhole('parquet', sha256);
    if (whole && (await isWhole('ids', filterSha256)) && (await isWhole('people', people?.sha256))) continue;
    // A segment that is whole comes back with what stands beside it made anew.
    database.run('DELETE FROM segments WHERE name = ?', name);
    for (const ending of segmentEndings)
      if (!(whole && ending === 'parquet') && existsSync(segments.path(name, ending)))
        moveAside(folder, `segments/${name}.${ending}`);
    if (!whole)
      told.push(
        `segments/${name}.parquet: ${rows} events are lost, since its bytes are missing or changed; what is there lies in lost/.`,
      );
  }
}

interface Rebuilding {
  readonly database: ShopDatabase;
  readonly segments: Segments;
  readonly analytics: Analytics;
  readonly manifest: Manifest | undefined;
  readonly rebuilt: boolean;
}

async function addSegments(folder: string, rebuilding: Rebuilding, told: string[]): Promise<void> {
  const { segments, analytics, manifest, rebuilt } = rebuilding;
  const listed = new Map(
    manifest?.segments.map(({ file, sha256 }) => [file.replace(/^segments\/|\.parquet$/g, ''), sha256]),
  );
  const known = new Set(segments.list().map(({ name }) => name));
  for (const part of ['segments', join('lost', 'segments')]) {
    const from = join(folder, part);
    for (const file of existsSync(from) ? readdirSync(from).sort() : []) {
      const name = file.slice(0, -'.parquet'.length);
      if (!segmentName.test(file) || !file.endsWith('.parquet') || known.has(name)) continue;
      const path = join(from, file);
      const expected = listed.get(name);
      // Without a manifest nothing vouches for a file: it is taken where it can be read and repeats no event.
      if (expected === undefined && (manifest || !rebuilt)) continue;
      if (expected !== undefined && (await fileSha256(path)) !== expected) {
        told.push(`${part}/${file}: its bytes are not those that were written; its events are left out.`);
        continue;
      }
      const hashes = await readHashes(analytics, path);
      if (!hashes || (expected === undefined && (await repeats(analytics, segments, path)))) {
        told.push(`${part}/${file}: ${hashes ? 'repeats events of another segment' : 'cannot be read'}; left out.`);
        continue;
      }
      if (part !== 'segments') renameSync(path, segments.path(name));
      writeFileSync(segments.path(name, 'ids'), EventIdFilter.of(hashes).filter.bytes());
      await writePeopleFile(analytics, parquetRows(segments.path(name)), segments.path(name, 'people'));
      for (const made of [segments.path(name, 'ids'), segments.folder]) await sync(made);
      const rows = await enlist(rebuilding, name);
      known.add(name);
      told.push(`segments/${name}.parquet: ${rows} sealed events are back.`);
    }
  }
}

async function readHashes(analytics: Analytics, path: string): Promise<Float64Array | undefined> {
  try {
    const found = await analytics.columns(`SELECT ${eventIdHashSql('event_id')} AS hash FROM ${parquetRows(path)}`);
    return found['hash'] as Float64Array;
  } catch {
    return undefined;
  }
}

async function repeats(analytics: Analytics, segments: Segments, path: string): Promise<boolean> {
  const relation = segments.relation(segments.list());
  if (!relation) return false;
  const [row] = await analytics.rows<{ n: number }>(
    `SELECT count(*) AS n FROM ${parquetRows(path)} WHERE event_id IN (SELECT event_id FROM ${relation})`,
  );
  return row!.n > 0;
}

/** Lists a segment that lies under its name: its events are no longer live, and its people's keys are given. */
async function enlist({ database, segments, analytics }: Rebuilding, name: string): Promise<number> {
  const segment = await segments.describe(analytics, name);
  const relation = parquetRows(segments.path(name));
  const people = await analytics.columns(`SELECT DISTINCT person FROM ${relation} WHERE person < ${strangerBase}`);
  const live = database.all('SELECT event_id FROM events').map(([id]) => id as string);
  await analytics.append('live_ids', [{ name: 'event_id', type: 'VARCHAR', values: live }]);
  const sealed = await analytics.rows<{ event_id: string }>(
    `SELECT event_id FROM ${relation} WHERE event_id IN (SELECT event_id FROM live_ids)`,
  );
  await analytics.execute('DROP TABLE live_ids');
  database.transaction(() => {
    segments.enlist(segment);
    for (const { event_id } of sealed) database.run('DELETE FROM events WHERE event_id = ?', event_id);
    for (const person of people['person'] as Float64Array)
      database.run('INSERT OR IGNORE INTO person_keys (person) VALUES (?)', person);
    const next = shopValue(database, 'next_arrival') as number;
    if (segment.lastArrival >= next) setShopValue(database, 'next_arrival', segment.lastArrival + 1);
  });
  return segment.rows;
}

async function addQuarantines(
  folder: string,
  database: ShopDatabase,
  analytics: Analytics,
  told: string[],
): Promise<void> {
  const known = new Set(database.all('SELECT file FROM quarantines').map(([file]) => file as string));
  const from = join(folder, 'quarantine');
  for (const file of existsSync(from) ? readdirSync(from).sort() : []) {
    if (!quarantineName.test(file) || known.has(file)) continue;
    const path = join(from, file);
    const importId = file.replace(/-[0-9a-f]{6}\.parquet$/, '');
    try {
      const [row] = await analytics.rows<{ n: number }>(`SELECT count(*) AS n FROM ${parquetRows(path)}`);
      database.run(
        'INSERT OR REPLACE INTO quarantines (import_id, file, rows, bytes, sha256) VALUES (?, ?, ?, ?, ?)',
        ...[importId, file, row!.n, statSync(path).size, await fileSha256(path)],
      );
      told.push(`quarantine/${file}: ${row!.n} rows that were set aside are back.`);
    } catch {
      moveAside(folder, `quarantine/${file}`);
      told.push(`quarantine/${file}: cannot be read; moved to lost/.`);
    }
  }
}
