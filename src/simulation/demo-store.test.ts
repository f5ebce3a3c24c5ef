import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { festivalsIn } from './calendar.ts';
import { type DemoStore, writeDemoStore } from './demo-store.ts';
import { isInStock, priceAt } from './offers.ts';
import { drawProduct } from './picture.ts';
import { kinds } from './products.ts';
import { interestIn, respondTo } from './shelf-response.ts';

interface Row {
  readonly name: string;
  readonly time: number;
  readonly user: string;
  readonly visitor: string;
  readonly session: string;
  readonly product: string;
  readonly price: string;
  readonly referrer: string;
  readonly stars: number;
  readonly text: string;
}

const day = 86_400_000;
let folder: string;
let store: DemoStore;
let lines: string[];
let rows: Row[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-store-'));
  store = await writeDemoStore(join(folder, 'a'), { seed: 11 });
  lines = (await readFile(store.files.find((file) => file.endsWith('events.csv'))!, 'utf8'))
    .trimEnd()
    .split('\n')
    .slice(1);
  rows = [...new Set(lines)].flatMap((line) => {
    const cells = line.split(',');
    const [, name, time, user, visitor, session, product, , , price, , , , referrer, stars, ...text] = cells as [
      string,
      ...string[],
    ];
    if (cells.length < 16) return [];
    const parsed = { name, time: Date.parse(time!), user, visitor, session, product, price, referrer };
    return [{ ...parsed, stars: Number(stars), text: text.join(',') } as Row];
  });
});

afterAll(() => rm(folder, { recursive: true }));

const isShopper = ({ visitor, user }: Row): boolean => visitor !== 'v-crawler' && user !== 'qa-test-account';

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

const ofUser = (): Map<string, Row[]> =>
  Map.groupBy(
    rows.filter((r) => r.user !== ''),
    (r) => r.user,
  );

