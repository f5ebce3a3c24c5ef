/** What was searched for before a visit: learned from, and part of what a request knows. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kinds, names, now, share, sold } from '../../test/fakes/kinds-shop.ts';
import { Random } from '../core/random.ts';
import type { ShopEvent } from '../data/events.ts';
import { openShop, type Shop, type TrainingReport } from '../index.ts';

const minute = 60_000;
const random = new Random(21);
/** Each visit is for a kind that only its search tells: what a shopper bought before says nothing of it. */
const events: readonly ShopEvent[] = Array.from({ length: 900 }, (_, n): ShopEvent[] => {
  const kind = names[random.below(names.length)]!;
  const words = kinds[kind];
  const time = now - (900 - n) * 40 * minute - 10 * minute;
  const who = { userId: `u${n % 90}`, sessionId: `s${n}` };
  return [
    { ...who, eventId: `q${n}`, kind: 'search', time, text: words[random.below(words.length)]! },
    {
      ...{ ...who, eventId: `b${n}`, kind: 'purchase', time: time + 3 * minute },
      productId: `${kind}-${random.below(40)}`,
    },
  ];
}).flat();

let root: string;
let shop: Shop;
let report: TrainingReport;
let clock = now;
async function trained(name: string, some: readonly ShopEvent[]) {
  const at = join(root, name);
  const made = await openShop(at, { now: () => clock, threads: 2 });
  const few = { maxCases: 300, models: ['popularity', 'item-knn', 'content-aligned'], holdoutShare: 0.4 };
  await writeFile(join(at, 'shelfwise.json'), JSON.stringify({ ...few, slate: { excludeBoughtDays: 0 } }));
  await made.putProducts(sold);
  await made.record(some);
  return { made, report: await made.train() };
}
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'searches-'));
  ({ made: shop, report } = await trained('shop', events));
}, 120_000);
afterAll(async () => {
  await shop.close();
  await rm(root, { recursive: true, force: true });
});

const shown = async (request: object): Promise<string[]> =>
  (await shop.recommend({ count: 10, ...request })).items.map(({ productId }) => productId);

describe('what was searched for', () => {
  test('teaches: visits are foreseen by the search before them, which nothing else could', async () => {
    const { made, report: without } = await trained(
      'without',
      events.filter(({ kind }) => kind !== 'search'),
    );
    await made.close();
    const [reads, blind] = [report, without].map(({ validation }) => validation.metrics['selection']!['NDCG@10']!);
    expect(reads!).toBeGreaterThan(1.7 * blind!);
  }, 60_000);

  test('counts in the requests of the visit, until it is over', async () => {
    for (const kind of names) {
      await shop.record([
        { eventId: `now-${kind}`, kind: 'search', time: now, userId: `new-${kind}`, text: kinds[kind][0] },
      ]);
      expect(share(await shown({ user: `new-${kind}` }), kind)).toBeGreaterThan(0.55);
    }
    clock = now + 29 * minute;
    expect(share(await shown({ user: 'new-sleep' }), 'sleep')).toBeGreaterThan(0.55);
    clock = now + 31 * minute;
    // Nothing else is known of the shopper.
    expect(await shown({ user: 'new-sleep' })).toEqual(await shown({}));
    clock = now;
  });

  test('what is typed now comes before it, and nobody is known by it who is not to be', async () => {
    const user = 'new-garden';
    expect(share(await shown({ user, text: 'wok' }), 'kitchen')).toBeGreaterThan(0.8);
    expect(await shown({ user, personalise: false })).toEqual(await shown({}));
  });

  test('is given as the reason, and new searches make another generation', async () => {
    const { items } = await shop.recommend({ user: 'new-kitchen', count: 3 });
    expect(items.flatMap(({ reasons }) => reasons.map(({ kind }) => kind))).toContain('typed');
    expect((await shop.train()).unchanged).toBe(false);
    expect((await shop.train()).unchanged).toBe(true);
  }, 60_000);
});
