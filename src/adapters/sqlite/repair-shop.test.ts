import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reportOf, stage } from '../../../test/fakes/staged-import.ts';
import type { ShopEvent } from '../../data/events.ts';
import { openDuckdb } from '../duckdb/analytics.ts';
import { examineShop } from './examine-shop.ts';
import { repairShop } from './repair-shop.ts';
import { openStore, type SqliteStore } from './shop-store.ts';

let root: string;
let folder: string;
let backup: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'repair-'));
  folder = join(root, 'shop');
  backup = join(root, 'backup.sqlite');
  await makeShop();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const openAnalytics = () => openDuckdb({ threads: 1 });
const open = (): Promise<SqliteStore> => openStore(folder, { create: false, openAnalytics });
const view = (eventId: string, time: number, userId: string): ShopEvent => ({
  ...{ eventId, kind: 'view_item', time, userId, productId: 'mug' },
});

/** 60 events sealed by hand, 40 by an import with quarantine, 20 live; a backup from before all but the first 30. */
async function makeShop(): Promise<void> {
  const store = await openStore(folder, { create: true, openAnalytics });
  await store.putProducts([
    { productId: 'mug', title: 'Mug', categories: [], attributes: {}, images: [], variants: [] },
  ]);
  await store.putUsers([{ userId: 'ann', attributes: { city: 'York' } }]);
  await store.appendEvents(Array.from({ length: 30 }, (_, n) => view(`a${n}`, n, `u${n % 5}`)));
  await store.close();
  cpSync(join(folder, 'shop.sqlite'), backup);
  const again = await open();
  await again.appendEvents(Array.from({ length: 30 }, (_, n) => view(`b${n}`, 30 + n, `u${n % 9}`)));
  expect(await again.seal(60)).toBe(60);
  const analytics = await openAnalytics();
  await stage(
    analytics,
    Array.from({ length: 40 }, (_, n) => view(`c${n}`, 100 + n, `v${n % 7}`)),
  );
  await analytics.execute(
    `CREATE TABLE aside AS SELECT 'bots' AS step, 'a.csv' AS file, i AS line, 'fast' AS reason, '{}' AS "row" FROM range(12) r(i)`,
  );
  await again.commitImport({
    report: reportOf('20260101T000000Z-abcdef'),
    ...{ products: [], users: [], facts: [] },
    events: { analytics, table: 'staged' },
    quarantine: { analytics, table: 'aside' },
  });
  await analytics.close();
  await again.appendEvents(Array.from({ length: 20 }, (_, n) => view(`d${n}`, 200 + n, `u${n % 5}`)));
  await again.close();
}

const path = (name: string): string => join(folder, name);
const listed = (part: string, ending: string): string =>
  `${part}/${readdirSync(path(part))
    .filter((name) => name.endsWith(ending))
    .sort()[0]!}`;

/** Every file with its bytes and time of change. */
function imprint(): string {
  const hash = createHash('sha256');
  for (const name of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    const { mtimeMs, size } = statSync(path(name));
    hash.update(`${name} ${mtimeMs} ${size} `);
    if (statSync(path(name)).isFile()) hash.update(readFileSync(path(name)));
  }
  return hash.digest('hex');
}

function flip(name: string, share: number): void {
  const bytes = readFileSync(path(name));
  bytes[Math.floor(bytes.length * share)]! ^= 0x10;
  writeFileSync(path(name), bytes);
}

interface Left {
  readonly events: number;
  readonly sealed: number;
  readonly products: number;
  readonly quarantined: number;
  /** Whether customers are still known by name. */
  readonly named: boolean;
}
const all: Left = { events: 120, sealed: 100, products: 1, quarantined: 12, named: true };
const fromSegments: Left = { events: 100, sealed: 100, products: 0, quarantined: 12, named: false };

