/** What others do while an import is under way, and what an import does to them. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reportOf, stage } from '../../../test/fakes/staged-import.ts';
import { ownTag } from '../../core/scratch.ts';
import type { Analytics } from '../../data/analytics.ts';
import type { Product, TimedFact } from '../../data/catalogue.ts';
import type { ShopEvent } from '../../data/events.ts';
import type { ImportCommit, ImportReport } from '../../data/import-log.ts';
import { openDuckdb } from '../duckdb/analytics.ts';
import { arrivingChunk, beginArrival, markArrived, moveArriving, settleArrivals, stageArriving } from './arrivals.ts';
import { readFactsAfter, readProduct, readProducts } from './catalogue-rows.ts';
import { ShopDatabase } from './database.ts';
import { Persons } from './persons.ts';
import { openStore, type SqliteStore } from './shop-store.ts';

let folder: string;
let store: SqliteStore;
let analytics: Analytics;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'import-commit-'));
  store = await open();
  analytics = await openDuckdb({ threads: 1 });
});
afterEach(async () => {
  await analytics.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = (): Promise<SqliteStore> =>
  openStore(folder, { create: true, openAnalytics: () => openDuckdb({ threads: 1 }), busyTimeoutMs: 2_000 });
const view = (eventId: string, time: number, more: Partial<ShopEvent> = {}): ShopEvent => ({
  ...{ eventId, kind: 'view_item', time, productId: 'mug' },
  ...more,
});
const product = (productId: string, title = 'x'): Product => ({
  ...{ productId, title, categories: [], attributes: {}, images: [] },
  variants: [{ variantId: productId, options: {} }],
});

/** DuckDB that waits before a segment is written, until it is let go. */
function held(): { analytics: Analytics; writing: Promise<void>; letGo: () => void; times: () => number } {
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let times = 0;
  const waiting = new Proxy(analytics, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...given: unknown[]) => unknown;
      if (name !== 'execute') return method.bind(target);
      return async (sql: string) => {
        if (sql.startsWith('COPY') && sql.includes('person')) {
          times++;
          reached.resolve();
          await gate.promise;
        }
        await method.call(target, sql);
      };
    },
  });
  return { analytics: waiting, writing: reached.promise, letGo: gate.resolve, times: () => times };
}

const commitOf = (held: Analytics, more: Partial<ImportCommit> = {}): ImportCommit => ({
  ...{ report: reportOf('i1'), products: [], users: [], facts: [] },
  events: { analytics: held, table: 'staged' },
  ...more,
});

async function whileWriting(
  events: readonly ShopEvent[],
  others: () => Promise<void>,
  more: Partial<ImportCommit> = {},
): Promise<{ report: ImportReport; times: number }> {
  await stage(analytics, events);
  const { analytics: waiting, writing, letGo, times } = held();
  const importing = store.commitImport(commitOf(waiting, more));
  await writing;
  try {
    await others();
  } finally {
    letGo();
  }
  return { report: await importing, times: times() };
}

test('others record while an import writes; a person whom both bring is one person', async () => {
  const events = [view('a', 5, { userId: 'ann' }), view('b', 6, { visitorId: 'v' }), view('c', 7, { userId: 'ben' })];
  const { report, times } = await whileWriting(events, async () => {
    const other = await open();
    expect(await store.appendEvents([view('r1', 8, { userId: 'ann' })])).toEqual(['stored']);
    expect(await other.appendEvents([view('r2', 9, { userId: 'ann', visitorId: 'v' })])).toEqual(['stored']);
    expect((await other.readEvents()).length).toBe(2);
    expect((await other.status()).imports).toEqual([]);
    await other.close();
  });
  expect([report.eventsKept, times]).toEqual([3, 1]);
  const ann = await store.readEvents({ person: (await store.personOf({ userId: 'ann' }))! });
  expect([...ann.time]).toEqual([5, 6, 8, 9]);
  expect((await store.readEvents()).length).toBe(5);
});

test.each([
  ['live', 0, 3],
  ['sealed', 7, 6],
])(
  'an event that is recorded meanwhile and %s is stored once, and the import tells that it was known',
  async (_, before, files) => {
    const { report, times } = await whileWriting([view('a', 5), view('b', 6)], async () => {
      expect(await store.appendEvents([view('b', 6), view('z', 7)])).toEqual(['stored', 'stored']);
      await store.seal(before);
    });
    expect([report.eventsKept, report.eventsKnown, times]).toEqual([1, 1, 2]);
    expect([...(await store.readEvents()).time].sort()).toEqual([5, 6, 7]);
    expect((await store.status()).imports.length).toBe(1);
    expect(readdirSync(join(folder, 'segments')).length).toBe(files);
  },
);

test('a person who is forgotten meanwhile is not found again under the key that was forgotten', async () => {
  await store.appendEvents([view('old', 1, { userId: 'ann' })]);
  const before = await store.personOf({ userId: 'ann' });
  await whileWriting([view('a', 5, { userId: 'ann' })], async () => {
    expect(await store.forget('ann')).toBe(true);
  });
  const after = await store.personOf({ userId: 'ann' });
  expect(after).not.toBe(before);
  expect([...(await store.readEvents({ person: after! })).time]).toEqual([5]);
});

