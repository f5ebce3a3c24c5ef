import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ShopDatabase } from './database.ts';
import { Lease } from './lease.ts';

let folder: string;
let database: ShopDatabase;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lease-'));
  database = ShopDatabase.open(join(folder, 'shop.sqlite'));
});
afterEach(() => {
  vi.useRealTimers();
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const beats = (): number => database.get("SELECT beat FROM leases WHERE name = 'writer'")![0] as number;

test('the heartbeat counts on, and neither it nor the letting go throws on its timer where the database fails', async () => {
  vi.useFakeTimers();
  const lease = new Lease(database, { name: 'writer', waitMs: 0 });
  await lease.acquire();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(beats()).toBeGreaterThan(4);
  database.run('ALTER TABLE leases RENAME TO gone');
  await vi.advanceTimersByTimeAsync(10_000);
  lease.rest();
  await vi.advanceTimersByTimeAsync(10_000);
  const other = new Lease(database, { name: 'training', waitMs: 0 });
  await expect(other.acquire()).rejects.toThrow('no such table');
  // The row that could not be written is freed once it can be; this thread knows before.
  lease.release();
  database.run('ALTER TABLE gone RENAME TO leases');
  const next = new Lease(database, { name: 'writer', waitMs: 0 });
  expect(next.tryAcquire()).toBe(true);
  next.release();
  expect(database.get("SELECT token FROM leases WHERE name = 'writer'")).toEqual([null]);
  database.close();
  await vi.advanceTimersByTimeAsync(10_000);
});

test('writing and training are two rights; each has one holder, who keeps it while the beat goes on', async () => {
  const [writer, trainer] = (['writer', 'training'] as const).map((name) => new Lease(database, { name, waitMs: 0 }));
  await writer!.acquire();
  await trainer!.acquire();
  let now = 0;
  const rivals = (['writer', 'training'] as const).map(
    (name) => new Lease(database, { name, waitMs: 0, now: () => now }),
  );
  for (const rival of rivals) await expect(rival.acquire()).rejects.toMatchObject({ code: 'SW_SHOP_BUSY' });
  // A trainer's thread may be busy for long; a writer's may not.
  now = 7_000;
  await rivals[0]!.acquire();
  await expect(rivals[1]!.acquire()).rejects.toMatchObject({ message: expect.stringContaining('the training lease') });
  expect(() => writer!.transaction(() => 1)).toThrow(/expected the writer lease/);
  expect(trainer!.transaction(() => 1)).toBe(1);
  trainer!.release();
  await rivals[1]!.acquire();
  for (const rival of rivals) rival.release();
});

test('who waits is heard by the holder, and gets the lease at the next rest', async () => {
  const holder = new Lease(database, { name: 'writer', waitMs: 0 });
  const waiter = new Lease(database, { name: 'writer', waitMs: 5_000 });
  await holder.acquire();
  const got = waiter.acquire();
  expect(holder.transaction(() => holder.wanted)).toBe(true);
  holder.rest();
  await got;
  expect(waiter.transaction(() => 'mine')).toBe('mine');
  expect(() => holder.transaction(() => 'mine')).toThrow(/writer lease/);
  waiter.release();
});
