import { expect, test } from 'vitest';
import { createMemoryStore } from '../adapters/memory/memory-store.ts';
import type { FormerDescription, Product } from '../data/catalogue.ts';
import { attributesOf } from './attributes.ts';
import { parseConfig } from './config.ts';
import { readShopData } from './shop-data.ts';

function product(productId: string, colour: string, more: Partial<Product> = {}): Product {
  const bare = { productId, title: productId, categories: [], images: [], variants: [] };
  return { ...bare, attributes: colour === '' ? {} : { colour }, ...more };
}

const ids = ['a', 'b', 'c'];

function coloursOf(products: readonly Product[], former: readonly FormerDescription[]): (time?: number) => string {
  const attributes = attributesOf(ids, new Map(products.map((one) => [one.productId, one])), former)!;
  // Two items that never change say what the codes stand for.
  const key = (row: number): string => attributes.rows[row]!.join();
  const names = new Map([
    [key(1), 'red'],
    [key(2), 'blue'],
  ]);
  return (time) => names.get(key(attributes.rowAt(0, time))) ?? 'none';
}

test('a past moment finds what was said then, and what was said first stands for the time before', () => {
  const others = [product('b', 'red'), product('c', 'blue')];
  const former = (colour: string, until: number): FormerDescription => ({ ...product('a', colour), until });
  const changed = coloursOf([product('a', 'blue'), ...others], [former('red', 10)]);
  expect([changed(-1e9), changed(9), changed(10), changed()]).toEqual(['red', 'red', 'blue', 'blue']);
  const added = coloursOf([product('a', 'blue'), ...others], [former('', 10)]);
  expect([added(1), added(10)]).toEqual(['blue', 'blue']);
  const twice = coloursOf([product('a', 'red'), ...others], [former('', 10), former('blue', 20)]);
  expect([twice(1), twice(19), twice(20)]).toEqual(['blue', 'blue', 'red']);
});

test('training reads the catalogue with its past, and leaves out what gave way before the first event', async () => {
  let now = 50;
  const store = createMemoryStore(() => now);
  const view = (eventId: string, time: number, productId: string) =>
    ({ eventId, kind: 'view_item', time, userId: 'ann', productId, flags: 0 }) as const;
  await store.appendEvents([view('1', 100, 'a'), view('2', 200, 'b'), view('3', 300, 'c')]);
  await store.putProducts([product('a', 'green'), product('b', 'red'), product('c', 'blue')]);
  await store.putProducts([product('a', 'red')]);
  now = 150;
  await store.putProducts([product('a', 'blue')]);
  const { attributes, index } = await readShopData(store, parseConfig({}, 'test'));
  const [a, b, c] = ids.map((id) => index.products.indexOf(id));
  const said = (item: number, time?: number) => [...attributes!.rows[attributes!.rowAt(item, time)]!];
  expect(attributes!.rows.length).toBe(4);
  expect([said(a!, 120), said(a!, 160)]).toEqual([said(b!), said(c!)]);
  expect(attributes!.today[a!]).toEqual(attributes!.rows[a!]);
});
