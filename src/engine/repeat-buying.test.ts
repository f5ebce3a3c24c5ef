import { expect, test } from 'vitest';
import type { EventColumns } from '../data/event-store.ts';
import { eventKinds } from '../data/events.ts';
import { itemIndex, shopHistories } from '../data/shop-histories.ts';
import { parseConfig } from './config.ts';
import { excludeBoughtDays, repeatShare } from './repeat-buying.ts';

/** One string a visit, `user: product product`, an hour between visits; a capital letter is looked at, not bought. */
function shopOf(...visits: string[]) {
  const rows = visits.flatMap((visit, n) => {
    const [user, products] = visit.split(': ') as [string, string];
    return products.split(' ').map((product) => ({ user, n, product }));
  });
  const users = [...new Set(rows.map(({ user }) => user))];
  rows.sort((a, b) => users.indexOf(a.user) - users.indexOf(b.user) || a.n - b.n);
  const products = [...new Set(rows.map(({ product }) => product.toLowerCase()))].sort();
  const kindOf = ({ product }: { product: string }) =>
    eventKinds.indexOf(product === product.toLowerCase() ? 'purchase' : 'view_item');
  const events: EventColumns = {
    length: rows.length,
    person: Float64Array.from(rows, ({ user }) => users.indexOf(user)),
    time: Float64Array.from(rows, ({ n }) => n * 3_600_000),
    kind: Uint8Array.from(rows, kindOf),
    product: Int32Array.from(rows, ({ product }) => products.indexOf(product.toLowerCase())),
    products,
    session: new Int32Array(rows.length).fill(-1),
    quantity: new Float32Array(rows.length).fill(1),
    priceMinor: new Float64Array(rows.length).fill(Number.NaN),
    value: new Float32Array(rows.length).fill(Number.NaN),
    flags: new Int32Array(rows.length),
  };
  return shopHistories(events, itemIndex(products, 1), { targets: ['purchase'] });
}

test('the repeat share counts later purchases of what was bought in an earlier visit', () => {
  expect(repeatShare(shopOf('u: a b', 'u: a c', 'u: a'))).toBeCloseTo(2 / 3, 9);
  expect(repeatShare(shopOf('u: a b', 'u: c', 'v: a', 'v: d'))).toBe(0);
});

test('two lines of one basket are one purchase, and what was only looked at was not bought', () => {
  expect(repeatShare(shopOf('u: a a', 'u: b'))).toBe(0);
  expect(repeatShare(shopOf('u: A b', 'u: a'))).toBe(0);
  expect(repeatShare(shopOf('u: a a'))).toBeUndefined();
  expect(repeatShare(shopOf('u: a', 'v: a'))).toBeUndefined();
});

test('what was bought stays off for ever where hardly anything is bought again, and comes back where much is', () => {
  const auto = parseConfig({});
  expect(excludeBoughtDays(auto, shopOf('u: a', 'u: b', 'u: c'))).toBe(Infinity);
  expect(excludeBoughtDays(auto, shopOf('u: a', 'u: a', 'u: c'))).toBe(0);
  // Nothing is known of customers who never came back.
  expect(excludeBoughtDays(auto, shopOf('u: a', 'v: b'))).toBe(0);
  const viewed = { ...shopOf('u: a', 'u: b'), targetKinds: ['view_item'] as const };
  expect(excludeBoughtDays(auto, viewed)).toBe(0);
});

test('what comes later decides nothing of what came before', () => {
  const shop = shopOf('u: a', 'u: b', 'u: a', 'u: a');
  expect(repeatShare(shop)).toBeCloseTo(2 / 3, 9);
  expect(repeatShare(shop, 2 * 3_600_000)).toBe(0);
  expect(excludeBoughtDays(parseConfig({}), shop, 2 * 3_600_000)).toBe(Infinity);
  expect(excludeBoughtDays(parseConfig({}), shop)).toBe(0);
});

test('a merchant’s number of days stands, whatever customers do', () => {
  const config = parseConfig({ slate: { excludeBoughtDays: 14 } });
  expect(excludeBoughtDays(config, shopOf('u: a', 'u: b'))).toBe(14);
  expect(excludeBoughtDays(config, shopOf('u: a', 'u: a'))).toBe(14);
});