const damages: readonly [string, () => void, Left, RegExp][] = [
  ['the database emptied', () => writeFileSync(path('shop.sqlite'), ''), fromSegments, /100|60 sealed events are back/],
  ['the database deleted', () => rmSync(path('shop.sqlite')), fromSegments, /import the files again/],
  [
    'database and manifest deleted',
    () => {
      rmSync(path('shop.sqlite'));
      rmSync(path('manifest.json'));
    },
    fromSegments,
    /sealed events are back/,
  ],
  [
    'the database from a backup that is older',
    () => cpSync(backup, path('shop.sqlite')),
    // What was live in the backup and sealed since is there once; what was live after it is gone.
    { events: 100, sealed: 100, products: 1, quarantined: 0, named: true },
    /60 sealed events are back/,
  ],
  [
    'text in place of the database',
    () => writeFileSync(path('shop.sqlite'), 'once a database '.repeat(900)),
    fromSegments,
    /could not be used; kept in lost/,
  ],
  [
    'the first page of the database zeroed',
    () => {
      const bytes = readFileSync(path('shop.sqlite'));
      bytes.fill(0, 0, 4096);
      writeFileSync(path('shop.sqlite'), bytes);
    },
    fromSegments,
    /could not be used/,
  ],
  [
    'a bit of a segment flipped',
    () => flip(listed('segments', '.parquet'), 0.4),
    { ...all, events: 60, sealed: 40 },
    /60 events are lost/,
  ],
  ['a filter of a segment missing', () => rmSync(path(listed('segments', '.ids'))), all, /60 sealed events are back/],
  ['a file of people missing', () => rmSync(path(listed('segments', '.people'))), all, /60 sealed events are back/],
  ['a file of people altered', () => flip(listed('segments', '.people'), 0.9), all, /60 sealed events are back/],
  ['a filter of a segment altered', () => flip(listed('segments', '.ids'), 0.9), all, /60 sealed events are back/],
];

/** Whatever is damaged is noticed at opening, at the first read, or before the first write. */
async function useIt(): Promise<void> {
  const store = await open();
  try {
    await store.readEvents();
    await store.recentEvents((await store.personOf({ userId: 'u1' })) ?? 0);
    await store.appendEvents([view('used', 250, 'u1')]);
  } finally {
    await store.close();
  }
}

describe('doctor and repair', () => {
  test.each(damages)('%s: told without writing, then rebuilt', async (_, damage, left, message) => {
    expect((await examineShop(folder)).faults).toEqual([]);
    damage();
    const before = imprint();
    expect((await examineShop(folder)).faults.length).toBeGreaterThan(0);
    expect(imprint()).toBe(before);
    await expect(useIt()).rejects.toMatchObject({ code: 'SW_SHOP_CORRUPT' });
    const told = await repairShop(folder, openAnalytics);
    expect(told.join('\n')).toMatch(message);
    expect(await examineShop(folder)).toMatchObject({ faults: [] });
    const store = await open();
    const events = await store.readEvents();
    const status = await store.status();
    let quarantined = 0;
    for await (const _row of store.quarantined()) quarantined++;
    expect({
      events: events.length,
      sealed: status.sealedEvents,
      products: status.products,
      quarantined,
      named: (await store.personOf({ userId: 'u1' })) !== undefined,
    }).toEqual(left);
    // What is back is known: it does not come twice, and new customers get keys of their own.
    const known = left.sealed === 40 ? view('c3', 103, 'v3') : view('a3', 3, 'u3');
    expect(await store.appendEvents([known, view('new', 300, 'fresh')])).toEqual(['duplicate', 'stored']);
    expect(events.person.includes((await store.personOf({ userId: 'fresh' }))!)).toBe(false);
    await store.close();
    expect(await repairShop(folder, openAnalytics)).toEqual([]);
  });

  test('where nothing is amiss nothing is done, and where there is no shop that is said', async () => {
    expect(await repairShop(folder, openAnalytics)).toEqual([]);
    const store = await open();
    expect((await store.readEvents()).length).toBe(120);
    await store.close();
    await expect(repairShop(join(root, 'none'), openAnalytics)).rejects.toMatchObject({ code: 'SW_SHOP_NOT_FOUND' });
  });

  test('an examination writes nothing, also beside a process that has the shop open', async () => {
    const before = imprint();
    const { counts, notes } = await examineShop(folder);
    expect(counts).toEqual({ products: 1, people: 17, liveEvents: 20, sealedEvents: 100 });
    expect(notes).toEqual([]);
    expect(imprint()).toBe(before);
    const store = await open();
    await store.appendEvents([view('live', 500, 'u1')]);
    const names = readdirSync(folder).sort();
    expect((await examineShop(folder)).counts).toMatchObject({ liveEvents: 21 });
    expect(readdirSync(folder).sort()).toEqual(names);
    await store.close();
  });
});
