/**
 * The loop closed in the demo store's world: shoppers react to what they are shown by their own tastes, needs and
 * budgets, which no model knows. A popularity list or products at random in the place of the slate get fewer clicks.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../src/core/random.ts';
import { openShop, type Shop } from '../../src/index.ts';
import { writeDemoStore } from '../../src/simulation/demo-store.ts';
import { isInStock } from '../../src/simulation/offers.ts';
import { interestIn } from '../../src/simulation/shelf-response.ts';
import type { DemoWorld } from '../../src/simulation/world.ts';

let folder: string;
let shop: Shop;
let world: DemoWorld;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-world-'));
  const store = await writeDemoStore(folder, { seed: 7, products: 210, shoppers: 600 });
  world = store.world;
  shop = await openShop(join(folder, 'shop'), { now: () => store.truth.span[1] });
  await shop.importFiles(store.files);
  await shop.train();
}, 240_000);

afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

/** Interest in what stands on each shopper's slate, summed, over that in the best that there is. */
async function shareOfBest(slateOf: (user: string) => Promise<readonly string[]>): Promise<number> {
  const time = world.span[1] - 1;
  let [shown, best] = [0, 0];
  for (const shopper of world.shoppers().filter((_, s) => s % 3 === 0)) {
    const interest = (id: string): number => interestIn(world.product(id)!, shopper, { time }, world);
    for (const id of await slateOf(shopper.userId)) shown += interest(id);
    const all = world.products.map(({ productId }) => interest(productId)).sort((a, b) => b - a);
    best += all.slice(0, 6).reduce((sum, value) => sum + value, 0);
  }
  return shown / best;
}

test('slates meet what shoppers really like far better than popularity or chance', async () => {
  const random = new Random(3);
  const inStock = world.products.filter((product) => isInStock(world.offers(product), world.span[1] - 1));
  const chosen = await shareOfBest(async (user) =>
    (await shop.recommend({ user, count: 6, explain: false })).items.map(({ productId }) => productId),
  );
  const popular = await shareOfBest(async (user) =>
    (await shop.recommend({ user, count: 6, explain: false, order: 'popular' })).items.map(
      ({ productId }) => productId,
    ),
  );
  const drawn = await shareOfBest(async () =>
    random
      .shuffle([...inStock])
      .slice(0, 6)
      .map(({ productId }) => productId),
  );
  expect(chosen).toBeGreaterThan(1.5 * popular);
  expect(chosen).toBeGreaterThan(2 * drawn);
}, 120_000);
