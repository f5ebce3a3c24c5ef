/** Nothing that a caller or a file says is accepted and later fatal: after all of it the shop trains, answers, measures. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Product, TimedFact } from '../data/catalogue.ts';
import type { ShopEvent } from '../data/events.ts';
import { openShop, type Shop } from '../index.ts';

const now = Date.UTC(2026, 5, 1);
const hour = 3_600_000;
let folder: string;
let shop: Shop;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  shop = await openShop(join(folder, 'shop'), { now: () => now });
  const events = Array.from(
    { length: 400 },
    (_, n): ShopEvent => ({
      eventId: `sound-${n}`,
      kind: n % 3 === 0 ? 'purchase' : 'view_item',
      time: now - (400 - n) * hour,
      userId: `u${n % 23}`,
      productId: `p${(n * 7) % 13}`,
    }),
  );
  expect(new Set(await shop.record(events))).toEqual(new Set(['stored']));
});
afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

async function works(): Promise<void> {
  const { data } = await shop.train({ models: ['item-knn', 'popularity', 'recently-viewed'] });
  expect(data.items).toBeLessThan(40);
  for (const request of [{ user: 'u3' }, {}, { viewing: ['p1'], place: 'Lyon' }]) {
    const { items } = await shop.recommend({ ...request, count: 5 });
    expect(items.length).toBe(5);
  }
  const report = await shop.evaluate({ model: 'popularity', cacheFolder: false });
  expect(report.cases).toBeGreaterThan(5);
}

describe('hostile values', () => {
  test('recorded times follow the rule of imports, and one event of the future puts no product first', async () => {
    const before = (await shop.recommend({ count: 3 })).items.map(({ productId }) => productId);
    const times = [Date.UTC(2099, 0, 1), now * 1000, 0, 5, now + 25 * hour, null, '', [], Number.NaN, -1];
    const future = times.map((time, n) => ({
      ...{ eventId: `time-${n}`, kind: 'purchase', time, userId: 'x', productId: 'p12' },
    }));
    for (const answer of await shop.record(future as ShopEvent[])) expect(answer).toMatchObject({ field: 'time' });
    expect((await shop.recommend({ count: 3 })).items.map(({ productId }) => productId)).toEqual(before);
    const soon = { eventId: 'soon', kind: 'view_item', time: now + 23 * hour, userId: 'u1', productId: 'p1' } as const;
    expect(await shop.record([soon])).toEqual(['stored']);
  });

  test('what is recorded and put', async () => {
    const base = { kind: 'purchase', time: now, userId: 'u1', productId: 'p1' } as const;
    const extremes = [1e16, -1e16, 1e308, Number.MAX_SAFE_INTEGER, Number.NEGATIVE_INFINITY, Number.NaN, 2 ** 53];
    for (const field of ['priceMinor', 'flags', 'quantity', 'value', 'position'])
      for (const [n, value] of extremes.entries()) {
        const [answer] = await shop.record([{ eventId: `${field}-${n}`, ...base, [field]: value }]);
        expect(answer, `${field} ${value}`).toMatchObject({ field });
      }
    // The largest and smallest that pass are harmless.
    const edges = [
      { priceMinor: 1e13, quantity: 1e9, value: 1e9, position: 2 ** 31 - 1, flags: 2 ** 31 - 1 },
      { priceMinor: -1e13, quantity: -1e9, value: -1e9, position: 0, flags: 0 },
      { productId: '__proto__', userId: 'constructor', sessionId: 'toString' },
      { productId: 'p\u0000\u001b[31m', userId: "'; DROP TABLE events; --" },
    ];
    for (const [n, edge] of edges.entries())
      expect(await shop.record([{ eventId: `edge-${n}`, ...base, ...edge }])).toEqual(['stored']);
    const product: Product = {
      productId: 'p1',
      title: 'One',
      categories: [],
      attributes: {},
      images: [],
      variants: [],
    };
    const put = await shop.putProducts([
      { ...product, categories: 'Home' as never },
      { ...product, attributes: null as never },
      { ...product, createdTime: 1e17 },
      { ...product, attributes: JSON.parse('{"__proto__": "x", "constructor": "y"}') },
    ]);
    expect(put.map((answer) => answer === 'stored')).toEqual([false, false, false, true]);
    const fact: TimedFact = { fact: 'price', variantId: 'p1', place: '', from: now, priceMinor: 1e13, currency: 'EUR' };
    expect((await shop.putFacts([fact, { ...fact, priceMinor: 1e16 }])).map((answer) => answer === 'stored')).toEqual([
      true,
      false,
    ]);
    await works();
  });

  test('an oversold product is not recommended, and a failed formula is no customer', async () => {
    const stock = join(folder, 'stock.csv');
    await writeFile(stock, 'product_id,title,stock\np3,Oversold,-2\np4,Plenty,5\n');
    expect((await shop.importFile(stock)).factsKept).toBe(2);
    const shown = (await shop.recommend({ count: 30 })).items.map(({ productId }) => productId);
    expect(shown).not.toContain('p3');
    expect(shown).toContain('p4');
    const orders = join(folder, 'formula.csv');
    await writeFile(
      orders,
      'user_id,product_id,timestamp\n#N/A,p1,2026-05-01\n#REF!,p2,2026-05-02\nu1,p1,2026-05-03\n',
    );
    await shop.importFile(orders);
    for (const user of ['#N/A', '#REF!']) expect(await shop.countEvents({ user })).toBe(0);
  });

  test('two columns of one name lose no cell: what is set aside and released is the row that stood there', async () => {
    const orders = join(folder, 'twice.csv');
    await writeFile(
      orders,
      'event_id,user_id,product_id,timestamp,quantity,price,price\nt1,u1,p1,2026-05-01,1,0,7.5\nt2,u1,p2,2026-05-02,1,3,4\n',
    );
    const report = await shop.importFile(orders);
    expect(report.notes!.join()).toContain('two columns are called price; the later one is price (2)');
    const held = [];
    for await (const row of shop.quarantined({ importId: report.importId })) held.push(row);
    expect(held[0]!.row).toMatchObject({ price: '0', 'price (2)': '7.5' });
    const [released] = await shop.releaseQuarantined('zero-prices', { importId: report.importId });
    expect(released).toMatchObject({ eventsKept: 1 });
    expect(await shop.countEvents({ eventIds: ['t1', 't2'] })).toBe(2);
  });

  test('what stands in files', async () => {
    const orders = join(folder, 'orders.csv');
    const line = (n: number, more: string): string => `f${n},purchase,2026-05-30T10:00:00Z,u${n % 9},p2,${more}`;
    const bad = ['1e308,5', '1e39,5', '2,1e308', '2,Infinity', '2,-1e300', 'x2,5', '1e10,5', '2,1e15'];
    const sound = Array.from({ length: 40 }, (_, n) => line(100 + n, `${1 + (n % 3)},9.${n}`));
    await writeFile(
      orders,
      [
        'event_id,event_name,timestamp,user_id,item_id,quantity,price',
        ...sound,
        ...bad.map((more, n) => line(n, more)),
      ].join('\n'),
    );
    const report = await shop.importFile(orders);
    const aside = report.steps
      .filter(({ action }) => action === 'set-aside')
      .reduce((sum, { acted }) => sum + acted, 0);
    expect([report.rowsRead, aside]).toEqual([48, bad.length]);
    expect(report.eventsKept).toBe(40);
    // Three quantities and three prices, whatever other steps would have said of them; Infinity is no number at all.
    expect(report.steps.find(({ step }) => step === 'impossible-values')).toMatchObject({ matched: 6, acted: 6 });
    const catalogue = join(folder, 'catalogue.tsv');
    const prices = [
      ...Array.from({ length: 9 }, (_, n) => `${n}.50 EUR`),
      '12.50 EUR',
      '9007199254740993 EUR',
      '1e308 EUR',
      'Infinity EUR',
      '0x10 EUR',
      '-5 EUR',
    ];
    await writeFile(
      catalogue,
      [
        'id\ttitle\tprice\tavailability\tlink',
        ...prices.map((price, n) => `p${n}\tThing ${n}\t${price}\tin_stock\tx`),
      ].join('\n'),
    );
    const imported = await shop.importFile(catalogue, { kind: 'google-merchant' });
    expect(imported.productsKept).toBeGreaterThan(0);
    await works();
    const { items } = await shop.recommend({ count: 12 });
    for (const { priceMinor } of items) if (priceMinor !== undefined) expect(priceMinor).toBeLessThanOrEqual(1e13);
  });
});
