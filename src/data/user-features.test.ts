import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDuckdb } from '../adapters/duckdb/analytics.ts';
import { createMemoryStore } from '../adapters/memory/memory-store.ts';
import { Random } from '../core/random.ts';
import type { Analytics } from './analytics.ts';
import { eventFlags, eventKinds, type ShopEvent } from './events.ts';
import type { ShopStore } from './shop-store.ts';
import {
  computeUserFeatures,
  type UserFeatures,
  userFeatureRecords,
  userFeaturesOf,
  userNumberColumns,
  userNumbers,
  userShares,
} from './user-features.ts';

const day = 86_400_000;
/** Thursday, 1 February 2024, 00:00 UTC. */
const start = Date.UTC(2024, 1, 1);
const at = (days: number, hour = 0): number => start + days * day + hour * 3_600_000;

let store: ShopStore;
const opened: Analytics[] = [];
async function open(): Promise<Analytics> {
  const analytics = await openDuckdb({ threads: 1 });
  opened.push(analytics);
  return analytics;
}
beforeEach(() => {
  store = createMemoryStore();
});
afterEach(async () => {
  for (const analytics of opened.splice(0)) await analytics.close();
});

async function fill(): Promise<void> {
  const product = (productId: string, category: string, brand: string) => ({
    productId,
    title: productId,
    categories: [['Shop', category]],
    brand,
    attributes: {},
    images: [],
    variants: [{ variantId: productId, options: {} }],
  });
  await store.putProducts([
    product('mug', 'Kitchen', 'Potter'),
    product('pan', 'Kitchen', 'Smith'),
    product('rug', 'Floor', 'Weaver'),
  ]);
  const prices = { mug: 400, pan: 1600, rug: 5000 };
  await store.putFacts(
    Object.entries(prices).map(([variantId, priceMinor]) => ({
      fact: 'price',
      variantId,
      place: '',
      from: 0,
      priceMinor,
      currency: 'GBP',
    })),
  );
  await store.putUsers([
    { userId: 'ann', attributes: { city: 'York', preferred_brand: 'Smith' } },
    { userId: 'new', attributes: { city: 'Hull' } },
  ]);
  let n = 0;
  const event = (kind: ShopEvent['kind'], time: number, more: Partial<ShopEvent>): ShopEvent => ({
    eventId: `e${n++}`,
    kind,
    time,
    userId: 'ann',
    device: 'phone',
    place: 'York',
    ...more,
  });
  await store.appendEvents([
    event('view_item', at(0, 9), { productId: 'mug', sessionId: 's1' }),
    event('add_to_cart', at(0, 9), { productId: 'mug', sessionId: 's1' }),
    event('purchase', at(0, 10), { productId: 'mug', sessionId: 's1', quantity: 2, priceMinor: 400, currency: 'GBP' }),
    event('purchase', at(0, 10), {
      productId: 'rug',
      sessionId: 's1',
      priceMinor: 5000,
      currency: 'GBP',
      flags: eventFlags.refunded,
    }),
    event('purchase', at(10, 20), { productId: 'pan', priceMinor: 2000, currency: 'GBP', device: 'desktop' }),
    event('purchase', at(10, 20), { productId: 'mug', priceMinor: 9, currency: 'EUR', device: 'desktop' }),
    event('refund', at(11), { productId: 'rug', quantity: 1, priceMinor: 5000, currency: 'GBP' }),
    event('rate', at(12), { productId: 'mug', value: 5 }),
    event('review', at(12), { productId: 'rug', value: 2, text: 'thin' }),
    event('feedback', at(13), { productId: 'rug', value: -1 }),
    event('feedback', at(13), { productId: 'pan', value: 1 }),
    event('view_item', at(2), { productId: 'rug', userId: 'ben' }),
  ]);
}

async function all(now: number): Promise<UserFeatures[]> {
  const analytics = await open();
  await computeUserFeatures(store, analytics, { now });
  const records: UserFeatures[] = [];
  for await (const record of userFeatureRecords(analytics)) records.push(record);
  return records;
}

