/** A product that nobody has met is an item of the models from its first training on, by what the catalogue says of it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { Product } from '../data/catalogue.ts';
import type { ShopEvent } from '../data/events.ts';
import { openShop, type Shop } from '../index.ts';

const now = Date.UTC(2026, 5, 1);
const kinds = ['tea', 'coffee', 'wine'] as const;
/** So many products of a kind, and so few events of each, that the kind tells more than who else chose it. */
const each = 100;
let folder: string;
let shop: Shop;

const product = (productId: string, kind: string): Product => ({
  ...{ productId, title: productId, categories: [['Drinks', kind]], attributes: { kind }, images: [], variants: [] },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unmet-'));
  shop = await openShop(join(folder, 'shop'), { now: () => now });
  // What is learned here is plain: few cases tell it.
  await writeFile(join(shop.folder, 'shelfwise.json'), JSON.stringify({ maxCases: 250 }));
  const sold = kinds.flatMap((kind) => Array.from({ length: each }, (_, n) => product(`${kind}-${n}`, kind)));
  const unmet = [...kinds, 'hat'].flatMap((kind) => [
    product(`${kind}-new`, kind),
    ...Array.from({ length: 69 }, (_, n) => product(`${kind}-new-${n}`, kind)),
  ]);
  await shop.putProducts([...sold, ...unmet]);
  const random = new Random(3);
  const events = Array.from({ length: 1200 }, (_, n): ShopEvent => {
    const kind = kinds[n % 3]!;
    return {
      ...{ eventId: `e${n}`, kind: 'purchase', time: now - (1200 - n) * 3_600_000 },
      ...{ userId: `${kind}-lover-${random.below(100)}`, productId: `${kind}-${random.below(each)}` },
    };
  });
  await shop.record(events);
  await shop.train();
}, 240_000);
afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

test('of the unknown those come first that are of the kind a shopper likes, and all of them are chosen among', async () => {
  const known = kinds.flatMap((kind) => Array.from({ length: each }, (_, n) => `${kind}-${n}`));
  for (const [n, kind] of kinds.entries()) {
    const user = `${kind}-lover-${n + 10}`;
    const { items } = await shop.recommend({ user, exclude: known, count: 70 });
    const chosen = items.filter(({ probability }) => probability !== undefined);
    const own = chosen.filter(({ productId }) => productId.startsWith(`${kind}-new`));
    expect(own.length).toBeGreaterThanOrEqual(65);
    expect(own.slice(0, 20)).toEqual(chosen.slice(0, 20));
    expect(own[0]!.reasons.length).toBeGreaterThan(0);
  }
});

test('who looks at it is shown its like, without a word that it is unknown', async () => {
  for (const kind of kinds) {
    const { items, fellBack, basis } = await shop.recommend({ viewing: [`${kind}-new`], count: 10 });
    expect([fellBack, basis]).toEqual([[], '1 looked at']);
    expect(items.filter(({ productId }) => productId.startsWith(kind)).length).toBeGreaterThanOrEqual(7);
  }
});

test('what comes after the training is chosen among from the next request on, until the rows that wait are taken', async () => {
  const late = Array.from({ length: 3 }, (_, n) => kinds.map((kind) => product(`${kind}-late-${n}`, kind))).flat();
  const known = kinds.flatMap((kind) => Array.from({ length: each }, (_, n) => `${kind}-${n}`));
  const chosenBy = async (kind: string) => {
    const answer = await shop.recommend({ user: `${kind}-lover-12`, exclude: known, count: 80 });
    expect(answer.fellBack.map(({ code }) => code)).toEqual([]);
    return answer.items.filter(({ probability }) => probability !== undefined);
  };
  for (const kind of kinds)
    expect((await chosenBy(kind)).filter(({ productId }) => productId.includes('late'))).toEqual([]);
  await shop.putProducts(late);
  for (const kind of kinds) {
    const chosen = await chosenBy(kind);
    const own = chosen.filter(({ productId }) => productId.startsWith(`${kind}-`));
    expect(own.slice(0, 60)).toEqual(chosen.slice(0, 60));
    const [mine, other] = [true, false].map((isOwn) =>
      chosen.filter(({ productId }) => productId.includes('-late-') && productId.startsWith(kind) === isOwn),
    );
    expect(mine!.map(({ productId }) => productId).sort()).toEqual([0, 1, 2].map((n) => `${kind}-late-${n}`));
    for (const { probability, reasons } of mine!) {
      // By its attributes and by its texts: what it shares, or with what the shopper bought.
      expect(['attributes', 'content', 'history']).toContain(reasons[0]!.kind);
      for (const one of other!) expect(probability).toBeGreaterThan(one.probability!);
    }
    // Looked at, it tells of its kind.
    const like = await shop.recommend({ viewing: [`${kind}-late-0`], count: 10 });
    expect(like.fellBack).toEqual([]);
    expect(like.items.filter(({ productId }) => productId.startsWith(kind)).length).toBeGreaterThanOrEqual(7);
  }
  // One that is hidden is not shown.
  await shop.putProducts([{ ...product('tea-late-0', 'tea'), hidden: true }]);
  const shown = (await chosenBy('tea')).map(({ productId }) => productId);
  expect([shown.includes('tea-late-0'), shown.includes('tea-late-1')]).toEqual([false, true]);
  // Rows wait for so many and no more; then the request says what it did not know.
  await shop.putProducts(Array.from({ length: 200 }, (_, n) => product(`wine-later-${n}`, 'wine')));
  const { fellBack } = await shop.recommend({ viewing: ['wine-later-0', 'wine-later-199'] });
  expect(fellBack.map(({ code }) => code)).toEqual(['untrained_products']);
  // Another process finds the same.
  await using again = await openShop(shop.folder, { now: () => now });
  const answer = await again.recommend({ viewing: ['tea-late-1'], count: 10 });
  expect(answer.items.filter(({ productId }) => productId.startsWith('tea')).length).toBeGreaterThanOrEqual(7);
});
