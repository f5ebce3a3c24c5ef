/** The graph of a shop follows what happens: whatever was recorded, it is that of a reading from the beginning. */
import { expect, test } from 'vitest';
import { createMemoryStore } from '../adapters/memory/memory-store.ts';
import { Random } from '../core/random.ts';
import type { ShopEvent } from '../data/events.ts';
import type { ShopGraph } from '../data/shop-graph.ts';
import { GraphKeeper } from './graph-keeper.ts';

const words = (text: string): string[] => text.split(' ');
const now = Date.UTC(2026, 3, 1);
const seen = ({ nodes, edges }: ShopGraph): string[] =>
  edges
    .filter(({ type }) => type !== 'session')
    .map(
      ({ from, to, type, weight, time }) => `${nodes[from]!.type} ${type} ${nodes[to]!.name} ${weight} ${time ?? ''}`,
    )
    .sort();

test('events that come, late ones, and a changed catalogue are in it, each once', async () => {
  const store = createMemoryStore(() => now);
  const keeper = new GraphKeeper(store, words);
  const random = new Random(2);
  let reads = 0;
  const readEvents: typeof store.readEvents = (read) => {
    reads += Number(!read?.since);
    return store.readEvents(read);
  };
  const counted = new GraphKeeper({ ...pick(store), readEvents }, words);
  let id = 0;
  const event = (time: number): ShopEvent => ({
    ...{
      eventId: `e${id++}`,
      kind: 'view_item',
      time,
      userId: `u${random.below(5)}`,
      productId: `p${random.below(4)}`,
    },
  });
  const same = async (): Promise<void> => {
    const anew = seen(await new GraphKeeper(store, words).graph());
    expect(seen(await keeper.graph())).toEqual(anew);
    expect(seen(await counted.graph())).toEqual(anew);
  };
  expect((await keeper.graph()).nodes).toEqual([]);
  for (let round = 0; round < 6; round++) {
    await store.appendEvents(Array.from({ length: 10 }, (_, n) => event(now + 1000 * round + n)));
    await same();
  }
  // What is new alone was read, after the first.
  expect(reads).toBe(1);
  await store.appendEvents([event(now - 50_000)]);
  await same();
  expect(reads).toBe(2);
  // Of the very time of the newest.
  await store.appendEvents([event(now + 5009), event(now + 5010)]);
  await same();
  expect(reads).toBe(3);
  await store.putProducts([
    {
      productId: 'p1',
      title: 'Red mug',
      brand: 'Oak',
      categories: [],
      attributes: {},
      images: [],
      variants: [{ variantId: 'p1', options: {} }],
    },
  ]);
  await same();
  expect((await keeper.graph()).nodeOf('brand', 'Oak')).toBeDefined();
});

function pick(store: ReturnType<typeof createMemoryStore>) {
  return {
    products: () => store.products(),
    status: () => store.status(),
    catalogueVersion: () => store.catalogueVersion(),
  };
}
