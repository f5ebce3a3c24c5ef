/** The shop as a library, on a generated store: what training measures, what a request gets, and that reasons are true. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCompute } from '../adapters/compute.ts';
import { openShop, type Recommendation, type Shop, type TrainingReport } from '../index.ts';
import { type DemoTruth, writeDemoStore } from '../simulation/demo-store.ts';
import type { DemoWorld } from '../simulation/world.ts';
import { currentGeneration } from './artefacts.ts';
import { loadGeneration } from './generation.ts';

let folder: string;
let truth: DemoTruth;
let world: DemoWorld;
let shop: Shop;
let trained: TrainingReport;
let now: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shop-'));
  const {
    files,
    truth: planted,
    world: made,
  } = await writeDemoStore(folder, { seed: 11, products: 150, shoppers: 500, days: 183 });
  truth = planted;
  world = made;
  now = truth.span[1];
  shop = await openShop(join(folder, 'shop'), { now: () => now });
  await shop.importFiles(files);
  trained = await shop.train();
}, 240_000);

afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

/** Customers with some history, as a caller knows them. */
async function someCustomers(count: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { userId, events } of shop.customers()) if (events >= 8 && found.length < count) found.push(userId);
  return found;
}

describe('training', () => {
  test('what the shop shows foresees held-back visits better than popularity and than every base model', () => {
    const { metrics, cases } = trained.validation;
    expect(cases).toBeGreaterThan(100);
    const selection = metrics['selection']!['NDCG@10']!;
    for (const [name, { 'NDCG@10': ndcg }] of Object.entries(metrics))
      if (name !== 'selection') expect(selection, name).toBeGreaterThan(ndcg!);
    // A popularity list in its place would not reach twice itself.
    expect(selection).toBeGreaterThan(2 * metrics['popularity']!['NDCG@10']!);
    const [low, high] = trained.validation.intervals['NDCG@10']!;
    expect(low).toBeLessThan(selection);
    expect(high).toBeGreaterThan(selection);
  });

  test('leaves one whole generation with its card, and nothing unfinished', async () => {
    const generation = (await currentGeneration(shop.folder))!;
    expect(generation.number).toBe(trained.generation);
    expect((await readdir(join(shop.folder, 'models'))).sort()).toEqual(['000001', 'current.json']);
    expect((await readdir(generation.folder)).sort()).toEqual([
      ...[
        'attributes.json',
        'card.md',
        'checksums.json',
        'choice',
        'content',
        'generation.json',
        'items.json',
        'metrics.json',
        'models',
      ],
    ]);
    expect(await readFile(join(generation.folder, 'card.md'), 'utf8')).toContain('| selection |');
  });

  test('does nothing where nothing changed, and the same again where it is forced', async () => {
    const again = await shop.train();
    expect(again).toMatchObject({ unchanged: true, generation: trained.generation, validation: trained.validation });
    const [before] = await Promise.all([shop.recommend({ viewing: ['P0001'] })]);
    const forced = await shop.train({ force: true });
    expect(forced).toMatchObject({ unchanged: false, generation: trained.generation + 1 });
    expect(forced.validation).toEqual(trained.validation);
    const after = await shop.recommend({ viewing: ['P0001'] });
    expect(after.generation).toBe(forced.generation);
    expect(after.items).toEqual(before.items);
  }, 240_000);

  test('an interrupted training leaves the generation that was there', async () => {
    const before = await currentGeneration(shop.folder);
    const stop = new AbortController();
    const training = shop.train({
      force: true,
      signal: stop.signal,
      onProgress: (share) => share > 0.3 && stop.abort(),
    });
    await expect(training).rejects.toThrow();
    expect(await currentGeneration(shop.folder)).toEqual(before);
  }, 240_000);
});

