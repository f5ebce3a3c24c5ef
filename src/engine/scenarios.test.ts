/** What a request and its scenario ask of a slate holds: filters, boosts, orders, pages, and what follows. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { ShopEvent } from '../data/events.ts';
import { openShop, type Recommendation, type RecommendRequest, type Shop } from '../index.ts';
import { configPath, parseConfig } from './config.ts';

const now = Date.UTC(2026, 5, 1);
const hour = 3_600_000;
const ids = Array.from({ length: 48 }, (_, n) => `p${n}`);
const brandOf = (id: string): string => ['Acme', 'Zeta', 'Kiso'][Number(id.slice(1)) % 3]!;
const kindOf = (id: string): string => (Number(id.slice(1)) < 24 ? 'Mugs' : 'Lamps');
let folder: string;
let shop: Shop;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scenarios-'));
  shop = await openShop(folder, { now: () => now });
  await shop.putProducts(
    ids.map((id, n) => ({
      ...{ productId: id, title: `${kindOf(id)} ${n}`, categories: [['Home', kindOf(id)]], brand: brandOf(id) },
      ...{ attributes: {}, images: [], createdTime: now - (100 - n) * 24 * hour },
      variants: [{ variantId: `${id}-1`, options: {} }],
    })),
  );
  await shop.putFacts(
    ids.map((id, n) => ({
      ...{ fact: 'price', variantId: `${id}-1`, place: '', from: 0, priceMinor: 500 + 100 * n, currency: 'EUR' },
    })),
  );
  // What no model could bring: nobody met it, and it is like nothing.
  await shop.putProducts(
    [1, 2, 3].map((n) => ({
      ...{ productId: `odd${n}`, title: `Odd ${n}`, categories: [], attributes: {}, images: [], createdTime: n },
      variants: [{ variantId: `odd${n}-1`, options: {} }],
    })),
  );
  // People keep to mugs or to lamps; the lower the number the more it is bought. p40 has its week.
  const events: ShopEvent[] = [];
  const random = new Random(7);
  for (let n = 0; n < 2_400; n++) {
    const person = random.below(300);
    const place = Math.floor(24 * random.uniform() ** 2);
    const productId = `p${(person % 2) * 24 + place}`;
    events.push({
      ...{ eventId: `e${n}`, kind: random.below(7) === 0 ? 'purchase' : 'view_item', userId: `u${person}`, productId },
      time: now - (2_500 - n) * hour * 0.25,
    });
  }
  for (let n = 0; n < 30; n++)
    events.push({
      ...{ eventId: `t${n}`, kind: 'view_item', userId: `u${1 + 2 * n}`, time: now - n * hour, productId: 'p40' },
    });
  await shop.record(events);
  await shop.train();
}, 240_000);
afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

const idsOf = ({ items }: Recommendation): string[] => items.map(({ productId }) => productId);
const codesOf = ({ fellBack }: Recommendation): string[] => fellBack.map(({ code }) => code);
const ask = (request: RecommendRequest): Promise<Recommendation> => shop.recommend({ explain: false, ...request });

test('a filter holds for every product, also where few fulfil it; what it cannot be read as is said', async () => {
  const some = await ask({ user: 'u1', filter: 'brand = "zeta" and price <= 45', count: 8 });
  expect(some.items).toHaveLength(8);
  for (const { productId, priceMinor } of some.items)
    expect([brandOf(productId), priceMinor! <= 4500]).toEqual(['Zeta', true]);
  const few = await ask({ user: 'u1', filter: 'productId in ("p3", "p30", "p47")' });
  expect(idsOf(few).sort()).toEqual(['p3', 'p30', 'p47']);
  // Each was chosen, not only put after what was.
  expect(few.items.every(({ probability }) => probability !== undefined)).toBe(true);
  const none = await ask({ user: 'u1', filter: 'brand = "none"' });
  expect([idsOf(none), codesOf(none)]).toEqual([[], ['nothing_fits']]);
  await expect(ask({ filter: 'brand = ' })).rejects.toMatchObject({ code: 'SW_FILTER', details: { position: 9 } });
});

test('a filter follows the catalogue: a price that changes lets a product in, or out', async () => {
  const filter = 'price < 6';
  expect(idsOf(await ask({ filter }))).toEqual(['p0']);
  const price = (id: string, priceMinor: number, from: number) =>
    shop.putFacts([{ fact: 'price', variantId: `${id}-1`, place: '', from, priceMinor, currency: 'EUR' }]);
  await price('p47', 100, now - 2);
  await price('p0', 700, now - 2);
  expect(idsOf(await ask({ filter }))).toEqual(['p47']);
  await price('p47', 5200, now - 1);
  await price('p0', 500, now - 1);
  expect(idsOf(await ask({ filter }))).toEqual(['p0']);
});

test('boosts multiply odds: what is favoured comes first, what is not goes last', async () => {
  const share = (answer: Recommendation): number => idsOf(answer).filter((id) => brandOf(id) === 'Kiso').length;
  const by = async (factor: number) =>
    share(await ask({ user: 'u4', count: 6, boosts: [{ when: 'brand = "Kiso"', factor }] }));
  const [most, plain, least] = [await by(1_000), await by(1), await by(0.001)];
  expect([most > plain, plain > least]).toEqual([true, true]);
  expect(plain).toBe(share(await ask({ user: 'u4', count: 6 })));
  await expect(ask({ boosts: [{ when: 'available', factor: 0 }] })).rejects.toMatchObject({
    code: 'SW_USAGE',
    message: expect.stringContaining('boosts[0].factor'),
  });
});

test('revenue as the objective shows what is worth more', async () => {
  const worth = (answer: Recommendation): number =>
    answer.items.reduce((sum, { priceMinor, probability }) => sum + priceMinor! * probability!, 0);
  const likely = await ask({ user: 'u2', count: 5 });
  const revenue = await ask({ user: 'u2', count: 5, objective: 'revenue' });
  expect(worth(revenue)).toBeGreaterThan(worth(likely));
});

test('pages go on without repeats until nothing is left, and strange tokens are refused', async () => {
  const seen: string[] = [];
  let after: string | undefined;
  for (let page = 0; page < 6; page++) {
    const answer: Recommendation = await ask({ user: 'u3', count: 10, ...(after !== undefined && { after }) });
    seen.push(...idsOf(answer));
    after = answer.next;
    if (after === undefined) break;
  }
  expect(new Set(seen).size).toBe(seen.length);
  // What the shopper bought lately is not shown where shoppers do not buy again.
  expect(seen.length).toBeGreaterThan(20);
  for (const strange of ['', 'nonsense', Buffer.from('{}').toString('base64url'), 'x'.repeat(100_000)])
    await expect(ask({ after: strange })).rejects.toMatchObject({ code: 'SW_USAGE' });
});

test('orders that need no shopper: like a product, chosen most, growing, new', async () => {
  const similar = await ask({ order: 'similar', viewing: ['p2'], count: 8 });
  expect(idsOf(similar)).not.toContain('p2');
  expect(idsOf(similar).filter((id) => kindOf(id) === 'Mugs')).toHaveLength(8);
  await expect(ask({ order: 'similar' })).rejects.toMatchObject({ code: 'SW_USAGE' });
  const popular = idsOf(await ask({ order: 'popular', count: 4 }));
  expect(popular.every((id) => Number(id.slice(1)) % 24 < 4)).toBe(true);
  expect(idsOf(await ask({ order: 'trending', count: 1 }))).toEqual(['p40']);
  const latest = await ask({ order: 'latest', count: 3, exclude: ['p46'] });
  expect([idsOf(latest), latest.fellBack]).toEqual([['p47', 'p45', 'p44'], []]);
  expect(idsOf(await ask({ order: 'latest', count: 2, filter: 'category = "Mugs"' }))).toEqual(['p23', 'p22']);
  const trending = await ask({ order: 'trending', count: 50 });
  expect([trending.items.length, codesOf(trending)]).toEqual([50, ['little_evidence']]);
  await expect(ask({ order: 'best' as 'likely' })).rejects.toMatchObject({ code: 'SW_USAGE' });
});

test('a shop that is not trained has orders, filters and pages as well', async () => {
  const bare = await mkdtemp(join(tmpdir(), 'scenarios-bare-'));
  await using other = await openShop(bare, { now: () => now });
  await other.putProducts(
    ids.map((id, n) => ({
      ...{ productId: id, title: id, categories: [[kindOf(id)]], attributes: {}, images: [], createdTime: n },
      variants: [{ variantId: `${id}-1`, options: {} }],
    })),
  );
  await other.record([{ eventId: 'e', kind: 'purchase', userId: 'u', time: now - 1, productId: 'p30' }]);
  const first = await other.recommend({ filter: 'category = "Lamps"', count: 3 });
  expect(idsOf(first)).toEqual(['p30', 'p47', 'p46']);
  const second = await other.recommend({ filter: 'category = "Lamps"', count: 2, after: first.next! });
  expect(idsOf(second)).toEqual(['p45', 'p44']);
  const similar = await other.recommend({ order: 'similar', viewing: ['p1'], count: 2 });
  expect([similar.items.length, codesOf(similar)]).toEqual([2, ['untrained', 'little_evidence']]);
  await rm(bare, { recursive: true });
});

test('a scenario of shelfwise.json holds where the request says nothing else', async () => {
  const scenarios = {
    clearance: { filter: 'price < 12', boosts: [{ when: 'brand = "Kiso"', factor: 1_000 }], relevance: 1 },
    'new-in': { order: 'latest' },
    narrow: { members: ['popularity', 'bundles'], fallbacks: [] },
    odd: { members: ['popularity'], filter: 'title contains "odd"' },
  };
  await writeFile(configPath(folder), JSON.stringify({ scenarios }));
  await expect
    .poll(async () => (await ask({ scenario: 'new-in', count: 1 }).catch(() => undefined))?.items[0]?.productId)
    .toBe('p47');
  const clearance = await ask({ scenario: 'clearance', count: 7, filter: 'category = "Mugs"' });
  expect(clearance.items.every(({ priceMinor }) => priceMinor! < 1200)).toBe(true);
  expect(idsOf(clearance).slice(0, 2).map(brandOf)).toEqual(['Kiso', 'Kiso']);
  expect(idsOf(await ask({ scenario: 'new-in', order: 'popular', count: 1 }))).not.toEqual(['p47']);
  expect(codesOf(await ask({ scenario: 'narrow', user: 'u2', count: 3 }))).toContain('members_missing');
  // Few products fulfil the filter: all of them are chosen among.
  const odd = await ask({ scenario: 'odd', user: 'u1' });
  expect(odd.items.map(({ productId, probability }) => [productId, probability !== undefined]).sort()).toEqual([
    ['odd1', true],
    ['odd2', true],
    ['odd3', true],
  ]);
  await expect(ask({ scenario: 'nowhere' })).rejects.toMatchObject({
    code: 'SW_USAGE',
    message: expect.stringMatching(/home, product, cart, after-purchase, mail, search, clearance/),
  });
  for (const [wrong, path] of [
    [{ x: { filter: 'price <' } }, /scenarios\.x\.filter: condition:8: expected a number/],
    [{ x: { order: 'best' } }, /scenarios\.x\.order/],
    [{ x: { colour: 1 } }, /scenarios\.x/],
    [{ 'Not A Name': {} }, /scenarios/],
  ] as const)
    expect(() => parseConfig({ scenarios: wrong })).toThrow(path);
  await rm(configPath(folder));
});

test('personalise: false answers as for a stranger and notes nobody', async () => {
  const stranger = await ask({ count: 5 });
  const asked = await ask({ user: 'u1', count: 5, personalise: false });
  expect([idsOf(asked), asked.basis, asked.fellBack]).toEqual([idsOf(stranger), stranger.basis, stranger.fellBack]);
  const slates = [];
  for await (const slate of shop.slates()) slates.push(slate);
  const noted = slates.find(({ recommendationId }) => recommendationId === asked.recommendationId);
  expect([noted?.person, noted?.page]).toEqual([undefined, undefined]);
});

test('who has bought all there is gets it shown again rather than an empty page', async () => {
  await shop.record(
    [...ids, 'odd1', 'odd2', 'odd3'].map((productId, n) => ({
      eventId: `all${n}`,
      kind: 'purchase',
      userId: 'all',
      time: now - n,
      productId,
    })),
  );
  const answer = await ask({ scenario: 'mail', user: 'all', count: 5 });
  expect([answer.items.length, codesOf(answer)]).toEqual([5, ['left_out_shown']]);
});
