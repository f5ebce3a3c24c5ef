import { expect, test } from 'vitest';
import type { Product, TimedFact } from '../data/catalogue.ts';
import { CatalogueView } from './catalogue-view.ts';

const mug = (over: Partial<Product> = {}): Product => ({
  productId: 'mug',
  title: 'Mug',
  categories: [],
  attributes: {},
  images: [],
  variants: [
    { variantId: 'mug-red', options: { colour: 'red' } },
    { variantId: 'mug-blue', options: { colour: 'blue' } },
  ],
  ...over,
});
const price = (variantId: string, priceMinor: number, place = ''): TimedFact => ({
  fact: 'price',
  variantId,
  place,
  from: 0,
  priceMinor,
  currency: 'EUR',
});
const stock = (variantId: string, unitsOnHand: number, place = ''): TimedFact => ({
  fact: 'stock',
  variantId,
  place,
  from: 0,
  unitsOnHand,
});

async function view(product: Product, facts: TimedFact[]): Promise<CatalogueView> {
  const store = {
    async *products() {
      yield product;
    },
    factsAt: async () => facts,
  };
  return CatalogueView.load(store, 1);
}

test('the cheapest variant that can be bought is offered', async () => {
  const shown = await view(mug(), [
    price('mug-red', 300),
    price('mug-blue', 500),
    stock('mug-red', 0),
    stock('mug-blue', 4),
  ]);
  expect(shown.offer('mug')).toMatchObject({ variantId: 'mug-blue', priceMinor: 500, available: true });
});

test('a fact of the place wins over the one that holds everywhere', async () => {
  const shown = await view(mug(), [
    price('mug-red', 300),
    price('mug-red', 250, 'Lyon'),
    stock('mug-red', 0, 'Lyon'),
    stock('mug-blue', 0),
  ]);
  expect(shown.offer('mug', 'Lyon')).toMatchObject({ available: false, priceMinor: 250 });
  expect(shown.offer('mug')).toMatchObject({ variantId: 'mug-red', available: true, priceMinor: 300 });
});

test('a sold-out or hidden product is not available, one without stock facts is', async () => {
  expect((await view(mug(), [stock('mug-red', 0), stock('mug-blue', 0)])).offer('mug').available).toBe(false);
  expect((await view(mug({ hidden: true }), [])).offer('mug').available).toBe(false);
  expect((await view(mug(), [])).offer('mug').available).toBe(true);
});
