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
