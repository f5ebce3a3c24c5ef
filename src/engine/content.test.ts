/** Products that nobody has met are chosen by what their texts say: from the training on, and from the moment they come. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstUnmet as firstOf, kindsShop, names, now, product, share } from '../../test/fakes/kinds-shop.ts';
import { openShop, type Shop } from '../index.ts';

let folder: string;
let shop: Shop;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'content-'));
  shop = await kindsShop(join(folder, 'shop'));
  await shop.train();
}, 240_000);
afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

/** True once it is so; false where it does not come to be. */
async function comesToBe(until: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await until()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

test('of products that nobody has met those come first whose texts are like what the shopper chose', async () => {
  const found = await Promise.all(
    names.map(async (kind) => share(await firstOf(shop, { user: `${kind}-lover-7` }), kind)),
  );
  expect(found).toEqual([1, 1, 1]);
});

test('a product that comes is chosen by its text soon after, in another process as well', async () => {
  await using other = await openShop(shop.folder, { now: () => now, workers: 2 });
  const request = { user: 'garden-lover-7' };
  await firstOf(other, request);
  await shop.putProducts([
    product('late-garden', '园艺 shears and rake'),
    product('late-sleep', 'pillow 枕头 blanket'),
  ]);
  for (const one of [shop, other]) {
    const chosen = await comesToBe(async () => {
      const found = await firstOf(one, request, 30);
      const [own, strange] = [found.indexOf('late-garden'), found.indexOf('late-sleep')];
      return own >= 0 && own < 10 && (strange < 0 || strange > own);
    });
    expect(chosen).toBe(true);
  }
  // A process that is opened later has read it too.
  await using later = await openShop(shop.folder, { now: () => now });
  expect(await comesToBe(async () => (await firstOf(later, request, 30)).slice(0, 10).includes('late-garden'))).toBe(
    true,
  );
});

test('a product that is described anew is what it is described as now', async () => {
  const request = { user: 'sleep-lover-3' };
  await shop.putProducts([product('garden-new-0', '枕头 pillow and bed sheet')]);
  expect(await comesToBe(async () => (await firstOf(shop, request, 12)).includes('garden-new-0'))).toBe(true);
});

test('what is typed is part of the question, of a stranger as well, in both languages', async () => {
  for (const [text, kind] of [
    ['a kettle', 'kitchen'],
    ['枕头', 'sleep'],
    ['flower pot', 'garden'],
  ] as const) {
    const answer = await shop.recommend({ text, count: 5 });
    expect(answer.fellBack.map(({ code }) => code)).toEqual([]);
    const found = answer.items.map(({ productId }) => productId);
    expect(share(found.slice(0, 2), kind)).toBe(1);
    expect(share(found, kind)).toBeGreaterThanOrEqual(0.6);
  }
});
