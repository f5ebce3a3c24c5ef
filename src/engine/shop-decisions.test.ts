/**
 * What a merchant decides and what a request says must show in training and on the slate: on a small store whose
 * shoppers buy in groups, come back to what they bought, and prefer one colour.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCompute } from '../adapters/compute.ts';
import { Random } from '../core/random.ts';
import type { Product, TimedFact } from '../data/catalogue.ts';
import type { ShopEvent } from '../data/events.ts';
import { openShop, type Shop, type TrainingReport } from '../index.ts';
import { currentGeneration } from './artefacts.ts';
import { loadGeneration } from './generation.ts';
import type { RecommendRequest } from './recommendation.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const groups = 4;
const colours = ['red', 'green', 'blue'];
const productCount = 24;
const groupOf = (n: number): number => n % groups;
const colourOf = (n: number): number => Math.floor(n / groups) % colours.length;
const idOf = (n: number): string => `p${String(n).padStart(2, '0')}`;
const numberOf = (id: string): number => Number(id.slice(1));

const products: readonly Product[] = Array.from({ length: productCount }, (_, n) => ({
  productId: idOf(n),
  title: `Thing ${n}`,
  categories: [],
  attributes: { colour: colours[colourOf(n)]! },
  images: [],
  variants: [{ variantId: idOf(n), options: {} }],
}));
const facts: readonly TimedFact[] = products.flatMap(({ productId }, n): TimedFact[] => [
  {
    fact: 'price',
    variantId: productId,
    place: '',
    from: 0,
    priceMinor: 500 * (1 + groupOf(n)) + 10 * n,
    currency: 'EUR',
  },
  { fact: 'stock', variantId: productId, place: '', from: 0, unitsOnHand: 5 },
  // Every third is sold out for a month that ends in the newest visits, and dearer from then on.
  ...(n % 3 === 0
    ? ([
        { fact: 'stock', variantId: productId, place: '', from: now - 60 * dayMs, unitsOnHand: 0 },
        { fact: 'stock', variantId: productId, place: '', from: now - 30 * dayMs, unitsOnHand: 5 },
        { fact: 'price', variantId: productId, place: '', from: now - 30 * dayMs, priceMinor: 9_900, currency: 'EUR' },
      ] as const)
    : []),
]);

/** Visits of one shopper: looks at two products of the group, buys one of the favourite colour, often the same again. */
function visitsOf(userId: string, random: Random): ShopEvent[] {
  const group = random.below(groups);
  const colour = random.below(colours.length);
  const own = products.flatMap((_, n) => (groupOf(n) === group ? [n] : []));
  const liked = own.filter((n) => colourOf(n) === colour);
  const events: ShopEvent[] = [];
  let time = now - (60 + random.below(100)) * dayMs;
  const visits = 4 + random.below(5);
  for (let visit = 0; visit < visits; visit++) {
    const say = (kind: 'view_item' | 'purchase', n: number): void => {
      time += 60_000;
      events.push({
        eventId: `${userId}-${events.length}`,
        kind,
        time,
        userId,
        productId: idOf(n),
        sessionId: `${userId}-${visit}`,
      });
    };
    say('view_item', own[random.below(own.length)]!);
    say('view_item', own[random.below(own.length)]!);
    say('purchase', random.uniform() < 0.7 ? liked[random.below(liked.length)]! : own[random.below(own.length)]!);
    time += (4 + random.below(8)) * dayMs;
  }
  return events;
}

const random = new Random(7);
const crowd = Array.from({ length: 240 }, (_, n) => visitsOf(`u${n}`, random)).flat();
/** A buyer of p00 long ago and p08 lately, who bought nothing else; and a looker at the same two. */
const known: readonly ShopEvent[] = (['purchase', 'view_item'] as const).flatMap((kind) =>
  [
    [0, 50],
    [8, 10],
  ].map(([n, daysAgo]) => ({
    eventId: `${kind}-${n}`,
    kind,
    time: now - daysAgo! * dayMs,
    userId: kind === 'purchase' ? 'buyer' : 'looker',
    productId: idOf(n!),
  })),
);

let root: string;
let plain: { shop: Shop; report: TrainingReport };