describe('the demo store', () => {
  test('gives the same bytes for the same seed and other bytes for another', async () => {
    const small = { products: 70, shoppers: 40 };
    const texts = await Promise.all(
      [3, 3, 4].map(async (seed, i) => {
        const made = join(folder, `same-${i}`);
        await writeDemoStore(made, { seed, ...small });
        const names = await readdir(made, { recursive: true, withFileTypes: true });
        const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
        return (await Promise.all(files.sort().map((file) => readFile(file, 'utf8')))).join();
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
    let [after, before] = [0, 0];
    for (const { from, to, days } of store.truth.followers) {
      for (const events of ofUser().values()) {
        const bought = events.find((r) => r.name === 'purchase' && r.product === from);
        if (!bought) continue;
        const gaps = events.filter((r) => r.product === to).map((r) => (r.time - bought.time) / day);
        if (gaps.some((gap) => gap >= days[0] && gap <= days[1] + 1)) after++;
        if (gaps.some((gap) => -gap >= days[0] && -gap <= days[1] + 1)) before++;
      }
    }
    expect(after).toBeGreaterThan(100);
    expect(after).toBeGreaterThan(5 * before);
  });

  test('gives shoppers tastes that show in what they view', () => {
    const views = Map.groupBy(
      rows.filter((r) => r.name === 'view_item' && r.user !== ''),
      (r) => r.user,
    );
    const favourite = (shares: readonly number[]): number => shares.indexOf(Math.max(...shares));
    const shoppers = store.world.shoppers().filter(({ userId }) => (views.get(userId)?.length ?? 0) >= 15);
    const seen = shoppers.map(({ userId }) => {
      const counts = store.truth.departments.map(() => 0);
      for (const { product } of views.get(userId)!) counts[store.truth.departmentOf[product]!]!++;
      return favourite(counts);
    });
    const meant = shoppers.map((s) => favourite(s.departments));
    const agreement = (of: readonly number[]): number => of.filter((d, i) => d === seen[i]).length / of.length;
    expect(shoppers.length).toBeGreaterThan(500);
    expect(agreement(meant)).toBeGreaterThan(0.75);
    expect(agreement(new Random(2).shuffle([...meant]))).toBeLessThan(0.35);
  });

  test('brings new products nearly every week, and shows none before', () => {
    const launches = Object.values(store.truth.launches);
    expect(new Set(launches).size).toBeGreaterThan(45);
    expect(launches.every((time) => new Date(time).getUTCDay() === 1)).toBe(true);
    const early = rows.filter((r) => isShopper(r) && r.time < (store.truth.launches[r.product] ?? 0));
    expect(early).toEqual([]);
  });

  test('keeps the festivals of the Chinese calendar, and more is bought at 618 and Double 11', () => {
    const names = store.truth.festivals.map(
      ({ name, span: [, end] }) => `${name} ${new Date(end).toISOString().slice(0, 10)}`,
    );
    expect(names).toEqual([
      'double-11 2024-11-12',
      'spring-festival 2025-01-28',
      '618 2025-06-19',
      'mid-autumn 2025-10-06',
    ]);
    expect(festivalsIn([Date.UTC(2026, 0, 1), Date.UTC(2026, 3, 1)])[0]!.span[1]).toBe(Date.UTC(2026, 1, 16));
    const aDay = (begin: number, end: number): number =>
      rows.filter((r) => r.name === 'purchase' && r.time >= begin && r.time < end).length / ((end - begin) / day);
    for (const { name, span } of store.truth.festivals.filter(({ name }) => name === '618' || name === 'double-11'))
      expect(aDay(...span), name).toBeGreaterThan(1.3 * aDay(span[0] - 30 * day, span[0] - 5 * day));
    const mooncakes = new Set(
      store.world.products.filter((p) => kinds[p.kind]!.name === 'Mooncakes').map((p) => p.productId),
    );
    const inMonth = (month: number): number =>
      rows.filter((r) => mooncakes.has(r.product) && new Date(r.time).getUTCMonth() === month).length;
    expect(inMonth(8)).toBeGreaterThan(3 * inMonth(3));
  });

  test('sells at the price of the day, less in promotions, and nothing that is out of stock', () => {
    const { world } = store;
    const bought = rows.filter((r) => r.name === 'purchase' && isShopper(r) && r.time < store.truth.span[1]);
    let [discounted, soldOut] = [0, 0];
    for (const { product: id, price, time } of bought) {
      const product = world.product(id)!;
      const offers = world.offers(product);
      if (price === '0.00') continue;
      // The price is that of the minute in which the basket was paid.
      expect(Math.round(Number(price) * 100)).toBe(priceAt(product, offers, time));
      if (offers.promotions.some(({ span }) => time >= span[0] && time < span[1])) discounted++;
      if (!isInStock(offers, time)) soldOut++;
    }
    expect(discounted / bought.length).toBeGreaterThan(0.03);
    // What was put into the cart before it ran out at midnight is still sold.
    expect(soldOut).toBeLessThan(10);
    expect(store.truth.outOfStock.length).toBeGreaterThan(5);
  });

  test('holds reviews in two languages whose stars and words follow the quality of the product', () => {
    const reviews = rows.filter((r) => r.name === 'review');
    expect(reviews.length).toBeGreaterThan(500);
    expect(reviews.filter(({ text }) => /\p{Script=Han}/u.test(text)).length / reviews.length).toBeGreaterThan(0.2);
    const mean = (of: readonly Row[]): number => of.reduce((sum, { stars }) => sum + stars, 0) / of.length;
    const { qualityOf } = store.truth;
    const good = reviews.filter(({ product }) => qualityOf[product]! > 0.7);
    const bad = reviews.filter(({ product }) => qualityOf[product]! < 0.35);
    expect(mean(good)).toBeGreaterThan(mean(bad) + 1);
    const complains = (of: readonly Row[]): number =>
      of.filter(({ text }) => /broke|Poor|odd smell|坏了|很差|怪味/.test(text)).length / of.length;
    expect(complains(bad)).toBeGreaterThan(2 * complains(good));
  });

  test('describes each product in several sentences of both languages, with what it is made of and in which size', async () => {
    const feed = (await readFile(store.files[0]!, 'utf8')).trimEnd().split('\n').slice(1);
    const [products, seen] = [store.world.products, new Set<string>()];
    for (const { description, style, size, kind } of products) {
      seen.add(description);
      expect(description.split('. ').length).toBeGreaterThanOrEqual(4);
      expect(description.split('。').length).toBeGreaterThanOrEqual(4);
      for (const word of [...style, size, kinds[kind]!.name.toLowerCase(), kinds[kind]!.chinese])
        expect(description.toLowerCase()).toContain(word.toLowerCase());
    }
    expect(seen.size).toBe(products.length);
    expect(feed.length).toBe(products.flatMap(({ variants }) => variants).length);
  });

  test('draws each product, and other products otherwise', () => {
    const drawn = store.world.products.map(drawProduct);
    expect(drawn.every((svg) => svg.startsWith('<svg') && svg.endsWith('</svg>'))).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(200);
  });

  test('offers by mail bring the persuaded, keep the put-off away, and leave the others as they are', async () => {
    const sent = (await readFile(join(folder, 'a', 'offers.csv'), 'utf8')).trimEnd().split('\n').slice(1);
    const response = new Map(store.world.shoppers().map(({ userId, offerResponse }) => [userId, offerResponse]));
    const byUser = ofUser();
    const orders = new Map<string, { mails: number; orders: number }>();
    for (const line of sent) {
      const [, user, time, treated] = line.split(',') as [string, string, string, string];
      const at = Date.parse(time);
      const group = `${response.get(user)} ${treated}`;
      const count = orders.get(group) ?? { mails: 0, orders: 0 };
      const within = byUser.get(user)?.filter((r) => r.name === 'purchase' && r.time >= at && r.time < at + 7 * day);
      count.mails++;
      count.orders += within?.length ? 1 : 0;
      orders.set(group, count);
    }
    const rate = (group: string): number => orders.get(group)!.orders / orders.get(group)!.mails;
    expect(rate('persuaded 1') - rate('persuaded 0')).toBeGreaterThan(0.5);
    expect(rate('put-off 1')).toBeLessThan(0.03);
    expect(rate('put-off 0')).toBeGreaterThan(0.08);
    expect(Math.abs(rate('unmoved 1') - rate('unmoved 0'))).toBeLessThan(0.05);
    const treated = sent.filter((line) => line.endsWith(',1')).length;
    expect(Math.abs(treated / sent.length - 0.5)).toBeLessThan(0.03);
  });

  test('a shopper clicks what fits it, high on the shelf before low, and nothing that is sold out', () => {
    const { world } = store;
    const time = store.truth.span[1] - 1;
    const moment = { time };
    const random = new Random(4);
    let [liked, drawn, top, bottom] = [0, 0, 0, 0];
    for (const shopper of world.shoppers().slice(0, 400)) {
      const byInterest = world.products
        .map((product) => ({ product, interest: interestIn(product, shopper, moment, world) }))
        .sort((a, b) => b.interest - a.interest);
      const best = byInterest.slice(0, 8).map(({ product }) => product.productId);
      const any = random.shuffle([...world.products]).slice(0, 8);
      liked += respondTo(best, shopper, moment, world, random).length;
      drawn += respondTo(
        any.map((p) => p.productId),
        shopper,
        moment,
        world,
        random,
      ).length;
      const same = Array.from({ length: 8 }, () => best[0]!);
      for (const { position } of respondTo(same, shopper, moment, world, random)) {
        if (position === 0) top++;
        if (position === 7) bottom++;
      }
      expect(respondTo([...store.truth.outOfStock, 'no-such-product'], shopper, moment, world, random)).toEqual([]);
    }
    expect(liked).toBeGreaterThan(2 * drawn);
    expect(top).toBeGreaterThan(2 * bottom);
  });

  test('holds each planted fault as often as the truth says', async () => {
    const { dirt } = store.truth;
    const feed = await readFile(store.files[0]!, 'utf8');
    const titles = new Map(feed.split('\n').map((line) => [line.split('\t')[1], line.split('\t')[2] ?? '']));
    expect({
      repeatedRows: lines.length - new Set(lines).size,
      refundRows: rows.filter((r) => r.name === 'refund').length,
      rowsWithoutShopper: rows.filter((r) => r.user === '' && r.visitor === '').length,
      zeroPrices: rows.filter((r) => r.price === '0.00').length,
      brokenRows: lines.filter((line) => line.split(',').length < 16).length,
      futureTimes: rows.filter((r) => r.time > store.truth.span[1]).length,
      testRows: rows.filter((r) => r.user === 'qa-test-account').length,
      botRows: rows.filter((r) => r.visitor === 'v-crawler').length,
      titlesWithMarkup: [...titles.values()].filter((t) => t.includes('<b>')).length,
      damagedTitles: [...titles.values()].filter((t) => /[\u0080-\u00bf]{2}/.test(t)).length,
    }).toEqual(dirt);
    expect(Object.values(dirt).every((count) => count > 0)).toBe(true);
  });

  test('a larger store goes through scratch files and comes out in time order', async () => {
    const made = join(folder, 'spilled');
    const { files, truth } = await writeDemoStore(made, { seed: 2, products: 140, shoppers: 3000, days: 500 });
    const events = (await readFile(files.at(-1)!, 'utf8')).trimEnd().split('\n').slice(1);
    expect(events.length).toBe(truth.eventRows);
    expect(truth.eventRows).toBeGreaterThan(250_000);
    const times = events.map((line) => line.split(',')[2]!).filter((time) => !time.startsWith('2099'));
    expect(times).toEqual([...times].sort());
    expect((await readdir(made)).includes('.weeks')).toBe(false);
  });

  test('a making that is broken off leaves no scratch files', async () => {
    const made = join(folder, 'stopped');
    await expect(writeDemoStore(made, { seed: 2, signal: AbortSignal.abort() })).rejects.toThrow();
    expect((await readdir(made)).includes('.weeks')).toBe(false);
  });
});
