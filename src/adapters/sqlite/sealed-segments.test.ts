/** What stands beside sealed events, and how many segments there are. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reportOf, stage } from '../../../test/fakes/staged-import.ts';
import type { ShopEvent } from '../../data/events.ts';
import { openDuckdb } from '../duckdb/analytics.ts';
import { segmentsToMerge } from './merge-segments.ts';
import type { Segment } from './segments.ts';
import { openStore, type SqliteStore } from './shop-store.ts';

let folder: string;
let store: SqliteStore | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealed-'));
});
afterEach(async () => {
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = async (): Promise<SqliteStore> => {
  store = await openStore(folder, { create: true, openAnalytics: () => openDuckdb({ threads: 1 }) });
  return store;
};
const bought = (n: number): ShopEvent => ({
  ...{ eventId: `e${n}`, kind: 'purchase', time: n, userId: `u${n % 3}`, productId: `p${n % 11}` },
});
const people = (): string[] => readdirSync(join(folder, 'segments')).filter((name) => name.endsWith('.people'));

async function imported(into: SqliteStore, name: string, events: readonly ShopEvent[]): Promise<void> {
  const analytics = await openDuckdb({ threads: 1 });
  await stage(analytics, events);
  const empty = { products: [], users: [], facts: [] };
  await into.commitImport({ report: reportOf(name), ...empty, events: { analytics, table: 'staged' } });
  await analytics.close();
}

const timesOf = async (from: SqliteStore): Promise<number[]> => [
  ...(await from.recentEvents((await from.personOf({ userId: 'u1' }))!)).time,
];

test('a shop of the schema before gets its files of people when it is opened', async () => {
  await imported(
    await open(),
    'i1',
    Array.from({ length: 30 }, (_, n) => bought(n)),
  );
  const times = await timesOf(store!);
  await store!.close();
  const [file] = people();
  const bytes = readFileSync(join(folder, 'segments', file!));
  rmSync(join(folder, 'segments', file!));
  rmSync(join(folder, 'shop.sums'), { force: true });
  const old = new DatabaseSync(join(folder, 'shop.sqlite'));
  old.exec(`ALTER TABLE segments DROP COLUMN people_bytes; ALTER TABLE segments DROP COLUMN people_sha256;
    DROP TABLE catalogue_changes; DROP INDEX events_of_person; CREATE INDEX events_by_person ON events (person); PRAGMA user_version = 4`);
  old.close();
  expect(await timesOf(await open())).toEqual(times);
  expect(times).toEqual([1, 4, 7, 10, 13, 16, 19, 22, 25, 28]);
  expect(people()).toEqual([file]);
  expect(readFileSync(join(folder, 'segments', file!)).equals(bytes)).toBe(true);
});

test('until they are made, the newest events are read from the segments', async () => {
  await imported(
    await open(),
    'i1',
    Array.from({ length: 30 }, (_, n) => bought(n)),
  );
  const times = await timesOf(store!);
  const other = new DatabaseSync(join(folder, 'shop.sqlite'));
  other.exec(
    "UPDATE segments SET people_bytes = NULL, people_sha256 = NULL; UPDATE shop SET value = value + 1 WHERE key = 'version'",
  );
  other.close();
  rmSync(join(folder, 'segments', people()[0]!));
  expect(await timesOf(store!)).toEqual(times);
});

test('a damaged file of people is named and answers nothing', async () => {
  await imported(
    await open(),
    'i1',
    Array.from({ length: 30 }, (_, n) => bought(n)),
  );
  await store!.close();
  const path = join(folder, 'segments', people()[0]!);
  const bytes = readFileSync(path);
  bytes[20]! ^= 1;
  writeFileSync(path, bytes);
  await open();
  await expect(timesOf(store!)).rejects.toMatchObject({ code: 'SW_SHOP_CORRUPT', details: { path } });
});

test('small segments are merged as they come, and nothing of what they hold changes', async () => {
  await open();
  for (let n = 0; n < 7; n++) await imported(store!, `i${n}`, [bought(3 * n), bought(3 * n + 1)]);
  expect((await store!.status()).segments.length).toBe(7);
  const files = new Set(readdirSync(join(folder, 'segments')));
  await store!.appendEvents([bought(100)]);
  await store!.seal(1_000);
  const { segments, sealedEvents } = await store!.status();
  expect([segments.length, sealedEvents]).toEqual([1, 15]);
  const times = [...(await store!.readEvents()).time].sort((a, b) => a - b);
  expect(times).toEqual([0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 100]);
  // Nothing of the old ones is left, each id is still taken, and an import can still be taken back.
  expect(readdirSync(join(folder, 'segments')).filter((name) => files.has(name))).toEqual([]);
  expect(await store!.appendEvents([bought(4), bought(100)])).toEqual(['duplicate', 'duplicate']);
  expect(await store!.undoImport('i2')).toMatchObject({ events: 2 });
  expect(await timesOf(store!)).toEqual([1, 4, 10, 13, 16, 19, 100]);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { segments: { file: string }[] };
  expect(manifest.segments.map(({ file }) => existsSync(join(folder, file)))).toEqual([true]);
});

test('segments are merged where eight are of one size, with all that are smaller', () => {
  const named = (...rows: number[]): Segment[] => rows.map((n, i) => ({ name: `${i}`, rows: n }) as Segment);
  const merged = (...rows: number[]): number[] => segmentsToMerge(named(...rows)).map(({ rows: n }) => n);
  expect(merged()).toEqual([]);
  expect(merged(1, 2, 3, 4, 5, 6, 7)).toEqual([]);
  expect(merged(1, 2, 3, 4, 5, 6, 7, 900_000, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const hundreds = Array.from({ length: 8 }, (_, n) => 100_000 + n);
  expect(merged(5, ...hundreds, 20_000_000)).toEqual([5, ...hundreds]);
  expect(merged(...Array.from({ length: 9 }, () => 20_000_000))).toEqual([]);
});
