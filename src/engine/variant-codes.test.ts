/** Orders that came before the catalogue, and recordings by codes alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openShop } from '../index.ts';

test('events by codes of variants count for their products, whenever the catalogue comes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'codes-'));
  const now = Date.UTC(2026, 5, 1);
  try {
    await using shop = await openShop(join(folder, 'shop'), { threads: 1, now: () => now });
    const lines = Array.from(
      { length: 60 },
      (_, n) => `${n},c${n % 20},${['K-R', 'K-B', 'S-M'][n % 3]},1,9,2026-05-${10 + (n % 20)}`,
    );
    writeFileSync(join(folder, 'orders.csv'), `order_id,customer_id,sku,quantity,price,date\n${lines.join('\n')}\n`);
    await shop.importFile(join(folder, 'orders.csv'));
    writeFileSync(
      join(folder, 'goods.csv'),
      'product_id,variant_id,title,price,stock\nkettle,K-R,Kettle,39,4\nkettle,K-B,Kettle,39,9\nsocks,S-M,Socks,12,3\nhat,hat,Hat,5,3\n',
    );
    await shop.importFile(join(folder, 'goods.csv'));
    await shop.record([{ eventId: 'r', kind: 'purchase', time: now - 1_000, userId: 'new', productId: 'K-R' }]);
    await shop.train();
    const { items } = await shop.recommend({ count: 10 });
    expect(items.map(({ productId }) => productId).sort()).toEqual(['hat', 'kettle', 'socks']);
    // Chosen by what was bought under other codes: what nobody bought stands last.
    expect(items.every(({ probability }) => probability !== undefined)).toBe(true);
    expect(items.at(-1)!.productId).toBe('hat');
    expect(items.every(({ priceMinor }) => priceMinor !== undefined)).toBe(true);
    const without = await shop.recommend({ count: 10, exclude: ['K-B'] });
    expect(without.items.map(({ productId }) => productId).sort()).toEqual(['hat', 'socks']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
