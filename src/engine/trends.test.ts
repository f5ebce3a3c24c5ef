import { expect, test } from 'vitest';
import type { ShopEvent } from '../data/events.ts';
import { VariantCodes } from '../data/variant-codes.ts';
import { memoryStore } from '../index.ts';
import { Trends } from './trends.ts';

const now = Date.UTC(2026, 5, 1);
const day = 86_400_000;
const weights = { view_item: 1, purchase: 3 };
const codes = new VariantCodes(new Map());

/** So many views a day of a product in the last week, and in the three weeks before. */
function* views(productId: string, recent: number, before: number): Generator<ShopEvent> {
  for (let d = 0; d < 28; d++)
    for (let n = 0; n < (d < 7 ? recent : before); n++)
      yield {
        ...{ eventId: `${productId} ${d} ${n}`, kind: 'view_item', userId: `u${n}`, productId },
        time: now - d * day - n,
      };
}

test('what grows stands by how surely it does, whatever is chosen most; what falls does not stand at all', async () => {
  const store = memoryStore(() => now);
  await store.appendEvents([
    ...views('steady', 40, 39),
    ...views('new', 6, 0),
    ...views('falling', 20, 30),
    ...views('grown', 20, 10),
    ...views('much', 60, 45),
  ]);
  await store.appendEvents([{ eventId: 'one', kind: 'view_item', userId: 'u', productId: 'once', time: now }]);
  const trends = new Trends(store);
  // 42 / √1, 70 / √71, 105 / √316, 7 / √274 standard deviations.
  expect(await trends.products(now, weights, codes)).toEqual(['new', 'grown', 'much', 'steady']);
});

test('it is counted once for all who ask at once, and again after a minute, while the one before answers', async () => {
  const store = memoryStore(() => now);
  await store.appendEvents([...views('first', 5, 0)]);
  let reads = 0;
  const readEvents = ((read) => {
    reads++;
    return store.readEvents(read);
  }) as typeof store.readEvents;
  const trends = new Trends({ readEvents });
  const ask = (time: number) => trends.products(time, weights, codes);
  expect(await Promise.all([ask(now), ask(now)])).toEqual([['first'], ['first']]);
  await store.appendEvents([...views('second', 20, 0)]);
  expect([await ask(now + 59_000), reads]).toEqual([['first'], 1]);
  expect(await ask(now + 61_000)).toEqual(['first']);
  await expect.poll(() => ask(now + 62_000)).toEqual(['second', 'first']);
  expect(reads).toBe(2);
});
