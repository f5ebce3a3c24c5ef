/** What reviews say: read with and without stars, as of their time, and learned from where shoppers heed them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { product } from '../../test/fakes/kinds-shop.ts';
import { openCompute } from '../adapters/compute.ts';
import { openEncoder } from '../adapters/open-encoder.ts';
import { Random } from '../core/random.ts';
import type { ShopEvent } from '../data/events.ts';
import { memoryStore, openShop, type Shop, type TrainingReport } from '../index.ts';
import { parseConfig } from './config.ts';
import { fitContent } from './content.ts';
import { readShopData } from './shop-data.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const random = new Random(17);
const count = 360;
const products = Array.from({ length: count }, (_, n) => product(`p${n}`, `Thing ${n}`));
const isGood = (n: number): boolean => n % 3 === 0;
const said = {
  good: ['Lovely, well made.', 'Still like new after weeks.', '做工很好，很漂亮。'],
  bad: ['It broke after two weeks.', 'Poor material and an odd smell.', '材料很差，两周就坏了。'],
} as const;
const some = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
/** Each product is reviewed as often as any other; half of the reviews have no stars. */
const reviews: readonly ShopEvent[] = Array.from({ length: 5 * count }, (_, n): ShopEvent => {
  const of = n % count;
  return {
    ...{ eventId: `r${n}`, kind: 'review', userId: `reviewer${n}`, productId: `p${of}` },
    ...{ time: now - 200 * day + n * 60_000, text: `${some(said[isGood(of) ? 'good' : 'bad'])} ${n}` },
    ...((of + Math.floor(n / count)) % 2 === 0 && { value: isGood(of) ? 5 : 1 }),
  };
});
/** Shoppers buy what is well reviewed, each product as seldom as can be. */
const good = products.flatMap(({ productId }, n) => (isGood(n) ? [productId] : []));
const purchases: readonly ShopEvent[] = Array.from(
  { length: 700 },
  (_, n): ShopEvent => ({
    ...{ eventId: `b${n}`, kind: 'purchase', userId: `u${n % 120}`, time: now - 150 * day + n * 5 * 3_600_000 },
    // Until a while ago they bought whatever there was.
    productId: n < 400 ? `p${random.below(count)}` : some(good),
  }),
);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'reviews-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function trained(name: string, events: readonly ShopEvent[]): Promise<{ shop: Shop; report: TrainingReport }> {
  const at = join(root, name);
  const shop = await openShop(at, { now: () => now, threads: 2 });
  const few = { maxCases: 300, models: ['popularity', 'item-knn'], encoder: 'none', holdoutShare: 0.12 };
  await writeFile(join(at, 'shelfwise.json'), JSON.stringify({ ...few, slate: { excludeBoughtDays: 0 } }));
  await shop.putProducts(products);
  await shop.record(events);
  return { shop, report: await shop.train() };
}

describe('reviews', () => {
  test('teach the choice what is worth having, and are given as the reason', async () => {
    const { shop, report } = await trained('read', [...reviews, ...purchases]);
    // The same reviews, each of another product.
    const order = random.shuffle(Int32Array.from(reviews.keys()));
    const shuffled = reviews.map((one, n) => ({ ...one, productId: reviews[order[n]!]!.productId! }));
    const { shop: other, report: blind } = await trained('shuffled', [...shuffled, ...purchases]);
    const of = ({ validation }: TrainingReport): number => validation.metrics['selection']!['HR@10']!;
    expect(of(report)).toBeGreaterThan(1.25 * of(blind));
    const { items } = await shop.recommend({ count: 10 });
    expect(items.filter(({ productId }) => isGood(Number(productId.slice(1)))).length).toBeGreaterThanOrEqual(9);
    const told = items.flatMap(({ reasons }) => reasons.filter(({ kind }) => kind === 'reviews'));
    expect(told.length).toBeGreaterThan(0);
    expect(told[0]!.text).toBe('Rated 5.0 of 5 in 5 reviews.');
    await shop.close();
    await other.close();
  }, 120_000);

  test('are known as of their time, with stars or by their words alone', async () => {
    const store = memoryStore(() => now);
    await store.putProducts(products);
    await store.appendEvents([...reviews, ...purchases]);
    const compute = await openCompute({ threads: 1 });
    const read = (await readShopData(store, parseConfig({}), { reading: { compute, seed: 1 } })).reviews!;
    await compute.close();
    const { index } = await readShopData(store, parseConfig({}));
    const whole = read.before(Infinity);
    for (let n = 0; n < count; n++) {
      const item = index.itemOf.get(`p${n}`)!;
      expect(whole.count[item]).toBe(5);
      expect(whole.stars[item]).toBe(isGood(n) ? 5 : 1);
      expect(Math.sign(whole.sentiment[item]!)).toBe(isGood(n) ? 1 : -1);
    }
    // A minute after the first round began only the first products were reviewed.
    const early = read.before(now - 200 * day + 10 * 60_000);
    expect(early.count.reduce((sum, one) => sum + one, 0)).toBe(10);
    expect(Number.isNaN(early.stars[index.itemOf.get('p11')!])).toBe(true);
    expect(early.sentiment[index.itemOf.get('p11')!]).toBe(0);
  });

  test('part into aspects by what their clauses mean, each with its own praise and blame', async () => {
    const store = memoryStore(() => now);
    const few = products.slice(0, 20);
    const delivery = { good: ['It came a day early', '提前一天到货'], bad: ['The parcel came late', '快递很慢'] };
    const quality = {
      good: ['Very well made material', '做工和材料很好'],
      bad: ['The material is poor', '做工和材料很差'],
    };
    await store.putProducts(few);
    await store.appendEvents(
      Array.from({ length: 400 }, (_, n): ShopEvent => {
        const of = n % few.length;
        // Even products are made well and come late, odd ones the other way round.
        const [made, comes] = of % 2 === 0 ? (['good', 'bad'] as const) : (['bad', 'good'] as const);
        const [about, language] = [Math.floor(n / 20) % 2, Math.floor(n / 40) % 2];
        // Both kinds of product have the same stars: only words tell them apart.
        const told = about === 0 ? quality[made][language]! : delivery[comes][language]!;
        const isPraise = about === 0 ? made === 'good' : comes === 'good';
        return {
          ...{ eventId: `a${n}`, kind: 'review', userId: `w${n}`, productId: `p${of}`, time: now - n * 60_000 },
          ...{ text: `${told}.`, value: isPraise ? 5 : 1 },
        };
      }),
    );
    const compute = await openCompute({ threads: 1 });
    const { reviews: read, index } = await readShopData(store, parseConfig({}), {
      reading: { compute, seed: 1 },
      content: (all) =>
        fitContent(all, {
          choice: 'bilingual-table',
          openEncoder: (choice) => openEncoder(root, choice),
          compute,
          seed: 1,
        }),
    });
    await compute.close();
    const { aspects, aspectCount } = read!.before(Infinity);
    expect(aspectCount).toBeGreaterThan(1);
    const meanOf = (a: number, parity: number): number => {
      const own = few.flatMap(({ productId }, n) =>
        n % 2 === parity ? [aspects[index.itemOf.get(productId)! * aspectCount + a]!] : [],
      );
      return own.reduce((sum, one) => sum + one, 0) / own.length;
    };
    const leaning = Array.from({ length: aspectCount }, (_, a) => meanOf(a, 0) - meanOf(a, 1));
    expect(Math.max(...leaning)).toBeGreaterThan(0.4);
    expect(Math.min(...leaning)).toBeLessThan(-0.4);
  });
});