test('two imports at once that bring the same events and people store each once', async () => {
  const events = [view('a', 5, { userId: 'ann' }), view('b', 6, { userId: 'ben' })];
  let second: ImportReport | undefined;
  const { report } = await whileWriting(events, async () => {
    const own = await openDuckdb({ threads: 1 });
    await stage(own, [...events, view('c', 7, { userId: 'cat' })]);
    second = await store.commitImport(commitOf(own, { report: reportOf('i2') }));
    await own.close();
  });
  expect([second!.eventsKept, report.eventsKept, report.eventsKnown]).toEqual([3, 0, 2]);
  expect((await store.readEvents()).length).toBe(3);
  expect((await store.status()).people).toBe(3);
});

test('an import that fails takes back its people, but none that others used meanwhile', async () => {
  await stage(analytics, [view('a', 5, { userId: 'ann' }), view('b', 6, { userId: 'ben' })]);
  const { analytics: waiting, writing, letGo } = held();
  let reads = 0;
  const flaky = new Proxy(waiting, {
    get(target, name) {
      // The first reads prepare; those after the segment was written fail.
      if (name === 'rows' && reads++ >= 3) return () => Promise.reject(new Error('power'));
      return Reflect.get(target, name);
    },
  });
  const products = Array.from({ length: arrivingChunk + 10 }, (_, n) => product(`p${n}`));
  const importing = store.commitImport(commitOf(flaky, { products }));
  await writing;
  await store.appendEvents([view('r', 7, { userId: 'ben' })]);
  letGo();
  await expect(importing).rejects.toThrow('power');
  expect(await store.personOf({ userId: 'ann' })).toBeUndefined();
  expect([...(await store.readEvents({ person: (await store.personOf({ userId: 'ben' }))! })).time]).toEqual([7]);
  expect(await store.status()).toMatchObject({ people: 1, products: 0, segments: [], imports: [] });
  expect(readdirSync(join(folder, 'segments'))).toEqual([]);
});

test('a large catalogue comes whole, and what an import brings late does not undo what was put since', async () => {
  const products = Array.from({ length: 1_300 }, (_, n) => product(`p${String(n).padStart(4, '0')}`));
  const priced = (n: number): TimedFact => ({
    ...{ fact: 'price', variantId: `p${n}`, place: '', from: 5, priceMinor: n, currency: 'EUR' },
  });
  const facts = Array.from({ length: 1_234 }, (_, n) => priced(n));
  await store.commitImport({ report: reportOf('i1'), products, users: [], facts });
  expect((await store.status()).products).toBe(1_300);
  await store.close();
  const database = ShopDatabase.open(join(folder, 'shop.sqlite'));
  const found = readFactsAfter(database, {}, undefined, 5_000);
  const byPrice = (a: TimedFact, b: TimedFact): number =>
    (a as { priceMinor: number }).priceMinor - (b as { priceMinor: number }).priceMinor;
  expect(found.sort(byPrice)).toEqual(facts);
  const parts = { database, persons: new Persons(database), clock: () => 1 };
  const anew = products.map((one) => ({ kind: 'product', row: { ...one, title: 'new' } }) as const);
  const dead = ownTag.replace(/-\d+-/, '-4194303-');
  const batch = database.transaction(() => {
    const number = beginArrival(database);
    stageArriving(database, number, 0, anew);
    database.run('UPDATE arrivals SET tag = ? WHERE batch = ?', dead, number);
    return number;
  });
  // Not visible yet: a dead import is taken back.
  settleArrivals(parts, (work) => database.transaction(work));
  expect(database.get('SELECT count(*) FROM arriving')).toEqual([0]);
  expect(readProduct(database, 'p0001')!.title).toBe('x');
  const second = database.transaction(() => {
    const number = beginArrival(database);
    expect(number).toBeGreaterThan(batch);
    stageArriving(database, number, 0, anew);
    markArrived(database, number);
    moveArriving(parts, number);
    return number;
  });
  expect([readProduct(database, 'p0001')!.title, readProduct(database, 'p1200')!.title]).toEqual(['new', 'x']);
  database.close();
  store = await open();
  // The process lives: its import is left to it, and what is put now stands.
  await store.putProducts([product('p1200', 'mine')]);
  await store.close();
  const again = ShopDatabase.open(join(folder, 'shop.sqlite'));
  again.run('UPDATE arrivals SET tag = ? WHERE batch = ?', dead, second);
  again.close();
  store = await open();
  const titles = new Map<string, string>();
  for await (const { productId, title } of store.products()) titles.set(productId, title);
  expect(titles.size).toBe(1_300);
  expect([...titles].filter(([, title]) => title !== 'new')).toEqual([['p1200', 'mine']]);
  await store.close();
  const settled = ShopDatabase.open(join(folder, 'shop.sqlite'));
  expect(settled.get('SELECT count(*) FROM arrivals')).toEqual([0]);
  expect(readProducts(settled, '', 5_000).length).toBe(1_300);
  settled.close();
  store = await open();
});
