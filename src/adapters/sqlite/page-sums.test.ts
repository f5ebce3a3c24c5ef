import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Product } from '../../data/catalogue.ts';
import { openDuckdb } from '../duckdb/analytics.ts';
import { examineShop } from './examine-shop.ts';
import { repairShop } from './repair-shop.ts';
import { openStore, type SqliteStore } from './shop-store.ts';

let folder: string;
let path: string;
let sums: string;
const openAnalytics = () => openDuckdb({ threads: 1 });
const open = (): Promise<SqliteStore> => openStore(folder, { create: true, openAnalytics, busyTimeoutMs: 2_000 });
const product = (n: number): Product => ({
  ...{ productId: `p${n}`, title: `Product ${n}`, categories: [['Home', `Shelf ${n % 7}`]], attributes: {} },
  ...{ images: [], variants: [{ variantId: `v${n}`, options: {} }] },
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'page-sums-'));
  path = join(folder, 'shop.sqlite');
  sums = join(folder, 'shop.sums');
  const store = await open();
  await store.putProducts(Array.from({ length: 400 }, (_, n) => product(n)));
  await store.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a bit that changes in any page of a closed shop is found, named, told by doctor, and kept by repair', async () => {
  const whole = readFileSync(path);
  const pages = whole.length / 4096;
  expect(pages).toBeGreaterThan(20);
  for (let page = 0; page < pages; page++) {
    const bytes = Buffer.from(whole);
    bytes[page * 4096 + 200 + ((page * 977) % 3800)]! ^= 1 << (page % 8);
    writeFileSync(path, bytes);
    await expect(open(), `page ${page + 1}`).rejects.toMatchObject({
      code: 'SW_SHOP_CORRUPT',
      // Where the schema itself is hit, SQLite says so first.
      message: expect.stringMatching(new RegExp(`page ${page + 1} |malformed database schema`)),
    });
  }
  const at = whole.lastIndexOf('Product 123');
  const title = Buffer.from(whole);
  title[at]! ^= 1;
  writeFileSync(path, title);
  expect((await examineShop(folder)).faults).toEqual([expect.stringMatching(/^shop\.sqlite: expected page \d+ as/)]);
  expect(readFileSync(path).equals(title)).toBe(true);
  expect(await repairShop(folder, openAnalytics)).toEqual([expect.stringMatching(/can be read and is kept/)]);
  const store = await open();
  expect((await store.product('p123'))?.title).toBe('Qroduct 123');
  await store.close();
  expect((await examineShop(folder)).faults).toEqual([]);
});

test('sums are there while nobody writes, and only then', async () => {
  expect(existsSync(sums)).toBe(true);
  const [one, two] = [await open(), await open()];
  expect(existsSync(sums)).toBe(false);
  await one.putProducts([product(1)]);
  await one.close();
  await two.putProducts([product(2)]);
  expect(existsSync(sums)).toBe(false);
  await two.close();
  expect(statSync(sums).size).toBe(12 + statSync(path).size / 1024);
  const again = await open();
  expect((await again.status()).products).toBe(400);
  await again.close();
});

test('a database that is longer, shorter or of another day than its sums is refused, and sums that are damaged, too', async () => {
  const [whole, told] = [readFileSync(path), readFileSync(sums)];
  writeFileSync(path, Buffer.concat([whole, Buffer.alloc(4096)]));
  await expect(open()).rejects.toMatchObject({ code: 'SW_SHOP_CORRUPT', message: /pages/ });
  writeFileSync(path, whole);
  for (const damage of [Buffer.alloc(0), told.subarray(0, 100), Buffer.concat([told, Buffer.alloc(4)])]) {
    writeFileSync(sums, damage);
    await expect(open()).rejects.toMatchObject({ code: 'SW_SHOP_CORRUPT', message: /shop\.sums/ });
  }
  told[30]! ^= 1;
  writeFileSync(sums, told);
  await expect(open()).rejects.toMatchObject({ message: /shop\.sums/ });
  rmSync(sums);
  await (await open()).close();
  expect(existsSync(sums)).toBe(true);
});