async function trained(name: string, config: object): Promise<{ shop: Shop; report: TrainingReport }> {
  const shop = await openShop(join(root, name), { now: () => now, threads: 2 });
  await writeFile(join(shop.folder, 'shelfwise.json'), JSON.stringify({ maxCases: 400, ...config }));
  await shop.putProducts(products);
  await shop.putFacts(facts);
  await shop.record([...crowd, ...known]);
  return { shop, report: await shop.train() };
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'decisions-'));
  plain = await trained('plain', {});
}, 120_000);

afterAll(async () => {
  await plain.shop.close();
  await rm(root, { recursive: true, force: true });
});

async function shown(shop: Shop, request: RecommendRequest): Promise<string[]> {
  return (await shop.recommend(request)).items.map(({ productId }) => productId);
}

describe('what the catalogue says', () => {
  test('attributes and prices teach the choice and are saved with it', async () => {
    const compute = await openCompute({ threads: 1 });
    const { selection } = await loadGeneration((await currentGeneration(plain.shop.folder))!, compute);
    const sources = new Set(selection.signals.columns.map(({ source }) => source));
    for (const source of ['attributes', 'price', 'time', 'visit', 'repeat']) expect(sources).toContain(source);
    await compute.close();
  });

  test('attributes part what stands beside each other on the slate, and only where the merchant wants it', async () => {
    const path = join(plain.shop.folder, 'shelfwise.json');
    const coloursOf = async (relevance: number): Promise<number> => {
      await writeFile(path, JSON.stringify({ maxCases: 400, slate: { relevance } }));
      let distinct = 0;
      for (let n = 0; n < 20; n++) {
        const slate = await shown(plain.shop, { user: `u${n}`, count: 3 });
        distinct += new Set(slate.map((id) => colourOf(numberOf(id)))).size;
      }
      return distinct / 20;
    };
    const [pure, varied] = [await coloursOf(1), await coloursOf(0.1)];
    expect(varied).toBe(3);
    expect(pure).toBeLessThan(2.5);
  });

  test('stock and price of the place decide, and of no other place', async () => {
    const { shop } = plain;
    const before = await shown(shop, { user: 'u1' });
    const [gone, dear] = before as [string, string];
    await shop.putFacts([
      { fact: 'stock', variantId: gone, place: 'Lyon', from: 1, unitsOnHand: 0 },
      { fact: 'price', variantId: dear, place: 'Lyon', from: 1, priceMinor: 99_900, currency: 'EUR' },
    ]);
    const lyon = (await shop.recommend({ user: 'u1', place: 'Lyon', count: productCount })).items;
    expect(lyon.map(({ productId }) => productId)).not.toContain(gone);
    expect(lyon.find(({ productId }) => productId === dear)!.priceMinor).toBe(99_900);
    const elsewhere = (await shop.recommend({ user: 'u1', place: 'York' })).items;
    expect(elsewhere.map(({ productId }) => productId)).toEqual(before);
    expect(elsewhere.find(({ productId }) => productId === dear)!.priceMinor).not.toBe(99_900);
  });
});

describe('a page longer than the catalogue', () => {
  test('shows each product once and nothing else, to those who are known and to strangers', async () => {
    const all = products.map(({ productId }) => productId).sort();
    for (const request of [{ user: 'u3' }, {}])
      expect((await shown(plain.shop, { ...request, count: 100 })).sort()).toEqual(all);
  });
});

describe('reasons', () => {
  test('say bought of what was bought and looked at of what was looked at', async () => {
    for (const [user, said, unsaid] of [
      ['buyer', /^Because you bought “Thing (0|8)”\.$/, /looked at/],
      ['looker', /^Because you looked at “Thing (0|8)”\.$/, /bought/],
    ] as const) {
      const { items } = await plain.shop.recommend({ user, count: 8 });
      const reasons = items.flatMap((item) => item.reasons);
      expect(reasons.filter(({ kind, text }) => kind === 'history' && said.test(text)).length).toBeGreaterThan(1);
      expect(reasons.filter(({ text }) => unsaid.test(text))).toEqual([]);
    }
  });

  test('there are some for every shopper, and of several kinds in all', async () => {
    const kinds = new Set<string>();
    for (let n = 0; n < 20; n++) {
      const { items } = await plain.shop.recommend({ user: `u${n}`, count: 5 });
      expect(items.flatMap((item) => item.reasons).length).toBeGreaterThan(0);
      for (const { kind } of items.flatMap((item) => item.reasons)) kinds.add(kind);
    }
    expect(kinds.size).toBeGreaterThan(3);
    expect(kinds).toContain('history');
    expect(kinds).toContain('repeat');
    expect(kinds).toContain('attributes');
  });
});

