import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { type BasketStore, writeBasketStore } from './basket-store.ts';

interface Row {
  readonly name: string;
  readonly time: number;
  readonly user: string;
  readonly visitor: string;
  readonly session: string;
  readonly product: string;
  readonly price: string;
}

const day = 86_400_000;
let folder: string;
let store: BasketStore;
let lines: string[];
let rows: Row[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'basket-store-'));
  store = await writeBasketStore(join(folder, 'a'), { seed: 11 });
  lines = (await readFile(store.files[1], 'utf8')).trimEnd().split('\n').slice(1);
  rows = [...new Set(lines)].flatMap((line) => {
    const cells = line.split(',');
    const [, name, time, user, visitor, session, product, , , price] = cells as [string, ...string[]];
    if (cells.length < 14) return [];
    return [{ name, time: Date.parse(time!), user, visitor, session, product, price } as Row];
  });
});

afterAll(() => rm(folder, { recursive: true }));

/** Share of the baskets with `a` that hold `b` too, over all pairs, divided by the share expected by chance. */
function lift(pairs: readonly (readonly [string, string])[]): { share: number; lift: number } {
  const bought = rows.filter(({ name, session }) => name === 'purchase' && session !== '');
  const baskets = [...Map.groupBy(bought, (r) => r.session).values()].map((b) => new Set(b.map((r) => r.product)));
  const count = new Map<string, number>();
  for (const basket of baskets) for (const product of basket) count.set(product, (count.get(product) ?? 0) + 1);
  let [together, withFirst, byChance] = [0, 0, 0];
  for (const [a, b] of pairs) {
    together += baskets.filter((basket) => basket.has(a) && basket.has(b)).length;
    withFirst += count.get(a) ?? 0;
    byChance += ((count.get(a) ?? 0) * (count.get(b) ?? 0)) / baskets.length;
  }
  return { share: together / withFirst, lift: together / byChance };
}

describe('the basket store', () => {
  test('gives the same bytes for the same seed and other bytes for another', async () => {
    const small = { products: 60, shoppers: 40 };
    const texts = await Promise.all(
      [3, 3, 4].map(async (seed, i) => {
        const { files } = await writeBasketStore(join(folder, `same-${i}`), { seed, ...small });
        return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join();
      }),
    );
    expect(texts[1]).toBe(texts[0]);
    expect(texts[2]).not.toBe(texts[0]);
  });

  test('puts planted complements into one basket, and products at random not', () => {
    const planted = store.truth.complements.map((c) => [c.product, c.complement] as const);
    const shuffled = new Random(1).shuffle(planted.map(([, b]) => b));
    const found = lift(planted);
    expect(found.share).toBeGreaterThan(0.3);
    expect(found.lift).toBeGreaterThan(10);
    expect(lift(planted.map(([a], i) => [a, shuffled[i]!] as const)).lift).toBeLessThan(found.lift / 5);
  });

  test('lets a follower come after its product, not before', () => {
    const byUser = Map.groupBy(
      rows.filter((r) => r.user !== ''),
      (r) => r.user,
    );
    let [after, before] = [0, 0];
    for (const { from, to, days } of store.truth.followers) {
      for (const events of byUser.values()) {
        const bought = events.find((r) => r.name === 'purchase' && r.product === from);
        if (!bought) continue;
        const gaps = events.filter((r) => r.product === to).map((r) => (r.time - bought.time) / day);
        if (gaps.some((gap) => gap >= days[0] && gap <= days[1] + 1)) after++;
        if (gaps.some((gap) => -gap >= days[0] && -gap <= days[1] + 1)) before++;
      }
    }
    expect(after).toBeGreaterThan(100);
    expect(after).toBeGreaterThan(8 * before);
  });

  test('gives shoppers tastes that show in what they view', () => {
    const byUser = Map.groupBy(
      rows.filter((r) => r.name === 'view_item' && r.user !== ''),
      (r) => r.user,
    );
    const favourite = (shares: readonly number[]): number => shares.indexOf(Math.max(...shares));
    const shoppers = store.truth.shoppers.filter(({ userId }) => (byUser.get(userId)?.length ?? 0) >= 15);
    const seen = shoppers.map(({ userId }) => {
      const counts = store.truth.departments.map(() => 0);
      for (const { product } of byUser.get(userId)!) counts[store.truth.departmentOf[product]!]!++;
      return favourite(counts);
    });
    const meant = shoppers.map((s) => favourite(s.departments));
    const agreement = (of: readonly number[]): number => of.filter((d, i) => d === seen[i]).length / of.length;
    expect(shoppers.length).toBeGreaterThan(500);
    expect(agreement(meant)).toBeGreaterThan(0.75);
    expect(agreement(new Random(2).shuffle([...meant]))).toBeLessThan(0.35);
  });

  test('shows no product before its launch', () => {
    const early = rows.filter((r) => r.visitor !== 'v-crawler' && r.time < (store.truth.launches[r.product] ?? 0));
    expect(Object.keys(store.truth.launches).length).toBeGreaterThan(10);
    expect(early.filter((r) => r.user !== 'qa-test-account')).toEqual([]);
  });

  test('holds each planted fault as often as the truth says', async () => {
    const { dirt } = store.truth;
    const feed = await readFile(store.files[0], 'utf8');
    const titles = new Map(feed.split('\n').map((line) => [line.split('\t')[1], line.split('\t')[2] ?? '']));
    expect({
      repeatedRows: lines.length - new Set(lines).size,
      refundRows: rows.filter((r) => r.name === 'refund').length,
      rowsWithoutShopper: rows.filter((r) => r.user === '' && r.visitor === '').length,
      zeroPrices: rows.filter((r) => r.price === '0.00').length,
      brokenRows: lines.filter((line) => line.split(',').length < 14).length,
      futureTimes: rows.filter((r) => r.time > store.truth.span[1]).length,
      testRows: rows.filter((r) => r.user === 'qa-test-account').length,
      botRows: rows.filter((r) => r.visitor === 'v-crawler').length,
      titlesWithMarkup: [...titles.values()].filter((t) => t.includes('<b>')).length,
      damagedTitles: [...titles.values()].filter((t) => /[\u0080-\u00bf]{2}/.test(t)).length,
    }).toEqual(dirt);
    expect(Object.values(dirt).every((count) => count > 0)).toBe(true);
  });
});
