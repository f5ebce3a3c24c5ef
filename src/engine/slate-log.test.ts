/** What is shown is noted, by one thread and by several, and joins what comes back. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCompute } from '../adapters/compute.ts';
import { type LoggedSlate, openShop, type Recommendation, type Shop } from '../index.ts';
import { currentGeneration } from './artefacts.ts';
import { loadGeneration } from './generation.ts';

const now = Date.UTC(2026, 5, 1);
let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'slate-log-'));
  folder = join(root, 'shop');
  await using shop = await openShop(folder, { now: () => now });
  const ids = Array.from({ length: 12 }, (_, n) => `p${n}`);
  await shop.putProducts(
    ids.map((productId) => ({
      ...{ productId, title: productId, categories: [], attributes: {}, images: [] },
      variants: [{ variantId: `${productId}-v`, options: {} }],
    })),
  );
  await shop.record(
    Array.from({ length: 600 }, (_, n) => ({
      ...{ eventId: `e${n}`, kind: 'view_item' as const, time: now - (600 - n) * 3_600_000 },
      ...{ userId: `u${n % 20}`, productId: ids[(n % 20) % 4 === 0 ? n % 3 : (n * 7) % 12]! },
    })),
  );
  await shop.train();
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

async function noted(shop: Shop): Promise<Map<string, LoggedSlate>> {
  const slates = new Map<string, LoggedSlate>();
  for await (const slate of shop.slates()) slates.set(slate.recommendationId, slate);
  return slates;
}

function expectNoted(slates: ReadonlyMap<string, LoggedSlate>, answers: readonly Recommendation[]): void {
  for (const { recommendationId, items, generation, candidates } of answers) {
    const slate = slates.get(recommendationId)!;
    expect(slate).toMatchObject({ time: now, generation, candidates, policy: 'best' });
    expect(slate.items.map(({ productId }) => productId)).toEqual(items.map(({ productId }) => productId));
    expect(slate.items.map(({ probability }) => probability)).toEqual(items.map(({ probability }) => probability));
  }
}

test('each slate is noted as it was shown, with the features of what was chosen, under a random key', async () => {
  await using shop = await openShop(folder, { now: () => now });
  const requests = [{ user: 'u1' }, { user: 'u1', count: 3 }, { user: 'u2', page: 'cart' }, {}];
  const answers = [];
  for (const request of requests) answers.push(await shop.recommend(request));
  const slates = await noted(shop);
  expect(slates.size).toBe(4);
  expectNoted(slates, answers);
  const [one, again, two, stranger] = answers.map(({ recommendationId }) => slates.get(recommendationId)!);
  expect(one!.person).toBe(again!.person);
  expect(two!.person).not.toBe(one!.person);
  expect(stranger!.person).toBeUndefined();
  expect(two!.page).toBe('cart');
  const compute = await openCompute({ threads: 1 });
  const { selection } = await loadGeneration((await currentGeneration(folder))!, compute);
  await compute.close();
  const { columns } = selection.signals;
  const probabilities = one!.items.flatMap(({ features, probability }) => {
    if (!features) return [];
    expect(features).toHaveLength(columns.length);
    const q = new Float64Array(1);
    selection.choice.score(features, 1, q);
    return [{ q: q[0]!, probability: probability! }];
  });
  expect(probabilities.length).toBeGreaterThan(3);
  // Features are those that the choice read: from them follow the odds between what was shown.
  for (const { q, probability } of probabilities)
    expect(Math.log(probability / probabilities[0]!.probability)).toBeCloseTo(q - probabilities[0]!.q, 3);
});

test('threads that answer note what they showed', async () => {
  const shop = await openShop(folder, { now: () => now, workers: 2 });
  const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => shop.recommend({ user: `u${n % 20}` })));
  await shop.close();
  await using again = await openShop(folder, { now: () => now });
  expectNoted(await noted(again), answers);
});

test('where it is not wanted nothing is noted, and a shop that is not there is not made by it', async () => {
  await using shop = await openShop(folder, { now: () => now });
  const before = (await noted(shop)).size;
  await writeFile(join(folder, 'shelfwise.json'), JSON.stringify({ slateLogDays: 0 }));
  await shop.recommend({ user: 'u1' });
  expect((await noted(shop)).size).toBe(before);
  await using none = await openShop(join(root, 'none'), { create: 'on-write' });
  await none.recommend();
  await none.close();
  expect(await readdir(root)).toEqual(['shop']);
}, 60_000);
