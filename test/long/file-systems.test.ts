/** A full disk, a disk that may only be read, and a user without rights: named errors, nothing lost, and what can go on goes on. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ShelfwiseError } from '../../src/core/errors.ts';
import type { ShopEvent } from '../../src/data/events.ts';
import { openShop } from '../../src/index.ts';

const now = Date.UTC(2026, 5, 1);
const models = ['item-knn', 'popularity'];
const root = mkdtempSync(join(tmpdir(), 'file-systems-'));
const disk = join(root, 'disk');
const shopFolder = join(root, 'shop');
const file = join(root, 'orders.csv');
mkdirSync(disk);

const run = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const mounted = process.platform === 'linux' && run('mount', '-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk);
if (!mounted) console.log('file-systems: skipped, because this user cannot mount a small file system.');

const events = (from: number, count: number): ShopEvent[] =>
  Array.from({ length: count }, (_, i): ShopEvent => {
    const n = from + i;
    return {
      ...{ eventId: `e${n}`, kind: n % 3 === 0 ? 'purchase' : 'view_item', time: now - (60_000 - n) * 60_000 },
      ...{ userId: `u${n % 31}`, productId: `p${(n * 7) % 17}` },
    };
  });

beforeAll(async () => {
  await using shop = await openShop(shopFolder, { now: () => now });
  await shop.record(events(0, 600));
  await shop.train({ models });
  const rows = Array.from({ length: 50 }, (_, n) => `${n},u${n},p${n % 9},2026-05-01,1,2.50`);
  writeFileSync(file, ['order_id,user_id,product_id,time,quantity,price', ...rows].join('\n'));
});
afterAll(() => {
  if (mounted) run('umount', '-l', disk);
  rmSync(root, { recursive: true, force: true });
});

async function failure(work: Promise<unknown>): Promise<ShelfwiseError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ShelfwiseError);
  expect((error as ShelfwiseError).hint).not.toBe('');
  return error as ShelfwiseError;
}

describe.skipIf(!mounted)('on a small disk', () => {
  test('a full disk is named, ends nothing but the work that needs it, and loses nothing that was answered', async () => {
    const folder = join(disk, 'full');
    cpSync(shopFolder, folder, { recursive: true });
    await using shop = await openShop(folder, { now: () => now });
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(11 << 20));
    let answered = 600;
    let error: unknown;
    for (let n = 600; error === undefined && n < 60_000; n += 500)
      await shop.record(events(n, 500)).then(
        () => {
          answered += 500;
        },
        (thrown) => {
          error = thrown;
        },
      );
    expect(error).toMatchObject({ code: 'SW_DISK', message: /room on the disk/ });
    for (let size = 1 << 20; size > 1000; size >>= 1)
      for (;;) {
        try {
          writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' });
        } catch {
          break;
        }
      }
    // The lease's timers beat meanwhile: nothing they fail at may end the process.
    await sleep(3_500);
    const big = join(root, 'big.csv');
    const rows = Array.from({ length: 30_000 }, (_, n) => `${n},u${n},p${n % 9},2026-05-01,1,2.50`);
    writeFileSync(big, ['order_id,user_id,product_id,time,quantity,price', ...rows].join('\n'));
    expect((await failure(shop.importFile(big))).code).toBe('SW_DISK');
    expect((await failure(shop.train({ models, force: true }))).code).toBe('SW_DISK');
    expect((await shop.recommend({ user: 'u1', count: 3 })).generation).toBe(1);
    expect(await shop.countEvents()).toBe(answered);
    rmSync(ballast);
    expect(await shop.importFile(file)).toMatchObject({ eventsKept: 50 });
    expect((await shop.train({ models, force: true })).generation).toBe(2);
    await shop.close();
    await using again = await openShop(folder, { now: () => now });
    expect(await again.countEvents()).toBe(answered + 50);
    expect(readdirSync(join(folder, 'models')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a disk that may only be read: the shop answers and measures, and says what it cannot', async () => {
    rmSync(join(disk, 'full'), { recursive: true, force: true });
    const folder = join(disk, 'shop');
    cpSync(shopFolder, folder, { recursive: true });
    expect(run('mount', '-o', 'remount,ro', disk)).toBe(true);
    try {
      const before = readdirSync(folder, { recursive: true }).sort();
      const shop = await openShop(folder, { now: () => now });
      expect((await shop.status()).notes).toEqual([expect.stringMatching(/only read/)]);
      const slate = await shop.recommend({ user: 'u1', count: 5 });
      await using whole = await openShop(shopFolder, { now: () => now });
      expect(slate.items).toEqual((await whole.recommend({ user: 'u1', count: 5 })).items);
      expect((await shop.evaluate({ model: 'popularity', cacheFolder: false })).cases).toBeGreaterThan(5);
      const works = [
        () => shop.record(events(700, 1)),
        () => shop.putProducts([]),
        () => shop.importFile(file),
        () => shop.train({ models, force: true }),
        () => shop.forget('u1'),
        () => shop.deleteEvents({ user: 'u1' }),
      ];
      for (const work of works) expect((await failure(work())).code).toBe('SW_SHOP_READ_ONLY');
      await shop.close();
      expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
      expect((await failure(openShop(join(disk, 'new')))).code).toBe('SW_SHOP_READ_ONLY');
    } finally {
      run('mount', '-o', 'remount,rw', disk);
    }
  });
});

describe('a user without the right to write', () => {
  const child = fileURLToPath(new URL('../processes/shop-child.ts', import.meta.url));
  const root0 = process.getuid?.() === 0;

  /** What the other user sees; undefined where no other user can be tried. */
  function seen(folder: string): Record<string, unknown> | undefined {
    const who = root0 ? { uid: 65_534, gid: 65_534 } : {};
    const { stdout, stderr, error } = spawnSync(process.execPath, [child, folder, file], {
      ...who,
      encoding: 'utf8',
      cwd: root,
    });
    if (stdout) return JSON.parse(stdout);
    if (!error && !/EACCES|permission denied/i.test(stderr)) throw new Error(stderr);
    console.log('file-systems: skipped, because no other user can be tried, or it may not read this project.');
    return undefined;
  }

  function withoutRights(folder: string): void {
    chmodSync(root, 0o755);
    for (const name of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
      const path = join(folder, name);
      chmodSync(path, statSync(path).isDirectory() ? 0o555 : 0o444);
    }
  }

  test.skipIf(process.platform === 'win32')('reads a closed shop, and one that another process writes', async () => {
    const folder = join(root, 'theirs');
    cpSync(shopFolder, folder, { recursive: true });
    withoutRights(folder);
    const refused = Object.fromEntries(
      ['record', 'import', 'train', 'forget'].map((work) => [work, 'SW_SHOP_READ_ONLY']),
    );
    const closed = seen(folder);
    if (!closed) return;
    expect(closed).toMatchObject({ events: 600, read: 600, generation: 1, measured: 'done', ...refused });
    expect(closed['notes']).toEqual([expect.stringMatching(/until it is opened again/)]);
    if (!root0) return;
    // Root may write where the other user may only read.
    await using shop = await openShop(folder, { now: () => now });
    await shop.record(events(600, 40));
    const live = seen(folder);
    expect(live).toMatchObject({ events: 640, read: 640, ...refused });
  });
});
