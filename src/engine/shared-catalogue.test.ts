/** A shop over a store in memory: how often the catalogue is loaded. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMemoryStore } from '../adapters/memory/memory-store.ts';
import { SlateFiles } from '../adapters/slates/slate-files.ts';
import type { Product } from '../data/catalogue.ts';
import type { ShopStore } from '../data/shop-store.ts';
import { parseConfig } from './config.ts';
import { Shop } from './shop.ts';

const now = Date.UTC(2026, 5, 1);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shared-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const mug: Product = {
  ...{ productId: 'mug', title: 'Mug', categories: [], attributes: {}, images: [] },
  variants: [{ variantId: 'mug-1', options: {} }],
};

test('the catalogue is loaded once and then followed, once for all who ask at once; what failed is tried again', async () => {
  const memory = createMemoryStore(() => now);
  let [loads, changes, reads] = [0, 0, 0];
  let fails = false;
  const store: ShopStore = new Proxy(memory, {
    get(target, name) {
      if (name === 'products') loads++;
      if (name === 'readEvents') reads++;
      if (name === 'catalogueChanges') {
        changes++;
        if (fails) throw new Error('no disk');
      }
      return Reflect.get(target, name);
    },
  });
  const never = (): never => expect.fail('expected not to be needed');
  const shop = new Shop({
    ...{
      folder,
      store,
      work: { importFiles: never, releaseQuarantined: never, train: never, evaluate: never, close: async () => {} },
    },
    ...{ config: parseConfig({}), slates: new SlateFiles(folder), openAnalytics: never, now: () => now },
    openCompute: async () => ({
      threads: 1,
      dense: { name: 'none', matmul: never, close: never },
      close: async () => {},
    }),
  });
  await shop.putProducts([mug]);
  const ask = () => Promise.all(Array.from({ length: 20 }, () => shop.recommend({ count: 1 })));
  for (const { items } of await ask()) expect(items).toMatchObject([{ productId: 'mug' }]);
  expect([loads, reads]).toEqual([1, 1]);
  await shop.putFacts([{ fact: 'stock', variantId: 'mug-1', place: '', from: now - 1, unitsOnHand: 0 }]);
  for (const { items } of await ask()) expect(items).toEqual([]);
  // What changed is read, once, and nothing else; what is chosen most is counted once for all.
  expect([loads, changes, reads]).toEqual([1, 1, 1]);
  fails = true;
  await shop.putFacts([{ fact: 'stock', variantId: 'mug-1', place: '', from: now, unitsOnHand: 3 }]);
  await expect(shop.recommend()).rejects.toThrow('no disk');
  fails = false;
  expect((await shop.recommend()).items).toMatchObject([{ productId: 'mug' }]);
});
