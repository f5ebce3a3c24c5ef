/** Orders with dates and no hours: what they teach of midnight is not what holds in the afternoon. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { product } from '../../test/fakes/kinds-shop.ts';
import { Random } from '../core/random.ts';
import type { ShopEvent } from '../data/events.ts';
import { openShop } from '../index.ts';

const day = 86_400_000;
const today = Date.UTC(2026, 5, 1);
let folder: string | undefined;
afterAll(() => folder !== undefined && rm(folder, { recursive: true, force: true }));

test('a store whose orders have no hours chooses in the afternoon as it does at midnight', async () => {
  folder = await mkdtemp(join(tmpdir(), 'dated-'));
  const random = new Random(4);
  const products = Array.from({ length: 40 }, (_, n) => product(`p${n}`, `Thing ${n}`));
  // Shoppers of four groups of ten; the first of each group are bought most.
  const events = Array.from({ length: 3000 }, (_, n): ShopEvent => {
    const place = Math.min(random.below(10), random.below(10));
    return {
      ...{ eventId: `e${n}`, kind: 'purchase', userId: `u${n % 200}`, productId: `p${4 * place + (n % 4)}` },
      time: today - Math.floor((3000 - n) / 30) * day,
    };
  });
  let clock = today;
  await using shop = await openShop(folder, { now: () => clock, threads: 2 });
  const few = { maxCases: 400, models: ['popularity', 'item-knn'], encoder: 'none', slate: { excludeBoughtDays: 0 } };
  await writeFile(join(folder, 'shelfwise.json'), JSON.stringify(few));
  await shop.putProducts(products);
  await shop.record(events);
  await shop.train();
  const slates = async (hour: number) => {
    clock = today + hour * 3_600_000;
    const shown: string[][] = [];
    for (let n = 0; n < 40; n++)
      shown.push((await shop.recommend({ user: `u${n}`, count: 5 })).items.map(({ productId }) => productId));
    return shown;
  };
  const [night, noon] = [await slates(0), await slates(15)];
  const same = noon.map((slate, n) => slate.filter((id) => night[n]!.includes(id)).length / 5);
  expect(same.reduce((sum, share) => sum + share, 0) / same.length).toBeGreaterThan(0.9);
}, 120_000);
