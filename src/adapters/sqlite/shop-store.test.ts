import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reportOf, stage } from '../../../test/fakes/staged-import.ts';
import { Random } from '../../core/random.ts';
import { ownTag } from '../../core/scratch.ts';
import type { ShopEvent } from '../../data/events.ts';
import { openDuckdb } from '../duckdb/analytics.ts';
import { type OpenStoreOptions, openStore, type SqliteStore } from './shop-store.ts';

let root: string;
let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'shop-'));
  folder = join(root, 'shop');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

function open(options: Partial<OpenStoreOptions> = {}): Promise<SqliteStore> {
  return openStore(folder, { create: true, openAnalytics: () => openDuckdb({ threads: 1 }), ...options });
}

const view = (eventId: string, time: number, more: Partial<ShopEvent> = {}): ShopEvent => ({
  eventId,
  kind: 'view_item',
  time,
  productId: 'mug',
  ...more,
});

async function withSegment(): Promise<void> {
  const store = await open();
  await store.appendEvents(Array.from({ length: 500 }, (_, i) => view(`e${i}`, i, { userId: `u${i % 9}` })));
  await store.seal(400);
  await store.close();
}

test.each(['person=7', '[ab]', 'a*', 'what?', "it's", 'time=2020-01-01'])(
  'a shop in a folder called %s reads its own events',
  async (name) => {
    mkdirSync(join(root, 'a'));
    folder = join(root, name, 'shop');
    await withSegment();
    const store = await open();
    const { length, person } = await store.readEvents();
    await store.close();
    expect([length, new Set(person).size]).toEqual([500, 9]);
  },
);

interface Running {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<void>;
  ready(): Promise<void>;
}

