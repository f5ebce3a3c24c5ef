/** A shop that knows ratings alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { openShop, type Shop } from '../index.ts';

const folder = mkdtempSync(join(tmpdir(), 'ratings-'));
const day = 86_400_000;
const start = Date.UTC(2025, 0, 1);
let shop: Shop;

beforeAll(async () => {
  const random = new Random(3);
  const rows: string[] = ['user_id,item_id,rating,timestamp'];
  // Two tastes: of forty films each, the own ones are liked, the first of them most seen, and the others are not; "dud" is
  // seen by everybody and liked by nobody.
  const some = (taste: number, count: number): Set<string> => {
    const films = new Set<string>();
    while (films.size < count) films.add(`t${taste}-${Math.floor(40 * random.uniform() ** 2)}`);
    return films;
  };
  for (let user = 0; user < 300; user++) {
    const taste = user % 2;
    const seen = [...some(taste, 10)].map((film) => [film, 4 + random.uniform()] as const);
    const others = [...some(1 - taste, 3)].map((film) => [film, 1 + random.uniform()] as const);
    const all = [['dud', 0.5] as const, ...seen, ...others];
    for (const [n, [item, value]] of all.entries())
      rows.push(`u${user},${item},${value.toFixed(1)},${(start + ((user * 3 + n * 9) % 200) * day + user) / 1000}`);
  }
  writeFileSync(join(folder, 'ratings.csv'), rows.join('\n'));
  shop = await openShop(join(folder, 'shop'), { threads: 1, now: () => start + 300 * day });
  await shop.importFile(join(folder, 'ratings.csv'));
}, 60_000);
afterAll(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

test('it trains, measures itself, and offers what is liked: not what was rated, nor what is rated low', async () => {
  const report = await shop.train();
  expect(report.validation.cases).toBeGreaterThan(50);
  const stranger = await shop.recommend({ count: 81 });
  expect(stranger.items.length).toBe(81);
  expect(stranger.items.findIndex(({ productId }) => productId === 'dud')).toBeGreaterThan(40);
  let [own, all] = [0, 0];
  for (let user = 0; user < 20; user++) {
    const { items } = await shop.recommend({ user: `u${user}`, count: 5 });
    const ids = items.map(({ productId }) => productId);
    expect(ids).not.toContain('dud');
    own += ids.filter((id) => id.startsWith(`t${user % 2}-`)).length;
    all += ids.length;
  }
  expect(all).toBe(100);
  expect(own).toBeGreaterThan(85);
  // Fourteen of eighty-one were rated.
  expect((await shop.recommend({ user: 'u0', count: 81 })).items.length).toBe(67);
}, 120_000);