test('a record holds what the definitions say, computed by hand', async () => {
  await fill();
  const ann = await store.personOf({ userId: 'ann' });
  const record = (await all(at(20))).find(({ person }) => person === ann)!;
  expect(record.numbers).toMatchObject({
    views: 1,
    cartAdds: 1,
    purchases: 4,
    refunds: 1,
    ratings: 1,
    reviews: 1,
    feedbacks: 2,
    searches: 0,
    sessions: 1,
    activeDays: 5,
    distinctProducts: 3,
    ratingMean: 3.5,
    likedShare: 0.5,
    refundShare: 0.25,
    orders: 2,
    spendMinor: 7800,
    basketMinor: 3900,
    basketUnits: 2.5,
    unitPriceMinor: 1950,
  });
  expect(record.numbers['daysSinceFirst']).toBeCloseTo(20 - 9 / 24);
  expect(record.numbers['daysSinceLast']).toBeCloseTo(7);
  expect(record.numbers['daysSincePurchase']).toBeCloseTo(10 - 20 / 24);
  expect(record.numbers['daysBetweenOrders']).toBeCloseTo(10 + 10 / 24);
  expect(record.numbers['ordersPer30Days']).toBeCloseTo((2 * 30) / (20 - 10 / 24));
  // Medians: Kitchen 1000, Floor 5000; the price in euros has no reference.
  expect(record.numbers['priceLevel']).toBeCloseTo((Math.log2(0.4) + 0 + Math.log2(2)) / 3);
  expect(record.shares['brands']![0]).toEqual({ value: 'Potter', share: 11 / 19 });
  expect(record.shares['likedCategories']).toEqual([{ value: 'Shop > Kitchen', share: 1 }]);
  expect(record.shares['devices']!.map(({ value }) => value)).toEqual(['phone', 'desktop']);
  expect(record.shares['hours']!.find(({ value }) => value === '20')!.share).toBeCloseTo(2 / 11);
  expect(record.shares['weekdays']![0]).toEqual({ value: '4', share: 4 / 11 });
  expect(record.profile).toEqual({ city: 'York', preferred_brand: 'Smith' });
  expect(record.preferences).toEqual({ preferred_brand: 'Smith' });
});

test('one user is computed as among all, and a user with a profile alone has a record', async () => {
  await fill();
  const records = await all(at(20));
  expect(records.length).toBe(3);
  for (const record of records)
    expect(await userFeaturesOf(store, await open(), record.person, { now: at(20) })).toEqual(record);
  expect(await userFeaturesOf(store, await open(), 999, { now: at(20) })).toBeUndefined();
  const stranger = records.find(({ profile }) => profile['city'] === 'Hull')!;
  expect(stranger.numbers).toMatchObject({ purchases: 0, spendMinor: 0, daysSinceLast: null, basketMinor: null });
});

test('what happens after the time of asking does not count', async () => {
  await fill();
  const before = await all(at(5));
  await store.appendEvents([
    {
      eventId: 'later',
      kind: 'purchase',
      time: at(6),
      userId: 'ann',
      productId: 'rug',
      priceMinor: 1,
      currency: 'GBP',
    },
  ]);
  expect(await all(at(5))).toEqual(before);
});

test('hours and weekdays follow the shop’s clock', async () => {
  await store.appendEvents([{ eventId: 'a', kind: 'view_item', time: at(0, 23), userId: 'ann' }]);
  const analytics = await open();
  await computeUserFeatures(store, analytics, { now: at(9), utcOffsetMinutes: 120 });
  for await (const { shares } of userFeatureRecords(analytics)) {
    expect(shares['hours']).toEqual([{ value: '1', share: 1 }]);
    expect(shares['weekdays']).toEqual([{ value: '5', share: 1 }]);
  }
});

test('columns agree with records, shares sum to one, and a shuffled history changes the record', async () => {
  const random = new Random(5);
  const events = Array.from(
    { length: 600 },
    (_, i): ShopEvent => ({
      eventId: `e${i}`,
      kind: eventKinds[random.below(eventKinds.length)]!,
      time: at(random.below(60), random.below(24)),
      userId: `u${random.below(20)}`,
      sessionId: `s${random.below(90)}`,
      priceMinor: 1 + random.below(900),
      currency: 'GBP',
    }),
  );
  await store.appendEvents(events);
  const analytics = await open();
  await computeUserFeatures(store, analytics, { now: at(60) });
  const { person, numbers } = await userNumberColumns(analytics);
  expect(Object.keys(numbers)).toEqual(userNumbers.map(({ name }) => name));
  let row = 0;
  for await (const record of userFeatureRecords(analytics)) {
    expect(record.person).toBe(person[row]);
    for (const { name } of userNumbers) expect(record.numbers[name] ?? Number.NaN).toBe(numbers[name]![row]);
    for (const name of ['hours', 'weekdays'])
      expect(record.shares[name]!.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    row++;
  }
  expect(row).toBe(20);
  const real = await all(at(60));
  store = createMemoryStore();
  const people = random.shuffle(events.map(({ userId }) => userId!));
  await store.appendEvents(events.map((event, i) => ({ ...event, userId: people[i]! })));
  expect((await all(at(60))).map(({ numbers }) => numbers)).not.toEqual(real.map(({ numbers }) => numbers));
});

test('every feature has a name of its own and a definition', () => {
  const names = [...userNumbers, ...userShares].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { definition } of [...userNumbers, ...userShares]) expect(definition).toMatch(/^[A-Z].+\.$|^[A-Z].+\)\.$/);
});