function start(mode: 'append' | 'import' | 'hold', events = 0): Running {
  const script = join(import.meta.dirname, '../../../test/processes/store-child.ts');
  const child = spawn(process.execPath, [script, folder, mode, String(events)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: string[] = [];
  let rest = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    lines.push(...parts);
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const ready = async (): Promise<void> => {
    while (!lines.includes('ready')) {
      if (child.exitCode !== null) throw new Error('the process ended before it was ready');
      await sleep(5);
    }
  };
  return { child, lines, ended, ready };
}

test('where there is no shop, opening says how to make one', async () => {
  await expect(open({ create: false })).rejects.toMatchObject({
    code: 'SW_SHOP_NOT_FOUND',
    hint: expect.stringContaining('importing files'),
  });
  expect(existsSync(folder)).toBe(false);
});

test('a shop of a newer version is recognised and not touched', async () => {
  await (await open()).close();
  const database = new DatabaseSync(join(folder, 'shop.sqlite'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  await expect(open()).rejects.toMatchObject({ code: 'SW_SHOP_NEWER', hint: expect.stringContaining('Update') });
});

test('a damaged, truncated, foreign or missing database is named', async () => {
  await withSegment();
  const path = join(folder, 'shop.sqlite');
  const whole = readFileSync(path);
  const expectCorrupt = () =>
    expect(open()).rejects.toMatchObject({ code: 'SW_SHOP_CORRUPT', message: expect.stringContaining('shop.sqlite') });
  writeFileSync(path, 'this is no database at all, just a text that someone saved here over the shop');
  await expectCorrupt();
  writeFileSync(path, whole.subarray(0, whole.length - 4096));
  await expectCorrupt();
  const noise = Buffer.from(whole);
  noise.fill(0x5a, 100, 4096);
  writeFileSync(path, noise);
  await expectCorrupt();
  rmSync(path);
  await expectCorrupt();
  const foreign = new DatabaseSync(path);
  foreign.exec('CREATE TABLE notes (text TEXT)');
  foreign.close();
  await expectCorrupt();
});

test('a missing, truncated or altered segment is named', async () => {
  await withSegment();
  const name = readdirSync(join(folder, 'segments')).find((file) => file.endsWith('.parquet'))!;
  const path = join(folder, 'segments', name);
  const whole = readFileSync(path);
  truncateSync(path, whole.length - 10);
  await expect(open()).rejects.toMatchObject({ code: 'SW_SHOP_CORRUPT', message: expect.stringContaining(name) });
  rmSync(path);
  await expect(open()).rejects.toMatchObject({ code: 'SW_SHOP_CORRUPT', message: expect.stringContaining('no file') });
  const altered = Buffer.from(whole);
  altered[Math.floor(whole.length / 3)]! ^= 0xff;
  writeFileSync(path, altered);
  const store = await open();
  await expect(store.readEvents()).rejects.toMatchObject({
    code: 'SW_SHOP_CORRUPT',
    message: expect.stringContaining(name),
  });
  await store.close();
});

test('the manifest is made again from the database; drafts of the dead go, all else that is unknown stays or is moved', async () => {
  await withSegment();
  const manifest = join(folder, 'manifest.json');
  const text = readFileSync(manifest, 'utf8');
  expect(JSON.parse(text)).toMatchObject({
    format: 1,
    version: 1,
    segments: [{ rows: 400, firstTime: 0, lastTime: 399 }],
  });
  writeFileSync(manifest, '{"version": 0, "segments": []}');
  for (const part of ['quarantine', 'imports']) mkdirSync(join(folder, part), { recursive: true });
  const tag = ownTag.replace(/-\d+-/, '-4194303-');
  const elsewhere = tag.replace(/^[0-9a-f]+/, '00000000');
  const dead = [`segments/.writing-${tag}-mx-00000000.parquet`, `manifest.json.${tag}.tmp`, `imports/spill-${tag}`];
  const theirs = [
    ...['segments/.DS_Store', 'segments/x.parquet', `segments/.writing-${elsewhere}-mx-00000000.parquet`],
    ...['quarantine/notes.txt', 'manifest.json.bak', 'manifest.json.77.tmp', 'important.txt'],
  ];
  const ours = ['segments/mx-00000000.ids', 'segments/mx-00000000.parquet', 'quarantine/old-00ff00.parquet'];
  for (const name of [...dead, ...theirs, ...ours]) writeFileSync(join(folder, name), name);
  const store = await open();
  expect((await store.status()).notes).toEqual(
    ours.map((name) => `${name}: of no import that ended and no known segment; moved to lost/.`),
  );
  await store.close();
  expect(readFileSync(manifest, 'utf8')).toBe(text);
  expect(dead.filter((name) => existsSync(join(folder, name)))).toEqual([]);
  expect(theirs.filter((name) => !existsSync(join(folder, name)))).toEqual([]);
  for (const name of ours) {
    expect(existsSync(join(folder, name))).toBe(false);
    expect(readFileSync(join(folder, 'lost', name), 'utf8')).toBe(name);
  }
  const again = await open();
  expect((await again.status()).notes).toEqual([]);
  await again.close();
});

test('an emptied, older or foreign database deletes nothing and is refused, whatever opens the shop', async () => {
  await withSegment();
  const path = join(folder, 'shop.sqlite');
  const older = readFileSync(path);
  const store = await open();
  const analytics = await openDuckdb({ threads: 1 });
  await analytics.execute(
    `CREATE TABLE aside AS SELECT 'bots' AS step, 'a.csv' AS file, 1 AS line, 'fast' AS reason, '{}' AS "row"`,
  );
  await stage(analytics, [view('later', 900, { userId: 'ann' })]);
  await store.commitImport({
    report: reportOf('i1'),
    ...{ products: [], users: [], facts: [] },
    events: { analytics, table: 'staged' },
    quarantine: { analytics, table: 'aside' },
  });
  await analytics.close();
  await store.close();
  const files = (): string[] =>
    (readdirSync(folder, { recursive: true }) as string[]).filter((name) => !/sqlite|^lost/.test(name)).sort();
  const before = files();
  expect(before.filter((name) => name.endsWith('.parquet')).length).toBe(3);
  const whole = readFileSync(path);
  const foreign = join(root, 'other');
  const other = await openStore(foreign, { create: true, openAnalytics: () => openDuckdb({ threads: 1 }) });
  await other.appendEvents([view('x', 1)]);
  await other.seal(5);
  await other.putProducts([]);
  await other.close();
  const bare = new DatabaseSync(join(root, 'bare.sqlite'));
  bare.exec('PRAGMA user_version = 0; CREATE TABLE t (x); DROP TABLE t');
  bare.close();
  const databases: readonly [string, Uint8Array, RegExp][] = [
    ['zero bytes', new Uint8Array(0), /got an empty one/],
    ['no tables', readFileSync(join(root, 'bare.sqlite')), /got an empty one/],
    ['older', older, /expected version 2 or later.* got 1: it is older/],
    ['another shop’s', readFileSync(join(foreign, 'shop.sqlite')), /expected the database of shop /],
  ];
  for (const [name, bytes, message] of databases) {
    for (const rest of ['-wal', '-shm']) rmSync(path + rest, { force: true });
    writeFileSync(path, bytes);
    for (const create of [true, false]) {
      const refused = open({ create });
      await expect(refused, name).rejects.toMatchObject({
        code: 'SW_SHOP_CORRUPT',
        message: expect.stringMatching(message),
        hint: expect.stringContaining('doctor'),
      });
    }
    expect(files(), name).toEqual(before);
  }
  for (const rest of ['-wal', '-shm']) rmSync(path + rest, { force: true });
  writeFileSync(path, whole);
  const back = await open();
  expect((await back.readEvents()).length).toBe(501);
  expect((await back.status()).notes).toEqual([]);
  await back.close();
});

test('an import that is killed at any moment leaves all of it or nothing, and runs again', async () => {
  const random = new Random(11);
  const events = 10_000;
  let whole = 0;
  for (let round = 0; round < 4; round++) {
    const running = start('import', events);
    await running.ready();
    await sleep(random.below(2) === 0 ? random.below(120) : 60 + random.below(900));
    running.child.kill('SIGKILL');
    await running.ended;
    const store = await open();
    const status = await store.status();
    if (status.imports.length === 0)
      expect(status).toMatchObject({ products: 0, people: 0, sealedEvents: 0, liveEvents: 0, segments: [] });
    else {
      whole++;
      expect(status).toMatchObject({ products: 2000, sealedEvents: events });
      expect((await store.readEvents()).length).toBe(events);
      expect((await store.factsAt(9)).length).toBe(1);
    }
    if (running.lines.includes('done')) expect(status.imports.length).toBe(1);
    const segments = readdirSync(folder).includes('segments') ? readdirSync(join(folder, 'segments')) : [];
    expect(segments.length).toBe(2 * status.segments.length);
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    expect(manifest.segments.length).toBe(status.segments.length);
    await store.close();
    if (whole > 0) break;
  }
  if (whole > 0) return;
  const again = start('import', events);
  await again.ended;
  expect(again.lines).toContain('done');
});

test('acknowledged events survive a killed process, each batch whole', async () => {
  for (let round = 0; round < 2; round++) {
    const running = start('append');
    await running.ready();
    await sleep(250 + 150 * round);
    running.child.kill('SIGKILL');
    await running.ended;
    const acknowledged = running.lines.filter((line) => line !== 'ready');
    expect(acknowledged.length).toBeGreaterThan(3);
    const store = await open();
    const { liveEvents } = await store.status();
    expect(liveEvents % 20).toBe(0);
    const again = acknowledged.flatMap((batch) => Array.from({ length: 20 }, (_, i) => view(`${batch}/${i}`, 1)));
    expect(new Set(await store.appendEvents(again))).toEqual(new Set(['duplicate']));
    await store.close();
  }
});

test('a reader that could not be opened is opened by the next that needs it, and the shop closes all the same', async () => {
  await withSegment();
  let failures = 2;
  const store = await open({
    openAnalytics: () => {
      if (failures-- > 0) throw Object.assign(new Error('ENOSPC: no space left on device, mkdir'), { code: 'ENOSPC' });
      return openDuckdb({ threads: 1 });
    },
  });
  await expect(store.readEvents()).rejects.toMatchObject({ code: 'SW_DISK' });
  await expect(store.readEvents()).rejects.toMatchObject({ code: 'SW_DISK' });
  expect((await store.readEvents()).length).toBe(500);
  await store.close();
  failures = 1;
  const again = await open({
    openAnalytics: () => Promise.reject(new Error('no engine')),
  });
  await expect(again.readEvents()).rejects.toThrow('no engine');
  await again.close();
});

test('a second process waits, is told who holds the lease, reads meanwhile, and takes over from the dead', async () => {
  const first = await open();
  await first.appendEvents([view('before', 1, { userId: 'ann' })]);
  await first.close();
  const holder = start('hold');
  await holder.ready();
  const store = await open({ busyTimeoutMs: 150 });
  await expect(store.appendEvents([view('a', 2)])).rejects.toMatchObject({
    code: 'SW_SHOP_BUSY',
    message: expect.stringContaining(`process ${holder.child.pid}`),
    details: { pid: holder.child.pid },
  });
  expect((await store.readEvents()).length).toBe(1);
  expect(await store.user('ann')).toBeDefined();
  holder.child.kill('SIGKILL');
  await holder.ended;
  expect(await store.appendEvents([view('a', 2)])).toEqual(['stored']);
  await store.close();
});

test('two processes that both write take turns', async () => {
  const other = start('append');
  await other.ready();
  const store = await open({ busyTimeoutMs: 20_000 });
  for (let i = 0; i < 5; i++) expect(await store.appendEvents([view(`mine${i}`, i)])).toEqual(['stored']);
  await store.close();
  const before = other.lines.length;
  while (other.lines.length === before) await sleep(10);
  expect(other.child.exitCode).toBe(null);
});

test('a holder on another host keeps the lease while its beat goes on, and cannot write after', async () => {
  let now = 1_000_000;
  const store = await open({ leaseClock: () => now, busyTimeoutMs: 0 });
  await store.appendEvents([view('a', 1)]);
  const database = new DatabaseSync(join(folder, 'shop.sqlite'));
  const take = database.prepare(
    "UPDATE leases SET token = 'theirs', tag = ?, pid = 1, host = 'elsewhere' WHERE name = 'writer'",
  );
  const tag = ownTag.replace(/^[0-9a-f]+/, '00000000');
  take.run(tag);
  await expect(store.appendEvents([view('b', 2)])).rejects.toThrow('process 1 on elsewhere');
  now += 5_000;
  database.exec('UPDATE leases SET beat = beat + 1');
  await expect(store.putProducts([])).rejects.toMatchObject({ code: 'SW_SHOP_BUSY' });
  now += 5_000;
  await expect(store.putProducts([])).rejects.toMatchObject({ code: 'SW_SHOP_BUSY' });
  now += 2_000;
  expect(await store.appendEvents([view('b', 2)])).toEqual(['stored']);
  // After a long sleep the lease is asked for anew, though this process believes that it holds it.
  take.run(tag);
  now += 60_000;
  await expect(store.appendEvents([view('c', 3)])).rejects.toMatchObject({ code: 'SW_SHOP_BUSY' });
  // A process of the same number that began at another time is gone: a container that was started again.
  take.run(ownTag.replace(/-([0-9a-z]+)-(\d+)$/, '-$1z-$2'));
  expect(await store.appendEvents([view('c', 3)])).toEqual(['stored']);
  database.close();
  await store.close();
});

test('a person who is forgotten is in no byte of the shop', async () => {
  const random = new Random(3);
  const id = (n: number): string => `shopper-${n}@example.org`;
  const cookie = (n: number): string => `cookie-of-${n}-end`;
  const order = Array.from({ length: 3000 }, (_, i) => i);
  let store = await open();
  const analytics = await openDuckdb({ threads: 1 });
  random.shuffle(order);
  const eventOf = (n: number, k: number): ShopEvent =>
    view(`${k}-${n}`, k, { userId: id(n), visitorId: cookie(n), sessionId: `${cookie(n)}.${k}` });
  await store.putUsers(order.slice(0, 1500).map((n) => ({ userId: id(n), attributes: { email: id(n) } })));
  for (let start = 0; start < 3000; start += 500)
    await store.appendEvents(order.slice(start, start + 500).map((n) => eventOf(n, 1)));
  await store.seal(2);
  await stage(
    analytics,
    order.map((n) => eventOf(n, 2)),
  );
  const aside = order.slice(0, 400).map((n) => JSON.stringify({ Customer: id(n), Quantity: '5' }));
  await analytics.append('aside_rows', [
    { name: 'line', type: 'BIGINT', values: aside.map((_, i) => i) },
    { name: 'row', type: 'VARCHAR', values: aside },
  ]);
  await analytics.execute(
    `CREATE TABLE aside AS SELECT 'bots' AS step, 'a.csv' AS file, line, 'fast' AS reason, "row" FROM aside_rows`,
  );
  await store.commitImport({
    report: reportOf('i1'),
    products: [],
    users: [],
    facts: [],
    events: { analytics, table: 'staged' },
    quarantine: { analytics, table: 'aside' },
  });
  await analytics.close();
  await store.appendEvents(order.map((n) => eventOf(n, 3)));
  const forgotten = order.slice(0, 40);
  for (const n of forgotten) expect(await store.forget(id(n))).toBe(true);
  const filesWith = (text: string): string[] =>
    (readdirSync(folder, { recursive: true }) as string[]).filter((file) => {
      const path = join(folder, file);
      return statSync(path).isFile() && readFileSync(path).includes(text);
    });
  // While the shop is open, too: the log was emptied.
  for (const n of forgotten) expect([filesWith(id(n)), filesWith(cookie(n))]).toEqual([[], []]);
  await store.close();
  for (const n of forgotten) expect([filesWith(id(n)), filesWith(cookie(n))]).toEqual([[], []]);
  const kept = order.at(-1)!;
  expect(filesWith(id(kept))).toEqual(['shop.sqlite']);
  expect(filesWith(cookie(kept))).toEqual(['shop.sqlite']);
  store = await open();
  expect((await store.readEvents()).length).toBe(9000);
  expect((await store.readEvents({ person: (await store.personOf({ userId: id(kept) }))! })).length).toBe(3);
  let left = 0;
  for await (const _ of store.quarantined()) left++;
  expect(left).toBe(360);
  await store.close();
});
