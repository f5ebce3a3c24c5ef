import { expect, test } from 'vitest';
import type { Product, TimedFact } from '../data/catalogue.ts';
import { OfferHistory } from './offer-history.ts';

const product = (productId: string, ...variants: string[]): Product => ({
  productId,
  title: productId,
  categories: [],
  attributes: {},
  images: [],
  variants: variants.map((variantId) => ({ variantId, options: {} })),
});
const price = (variantId: string, from: number, priceMinor: number, more: Partial<TimedFact> = {}): TimedFact =>
  ({ fact: 'price', variantId, place: '', from, priceMinor, currency: 'EUR', ...more }) as TimedFact;
const stock = (variantId: string, from: number, unitsOnHand: number, place = ''): TimedFact => ({
  ...{ fact: 'stock', variantId, place, from, unitsOnHand },
});

const ids = ['mug', 'cup', 'pot', 'gone'];
const catalogue = new Map(
  [product('mug', 'mug-s', 'mug-l'), product('cup', 'cup'), product('pot', 'pot')].map((one) => [one.productId, one]),
);
async function historyOf(facts: readonly TimedFact[], until = 1_000): Promise<OfferHistory> {
  async function* all(): AsyncGenerator<TimedFact> {
    yield* facts;
  }
  return OfferHistory.of(ids, catalogue, all(), until);
}

test('a price is that of its time, and the first that is known stands for the time before', async () => {
  const history = await historyOf([price('cup', 100, 500), price('cup', 200, 400), price('cup', 300, 450)]);
  expect([-5, 100, 199, 200, 299, 300, 1e12].map((time) => history.priceAt(1, time))).toEqual([
    500, 500, 500, 400, 400, 450, 450,
  ]);
  expect([2, 3, 99].map((item) => history.priceAt(item, 150))).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});

test('what can be bought is that of its time, asked in any order', async () => {
  const history = await historyOf([
    stock('cup', 100, 0),
    stock('cup', 200, 3),
    stock('pot', 150, 0),
    stock('pot', 150, 0),
  ]);
  const expected: [number, number[]][] = [
    [99, [1, 1, 1, 1]],
    [100, [1, 0, 1, 1]],
    [150, [1, 0, 0, 1]],
    [200, [1, 1, 0, 1]],
  ];
  for (const order of [
    [0, 1, 2, 3],
    [3, 0, 2, 1],
    [1, 3, 1, 0],
  ])
    for (const n of order) expect([...history.allowedAt(expected[n]![0])]).toEqual(expected[n]![1]);
});

test('a sold-out variant gives way to another and its price', async () => {
  const history = await historyOf([
    ...[price('mug-s', 0, 300), price('mug-l', 0, 500), stock('mug-s', 0, 1), stock('mug-l', 0, 1)],
    ...[stock('mug-s', 50, 0), stock('mug-l', 80, 0), stock('mug-s', 90, 2)],
  ]);
  expect([0, 50, 79, 80, 90].map((time) => history.priceAt(0, time))).toEqual([300, 500, 500, 300, 300]);
  expect([0, 50, 80, 90].map((time) => history.allowedAt(time)[0])).toEqual([1, 1, 0, 1]);
});

test('other currencies, single places and what begins after the last event are left out', async () => {
  const history = await historyOf(
    [
      price('cup', 0, 500),
      price('mug-s', 0, 300),
      price('pot', 0, 9_900, { currency: 'JPY' }),
      price('cup', 10, 1, { place: 'Lyon' }),
      stock('cup', 10, 0, 'Lyon'),
      price('cup', 2_000, 700),
      stock('cup', 2_000, 0),
    ],
    1_000,
  );
  expect(history.currency).toBe('EUR');
  expect(history.priceAt(2, 5)).toBeNaN();
  expect(history.priceAt(1, 5_000)).toBe(500);
  expect([...history.allowedAt(5_000)]).toEqual([1, 1, 1, 1]);
  // A catalogue that was first imported after all events still prices them.
  const late = await historyOf([price('cup', 5_000, 650), price('cup', 6_000, 700)], 1_000);
  expect(late.priceAt(1, 10)).toBe(650);
});
