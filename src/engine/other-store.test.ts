/** A shop whose data another store holds. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { memoryStore, openShop, type Shop } from '../index.ts';

let folder: string;
let shop: Shop;
const now = Date.UTC(2026, 0, 1);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'places-'));
  shop = await openShop({ store: memoryStore(() => now), artefacts: join(folder, 'made') }, { now: () => now });
});
afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

test('imports, training and answers rest on the store that was handed in, and only what is trained is in the folder', async () => {
  const rows = Array.from({ length: 400 }, (_, n) => {
    const group = n % 2;
    const at = new Date(now - (400 - n) * 3_600_000).toISOString();
    return `u${n % 20},${group === 0 ? 'tea' : 'ink'}-${(n * 7) % 5},${at},view_item`;
  });
  const file = join(folder, 'events.csv');
  writeFileSync(file, ['user_id,item_id,timestamp,event', ...rows].join('\n'));
  expect(await shop.importFile(file)).toMatchObject({ eventsKept: 400 });
  await shop.record([{ eventId: 'r', kind: 'view_item', time: now - 60_000, userId: 'new', productId: 'tea-1' }]);
  await shop.train();
  expect(existsSync(join(folder, 'made', 'models', 'current.json'))).toBe(true);
  expect(existsSync(join(folder, 'made', 'shop.sqlite'))).toBe(false);
  const { items, generation } = await shop.recommend({ user: 'new', count: 3 });
  expect(generation).toBe(1);
  expect(items[0]!.productId).toMatch(/^tea-/);
  expect(await shop.countEvents()).toBe(401);
});

test('an import that runs when the shop is closed is stopped, and none begins later', async () => {
  const other = await openShop({ store: memoryStore(), artefacts: join(folder, 'other') });
  const file = join(folder, 'many.csv');
  const rows = Array.from({ length: 50_000 }, (_, n) => `u${n},p${n % 9},2024-01-01T00:00:00Z,view_item`);
  writeFileSync(file, ['user_id,item_id,timestamp,event', ...rows].join('\n'));
  const importing = expect(other.importFile(file)).rejects.toMatchObject({ code: 'SW_CANCELLED' });
  await other.close();
  await importing;
  await expect(other.importFile(file)).rejects.toMatchObject({ code: 'SW_SHOP_CLOSED' });
});