describe('a slate', () => {
  test('differs from shopper to shopper, and leans to what each is known to like', async () => {
    const slates = new Map<string, number>();
    let [own, others] = [0, 0];
    const tastes = new Map(world.shoppers().map(({ userId, departments }) => [userId, departments]));
    for (const user of await someCustomers(30)) {
      const { items } = await shop.recommend({ user, count: 8, explain: false });
      slates.set(items.map(({ productId }) => productId).join(), 1);
      const taste = tastes.get(user)!;
      const mean = taste.reduce((sum, weight) => sum + weight, 0) / taste.length;
      for (const { productId } of items) {
        own += taste[truth.departmentOf[productId]!]!;
        others += mean;
      }
    }
    expect(slates.size).toBeGreaterThan(25);
    expect(own).toBeGreaterThan(1.3 * others);
  });

  test('never shows what is out of stock, hidden, excluded, in the cart or looked at, nor a product twice', async () => {
    const [user] = await someCustomers(1);
    const first = await shop.recommend({ user: user!, count: 20 });
    const [a, b, c, d] = first.items.map(({ productId }) => productId) as [string, string, string, string];
    const product = { categories: [], attributes: {}, images: [], title: 'Hidden' };
    await shop.putFacts(
      first.items
        .filter(({ productId }) => productId === a)
        .map(({ variantId }) => ({ fact: 'stock', variantId: variantId!, place: '', from: now, unitsOnHand: 0 })),
    );
    await shop.putProducts([{ ...product, productId: b, hidden: true, variants: [] }]);
    const { items } = await shop.recommend({ user: user!, count: 100, exclude: [c], cart: [d], viewing: ['P0001'] });
    const shown = items.map(({ productId }) => productId);
    for (const id of [b, c, d, 'P0001', ...truth.outOfStock]) expect(shown).not.toContain(id);
    // Another variant of the first may stand in for the one that is sold out.
    const sameVariant = items.some((item) => item.productId === a && item.variantId === first.items[0]!.variantId);
    expect(sameVariant).toBe(false);
    expect(new Set(shown).size).toBe(shown.length);
    await shop.putFacts([
      { fact: 'stock', variantId: first.items[0]!.variantId!, place: '', from: now + 1, unitsOnHand: 9 },
    ]);
  });

  test('has probabilities in (0, 1] that sum to at most one, and reasons that name what the shopper met', async () => {
    for (const user of await someCustomers(10)) {
      const { items, fellBack } = await shop.recommend({ user });
      expect(fellBack).toEqual([]);
      expect(items.filter(({ reasons }) => reasons.length > 0).length).toBeGreaterThan(items.length / 2);
      const sum = items.reduce((total, { probability }) => total + probability!, 0);
      expect(sum).toBeLessThanOrEqual(1 + 1e-9);
      for (const { probability, reasons } of items) {
        expect(probability).toBeGreaterThan(0);
        for (const reason of reasons) {
          expect(reason.share).toBeGreaterThan(0);
          if (reason.kind === 'history') expect(reason.because.length).toBeGreaterThan(0);
          expect(reason.text).toMatch(/\.$/);
        }
      }
    }
  });

  test('speaks Chinese when asked', async () => {
    const [user] = await someCustomers(1);
    const { items } = await shop.recommend({ user: user!, language: 'zh' });
    expect(items.flatMap(({ reasons }) => reasons).length).toBeGreaterThan(5);
    for (const { reasons } of items) for (const { text } of reasons) expect(text).toMatch(/\p{Script=Han}.*。$/u);
  });

  test('what is looked at and put into the cart changes the answer', async () => {
    const ids = (slate: Recommendation): string[] => slate.items.map(({ productId }) => productId);
    const { product } = truth.complements[0]!;
    // Leaving a product out is not yet going by it.
    const without = await shop.recommend({ exclude: [product] });
    const viewing = await shop.recommend({ viewing: [product] });
    const inCart = await shop.recommend({ cart: [product] });
    expect(ids(viewing)).not.toEqual(ids(without));
    expect(ids(inCart)).not.toEqual(ids(without));
    expect(viewing.basis).toBe('1 looked at');
    expect(inCart.basis).toBe('1 in the cart');
    // The choice goes by what the models know, and says what they do not.
    await shop.putProducts([
      { productId: 'NEW', title: 'New', categories: [], attributes: {}, images: [], variants: [] },
    ]);
    const unknown = await shop.recommend({ viewing: [product, 'NEW', 'NONE'] });
    // What came after the training is known by what the catalogue says of it.
    expect(unknown.basis).toBe('2 looked at');
    expect(unknown.fellBack).toEqual([
      { code: 'unknown_products', text: 'Not in the catalogue: NONE; chosen without.' },
    ]);
  });

  test('a deadline is kept: what is not done by then is left out and said; an abort ends the request', async () => {
    const [user] = (await someCustomers(1)) as [string];
    const whole = await shop.recommend({ user });
    expect(whole.fellBack).toEqual([]);
    const soon = await shop.recommend({ user, deadlineMs: 1e-6 });
    expect(soon.items).toHaveLength(10);
    expect(soon.fellBack.map(({ code }) => code)).toEqual(['deadline_choice']);
    expect(soon.basis).toBe(whole.basis);
    expect(soon.items.every(({ reasons, probability }) => reasons.length === 0 && probability === undefined)).toBe(
      true,
    );
    const late = await shop.recommend({ user, deadlineMs: 60_000 });
    expect(late.items.map(({ productId }) => productId)).toEqual(whole.items.map(({ productId }) => productId));
    for (const deadlineMs of [0, -1, Number.NaN, '5' as never])
      await expect(shop.recommend({ deadlineMs })).rejects.toMatchObject({ code: 'SW_USAGE' });
    await expect(shop.recommend({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'SW_CANCELLED' });
  });

  test('ten thousand ids in one request are answered, and the sentence names a few', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => `none-${n}`);
    const { items, fellBack } = await shop.recommend({ viewing: many, exclude: many, count: 5 });
    expect(items).toHaveLength(5);
    expect(fellBack).toEqual([
      { code: 'unknown_products', text: expect.stringMatching(/none-0, .*none-9 and 9,990 more; chosen without/) },
    ]);
  });

  test('an event that was just recorded changes that shopper’s next answer, and a visitor’s past follows the sign-in', async () => {
    const before = await shop.recommend({ visitor: 'cookie-1' });
    expect(before.fellBack).toEqual([
      { code: 'unknown_shopper', text: 'The visitor "cookie-1" is not known: answered as for a stranger.' },
    ]);
    await shop.record([
      { eventId: 'e-1', kind: 'view_item', time: now, visitorId: 'cookie-1', productId: 'P0010' },
      { eventId: 'e-2', kind: 'add_to_cart', time: now, visitorId: 'cookie-1', productId: 'P0010' },
    ]);
    const after = await shop.recommend({ visitor: 'cookie-1' });
    expect(after.basis).toBe('2 events of this shopper');
    expect(after.items).not.toEqual(before.items);
    await shop.joinVisitor('cookie-1', 'new-customer');
    expect((await shop.recommend({ user: 'new-customer' })).basis).toBe('2 events of this shopper');
  });

  test('says who is unknown, and refuses a count that is none', async () => {
    const { fellBack, basis, items } = await shop.recommend({ user: 'nobody' });
    expect(fellBack).toEqual([
      { code: 'unknown_shopper', text: 'The user "nobody" is not known: answered as for a stranger.' },
    ]);
    expect(basis).toBe('a stranger');
    expect(items.length).toBe(10);
    await expect(shop.recommend({ count: 0 })).rejects.toMatchObject({ code: 'SW_USAGE' });
  });

  test('asked for more than has evidence, goes on with the rest of the catalogue and says so', async () => {
    const { items, fellBack } = await shop.recommend({ count: 1000 });
    expect(items.length).toBeGreaterThan(100);
    expect(textsOf(fellBack)).toMatch(/rest of the catalogue/);
    expect(items.at(-1)!.probability).toBeUndefined();
  });
});