describe('settings', () => {
  test('excludeBoughtDays keeps off what was bought in that time and nothing older; by default repeats may return', async () => {
    const all = { user: 'buyer', count: productCount };
    // The choice has learned that shoppers come back: what was bought stands high.
    expect(
      (await shown(plain.shop, { user: 'buyer', count: 6 })).filter((id) => id === 'p00' || id === 'p08'),
    ).not.toEqual([]);
    const { shop } = await trained('thirty', { slate: { excludeBoughtDays: 30 } });
    const slate = (await shop.recommend(all)).items;
    expect(slate.map(({ productId }) => productId)).not.toContain('p08');
    expect(slate.find(({ productId }) => productId === 'p00')!.probability).toBeGreaterThan(0);
    expect(await shown(shop, { user: 'looker', count: productCount })).toContain('p08');
    await shop.close();
  });

  test('the report of training is of the newest visits, near that of evaluate, and counts what slates leave out as not shown', async () => {
    for (const slate of [{}, { excludeBoughtDays: 30, relevance: 0.6 }]) {
      const { shop, report } = await trained(`report-${JSON.stringify(slate).length}`, { slate });
      const { cases, since, metrics } = report.validation;
      const evaluated = await shop.evaluate({ model: 'selection', instant: Date.parse(since!), cacheFolder: false });
      expect(cases).toBe(evaluated.cases);
      // The report's choice learned from half as many visits, over models of before those.
      for (const key of ['HR@10', 'Recall@10', 'NDCG@10'])
        expect(Math.abs(metrics['selection']![key]! - evaluated.metrics[key]!)).toBeLessThan(0.08);
      if ('excludeBoughtDays' in slate)
        expect(metrics['selection']!['HR@10']).toBeLessThan(
          plain.report.validation.metrics['selection']!['HR@10']! - 0.05,
        );
      await shop.close();
    }
  });

  test('evaluation measures the very slates that a shop without the newest visits shows at each of them', async () => {
    // Diverse enough that a slate is not the pure order.
    const slate = { relevance: 0.5 };
    const whole = await trained('whole', { slate });
    const cut = Date.parse(whole.report.validation.since!);
    const options = { model: 'selection', instant: cut, trainShare: 0.85, cacheFolder: false } as const;
    const { cases, metrics } = await whole.shop.evaluate(options);
    await whole.shop.close();
    const everything = [...crowd, ...known].toSorted((a, b) => a.time - b.time);
    let clock = cut;
    const shop = await openShop(join(root, 'before'), { now: () => clock, threads: 2 });
    await writeFile(join(shop.folder, 'shelfwise.json'), JSON.stringify({ maxCases: 400, slate }));
    await shop.putProducts(products);
    await shop.putFacts(facts);
    await shop.record(everything.filter(({ time }) => time < cut));
    await shop.train();
    // The newest visits as they came, one after the other.
    const visits = Map.groupBy(
      everything.filter(({ time }) => time >= cut),
      ({ userId, sessionId, eventId }) => `${userId} ${sessionId ?? eventId}`,
    );
    const met = new Set(everything.filter(({ time }) => time < cut).map(({ userId }) => userId!));
    const started = new Map<string, number>();
    for (const { sessionId, time } of everything)
      if (sessionId) started.set(sessionId, Math.min(time, started.get(sessionId) ?? Infinity));
    let [asked, hits, ndcg] = [0, 0, 0];
    for (const [, visit] of [...visits].sort(([, a], [, b]) => a[0]!.time - b[0]!.time)) {
      const { userId, time, sessionId } = visit[0]!;
      const bought = visit.filter(({ kind }) => kind === 'purchase').map(({ productId }) => productId!);
      if (bought.length > 0 && met.has(userId!) && (started.get(sessionId!) ?? time) >= cut) {
        clock = time;
        const items = await shown(shop, { user: userId!, explain: false });
        asked++;
        const gains = new Set(bought);
        if (items.some((id) => gains.has(id))) hits++;
        const best = [...gains].slice(0, 10).reduce((sum, _, n) => sum + 1 / Math.log2(n + 2), 0);
        for (const [n, id] of items.entries()) if (gains.has(id)) ndcg += 1 / Math.log2(n + 2) / best;
      }
      met.add(userId!);
      await shop.record(visit);
    }
    expect(asked).toBe(cases);
    expect(hits / asked).toBeCloseTo(metrics['HR@10']!, 9);
    expect(ndcg / asked).toBeCloseTo(metrics['NDCG@10']!, 9);
    await shop.close();
  });

  test('eventWeights decide which events count: those of no weight are in no history, of training or request', async () => {
    const purchases = [...crowd, ...known].filter(({ kind }) => kind === 'purchase').length;
    expect(plain.report.data.events).toBe(crowd.length + known.length);
    const { shop, report } = await trained('bought', { eventWeights: { purchase: 1 } });
    expect(report.data.events).toBe(purchases);
    expect((await plain.shop.recommend({ user: 'looker' })).basis).toBe('2 events of this shopper');
    expect((await shop.recommend({ user: 'looker' })).basis).toBe('a stranger');
    expect((await shop.recommend({ user: 'buyer' })).basis).toBe('2 events of this shopper');
    await shop.close();
  });

  test('memoryMB bounds what a training takes: it learns from less and says so, or says what it needs', async () => {
    expect(plain.report.smaller).toEqual([]);
    const { shop, report } = await trained('tight', { memoryMB: 500 });
    expect(report.smaller).toEqual([expect.stringMatching(/^The choice learns from \d\d MB of features, not 320\.$/)]);
    expect(report.expectedMemoryBytes).toBeLessThanOrEqual(500e6);
    expect(plain.report.expectedMemoryBytes).toBeGreaterThan(500e6);
    await writeFile(join(shop.folder, 'shelfwise.json'), JSON.stringify({ memoryMB: 300 }));
    await expect(shop.train({ force: true })).rejects.toMatchObject({ code: 'SW_MODEL_LIMIT' });
    expect((await shop.recommend({ user: 'u1' })).generation).toBe(report.generation);
    await shop.close();
  });

  test('target decides what is foreseen', async () => {
    const { shop, report } = await trained('looked-at', { target: 'view_item' });
    // Every visit has views and most visits are of two different products: more to foresee than one purchase.
    const targetsOf = async (one: Shop) => {
      const compute = await openCompute({ threads: 1 });
      const { record } = await loadGeneration((await currentGeneration(one.folder))!, compute);
      await compute.close();
      return record.targetKinds;
    };
    expect(await targetsOf(plain.shop)).toEqual(['purchase']);
    expect(await targetsOf(shop)).toEqual(['view_item']);
    expect(report.validation.metrics['popularity']).not.toEqual(plain.report.validation.metrics['popularity']);
    await shop.close();
  });

  test('training seals what is older than sealAfterDays, once there is enough of it, and loses nothing', async () => {
    const shop = await openShop(join(root, 'sealed'), { now: () => now });
    await writeFile(
      join(shop.folder, 'shelfwise.json'),
      JSON.stringify({ maxCases: 100, sealAfterDays: 7, models: ['item-knn'] }),
    );
    const count = 21_000;
    const events = Array.from(
      { length: count },
      (_, n): ShopEvent => ({
        eventId: `${n}`,
        kind: 'purchase',
        time: now - Math.floor((n / count) * 20 * dayMs),
        userId: `u${n % 700}`,
        productId: idOf((n * 7) % 11),
      }),
    );
    for (let from = 0; from < count; from += 3_000) await shop.record(events.slice(from, from + 3_000));
    const old = events.filter(({ time }) => time < now - 7 * dayMs).length;
    const report = await shop.train();
    // The age is measured from the .999 quantile of times.
    expect(report.sealed).toBeLessThanOrEqual(old);
    expect(report.sealed).toBeGreaterThan(old - 0.002 * count);
    expect(await shop.status()).toMatchObject({ sealedEvents: report.sealed, liveEvents: count - report.sealed });
    await shop.close();
  }, 120_000);
});
