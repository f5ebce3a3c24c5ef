import { expect, test } from 'vitest';
import { createMemoryStore } from '../adapters/memory/memory-store.ts';
import { Random } from '../core/random.ts';
import type { Product, TimedFact } from '../data/catalogue.ts';
import { itemSimilarity } from '../selection/compose/item-similarity.ts';
import { attributesOf } from './attributes.ts';
import { CatalogueView } from './catalogue-view.ts';
import { ItemLikeness } from './item-likeness.ts';

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
  const store = createMemoryStore();
  await store.putProducts([product]);
  await store.putFacts(facts);
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

/** A store that changes at random, and what it offers, as all say who ask. */
function changingStore(random: Random) {
  const store = createMemoryStore();
  const ids = Array.from({ length: 12 }, (_, n) => `p${n}`);
  const one = <T>(some: readonly T[]): T => some[random.below(some.length)]!;
  const product = (): Product => {
    const productId = one(ids);
    return mug({
      ...{ productId, title: `${productId} ${random.below(9)}`, hidden: random.below(5) === 0 },
      ...{ categories: [[`c${random.below(3)}`]], attributes: { colour: `${random.below(4)}` } },
      ...{ createdTime: random.below(100) },
      // Some variants wander, some products are codes of others.
      variants: Array.from({ length: random.below(3) }, (_, n) => ({
        ...{ variantId: one([`${productId}-${n}`, `v${random.below(4)}`, one(ids)]), options: {} },
      })).filter(({ variantId }, n, all) => all.findIndex((other) => other.variantId === variantId) === n),
    });
  };
  const fact = (time: number): TimedFact => {
    const variantId = one([...ids, ...ids.map((id) => `${id}-0`), 'v0', 'v1', 'v2', 'v3']);
    const base = { variantId, place: one(['', '', 'Lyon']), from: time + random.below(40) - 20 };
    return random.below(2) === 0
      ? { ...base, fact: 'price', priceMinor: random.below(90), currency: 'EUR' }
      : { ...base, fact: 'stock', unitsOnHand: random.below(3) };
  };
  const change = async (time: number): Promise<void> => {
    if (random.below(2) === 0) await store.putProducts(Array.from({ length: 2 }, product));
    await store.putFacts(Array.from({ length: random.below(4) }, () => fact(time)));
  };
  const shown = (view: CatalogueView): unknown => [
    ...view.newest,
    ...ids.flatMap((id) => [view.offer(id), view.offer(id, 'Lyon'), view.codes.productOf(id)]),
  ];
  return { store, ids, change, shown };
}

test('a view that follows what changes shows what one shows that is loaded anew, whatever changes in whatever order', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(seed, 7);
    const { store, ids, change, shown } = changingStore(random);
    await change(0);
    const view = await CatalogueView.load(store, 0);
    const likeness = new ItemLikeness(ids.length);
    for (const [item, id] of ids.entries()) likeness.describe(item, view.products.get(id));
    let seen = view.changesAfter(Infinity)!.count;
    for (let time = 1; time < 120; time += random.below(9)) {
      if (random.below(3) > 0) await change(time);
      const before = shown(view);
      const stale = !view.isOf(await store.catalogueVersion(), time);
      const fresh = await CatalogueView.load(store, time);
      // Where it says that it is of now, it is.
      if (!stale) expect(before).toEqual(shown(fresh));
      expect(await view.follow(store, time)).toBe(true);
      expect(shown(view)).toEqual(shown(fresh));
      // Every product that is offered otherwise is told of, and the likeness that follows is the one that is made anew.
      const changes = view.changesAfter(seen)!;
      seen = changes.count;
      for (const id of changes.products)
        if (ids.includes(id)) likeness.describe(ids.indexOf(id), view.products.get(id));
      const attributes = attributesOf(ids, fresh.products);
      expect(likeness.tells).toBe(attributes !== undefined);
      const anew = itemSimilarity({ members: [] } as never, attributes)?.();
      for (let a = 0; anew && a < ids.length; a++)
        for (let b = 0; b < ids.length; b++) expect(likeness.similarity(a, b)).toBeCloseTo(anew(a, b), 12);
    }
  }
});

test('a view tells of the products whose offer changed, and of nothing else', async () => {
  const store = createMemoryStore();
  const ids = ['a', 'b', 'c'];
  await store.putProducts(ids.map((id) => mug({ productId: id, variants: [{ variantId: `${id}-1`, options: {} }] })));
  const view = await CatalogueView.load(store, 0);
  let seen = view.changesAfter(Infinity)!.count;
  const told = async (time: number): Promise<string[]> => {
    expect(await view.follow(store, time)).toBe(true);
    const changes = view.changesAfter(seen)!;
    seen = changes.count;
    return [...new Set(changes.products)].sort();
  };
  await store.putFacts([stock('b-1', 0), { ...stock('c-1', 0), from: 50 }]);
  expect(await told(1)).toEqual(['b', 'c']);
  expect(view.isOf(await store.catalogueVersion(), 49)).toBe(true);
  expect(view.isOf(await store.catalogueVersion(), 50)).toBe(false);
  expect(await told(60)).toEqual(['c']);
  expect(view.offer('c').available).toBe(false);
  // A clock that was set back by days gets the catalogue of then, as one that asks for too much.
  expect(await view.follow(store, -86_400_000)).toBe(false);
  expect(view.changesAfter(-1)).toBeUndefined();
});