describe('a shop that lacks something', () => {
  test('an empty one answers with an empty page and says that it is not trained', async () => {
    await using empty = await openShop(join(folder, 'empty'));
    expect(await empty.status()).toMatchObject({ products: 0, people: 0 });
    const { items, fellBack, generation } = await empty.recommend();
    expect([items, generation]).toEqual([[], undefined]);
    expect(textsOf(fellBack)).toMatch(/not trained/);
    await expect(empty.train()).rejects.toMatchObject({ code: 'SW_INPUT_EMPTY' });
  });

  test('one that is made by its first write leaves no folder before, and deletes nothing of others after', async () => {
    const place = join(folder, 'later');
    const orders = join(folder, 'no-orders.csv');
    await writeFile(orders, 'user_id,product_id,timestamp\n');
    await using waiting = await openShop(place, { create: 'on-write', now: () => now });
    expect(await waiting.status()).toMatchObject({ products: 0, liveEvents: 0 });
    await expect(waiting.importFile(orders)).rejects.toMatchObject({ code: 'SW_INPUT_EMPTY' });
    expect((await readdir(folder)).includes('later')).toBe(false);
    // Another process makes the shop meanwhile: a refused import leaves its events alone.
    await using other = await openShop(place, { now: () => now });
    await other.record([{ eventId: 'e', kind: 'purchase', time: now, userId: 'u', productId: 'a' }]);
    await expect(waiting.importFile(orders)).rejects.toMatchObject({ code: 'SW_INPUT_EMPTY' });
    expect(await waiting.status()).toMatchObject({ liveEvents: 1 });
    await waiting.putProducts([
      { productId: 'a', title: 'A thing', categories: [], attributes: {}, images: [], variants: [] },
    ]);
    expect((await other.recommend({ user: 'u' })).items.map(({ title }) => title)).toEqual(['A thing']);
  });

  test('an untrained one shows the most chosen, and what is only in the catalogue after them', async () => {
    await using plain = await openShop(join(folder, 'plain'), { now: () => now });
    const product = { categories: [], attributes: {}, images: [], variants: [] };
    await plain.putProducts(['a', 'b', 'c'].map((productId) => ({ ...product, productId, title: productId })));
    await plain.record(
      ['b', 'b', 'a'].map((productId, n) => ({ eventId: `${n}`, kind: 'purchase', time: now, userId: 'u', productId })),
    );
    const { items } = await plain.recommend({ count: 3 });
    expect(items.map(({ productId }) => productId)).toEqual(['b', 'a', 'c']);
  });

  test('one with a handful of events trains, measures nothing and says so', async () => {
    await using tiny = await openShop(join(folder, 'tiny'), { now: () => now });
    await tiny.record(
      ['a', 'b', 'a', 'c'].map((productId, n) => ({
        ...{ eventId: `${n}`, kind: 'purchase', time: now, userId: `u${n % 2}`, productId },
      })),
    );
    const report = await tiny.train();
    expect(report.validation.cases).toBe(0);
    expect((await tiny.recommend({ user: 'u0', count: 3 })).generation).toBe(1);
  });

  test('a damaged model is recognised by its checksum and named, and gives way', async () => {
    const copy = join(folder, 'damaged');
    await cp(shop.folder, copy, { recursive: true });
    const { folder: generation } = (await currentGeneration(copy))!;
    const weights = join(generation, 'models/item-knn/weights.safetensors');
    const bytes = await readFile(weights);
    bytes[bytes.length - 3]! ^= 1;
    await writeFile(weights, bytes);
    await using broken = await openShop(copy, { now: () => now });
    const { fellBack, items, generation: answers } = await broken.recommend({ count: 3 });
    expect([answers, items.length]).toEqual([1, 3]);
    expect(fellBack[0]!.text).toMatch(/^Generation \d+ cannot be read: .*item-knn/);
  });

  test('a trained generation loads as it was', async () => {
    const compute = await openCompute();
    const { selection, index, record } = await loadGeneration((await currentGeneration(shop.folder))!, compute);
    expect(selection.itemCount).toBe(index.products.length);
    expect(record.members.map(({ as }) => as)).toEqual(trained.models.used);
    await compute.close();
  });
});

function textsOf(fellBack: Recommendation['fellBack']): string {
  return fellBack.map(({ text }) => text).join();
}
