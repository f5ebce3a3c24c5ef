/**
 * A small store made from a seed: products, half a year of visits and the faults of a real export, written as the files
 * that any store would hand over, with the truth beside them. Its shoppers have tastes, some products complement or
 * follow others, and none of the formulas here is one of the models that are judged on it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../core/random.ts';
import { type BasketProduct, kinds, makeProducts } from './basket-catalogue.ts';
import { complementKinds, departments, followingKinds } from './basket-lexicon.ts';
import {
  type BasketEvent,
  type BasketWorld,
  type Complement,
  type Follower,
  makeShopper,
  type Shopper,
  visitsOf,
} from './shopper-visits.ts';
import { type DirtCounts, spoilEvents, spoilLines, spoilTitle, strayEvents } from './store-dirt.ts';

export interface BasketStoreOptions {
  readonly seed: number;
  /** @default 300 */
  readonly products?: number;
  /** @default 1500 */
  readonly shoppers?: number;
  /** End of the store's six months, milliseconds since 1970. @default 1 October 2025 */
  readonly until?: number;
}

export interface BasketTruth {
  readonly seed: number;
  readonly span: readonly [number, number];
  readonly departments: readonly string[];
  /** Department of each product, as an index into `departments`. */
  readonly departmentOf: Readonly<Record<string, number>>;
  readonly complements: readonly Complement[];
  readonly followers: readonly Follower[];
  readonly shoppers: readonly Shopper[];
  /** Products that came onto the shelf after the beginning, and when. */
  readonly launches: Readonly<Record<string, number>>;
  readonly outOfStock: readonly string[];
  readonly eventRows: number;
  readonly dirt: DirtCounts;
}

export interface BasketStore {
  /** The files to import: the product feed, then the events. */
  readonly files: readonly [string, string];
  readonly truth: BasketTruth;
}

const currency = 'SGD';
const streams = { catalogue: 1, pairs: 2, dirt: 3, shoppers: 1000 } as const;

/**
 * Writes `products.tsv` (a Google Merchant feed), `events.csv` (GA4 event names) and `truth.json` into `folder`, which is
 * made where it is missing. The same options give the same bytes.
 */
export async function writeBasketStore(folder: string, options: BasketStoreOptions): Promise<BasketStore> {
  const { seed, products: productCount = 300, shoppers: shopperCount = 1500, until = Date.UTC(2025, 9, 1) } = options;
  const span: readonly [number, number] = [until - 183 * 86_400_000, until];
  const products = makeProducts(productCount, span, new Random(seed, streams.catalogue));
  const always = products.filter(({ launchTime }) => launchTime === span[0]);
  const world: BasketWorld = { products, span, ...plantPairs(always, new Random(seed, streams.pairs)) };

  const shoppers: Shopper[] = [];
  const visited: BasketEvent[] = [];
  for (let s = 0; s < shopperCount; s++) {
    const random = new Random(seed, streams.shoppers + s);
    const shopper = makeShopper(s, random);
    shoppers.push(shopper);
    for (const event of visitsOf(shopper, world, random)) visited.push(event);
  }

  const dirt = new Random(seed, streams.dirt);
  const stray = strayEvents(products, (span[0] + span[1]) / 2, dirt);
  const spoiled = spoilEvents(visited, dirt);
  const events = [...spoiled.events, ...stray].sort((a, b) => a.time - b.time);
  const faulty = new Set([...spoiled.faulty, ...stray]);
  const isSound = (line: number): boolean => !faulty.has(events[line]!) && events[line]!.name !== 'refund';
  const table = spoilLines(events.map(eventLine), isSound, dirt);
  const feed = productFeed(products, dirt);
  const truth: BasketTruth = {
    seed,
    span,
    departments: departments.map(({ name }) => name),
    departmentOf: Object.fromEntries(products.map((p) => [p.productId, p.department])),
    complements: world.complements,
    followers: world.followers,
    shoppers,
    launches: Object.fromEntries(
      products.filter((p) => p.launchTime > span[0]).map((p) => [p.productId, p.launchTime]),
    ),
    outOfStock: products.filter((p) => p.unitsOnHand === 0).map((p) => p.productId),
    eventRows: table.lines.length,
    dirt: {
      ...table.counts,
      ...spoiled.counts,
      refundRows: visited.filter(({ name }) => name === 'refund').length,
      testRows: stray.filter(({ userId }) => userId !== '').length,
      botRows: stray.filter(({ userId }) => userId === '').length,
      titlesWithMarkup: feed.titlesWithMarkup,
      damagedTitles: feed.damagedTitles,
    },
  };

  await mkdir(folder, { recursive: true });
  const files = [join(folder, 'products.tsv'), join(folder, 'events.csv')] as const;
  await writeFile(files[0], feed.text);
  await writeFile(files[1], `${[eventHeader, ...table.lines].join('\n')}\n`);
  await writeFile(join(folder, 'truth.json'), `${JSON.stringify(truth, null, 1)}\n`);
  return { files, truth };
}

/** Pairs of products whose kinds go together, each product in one pair of its sort at most. */
function plantPairs(
  products: readonly BasketProduct[],
  random: Random,
): { complements: Complement[]; followers: Follower[] } {
  const kindIndex = new Map(kinds.map(({ name }, k) => [name, k]));
  const paired = (first: string, second: string): [BasketProduct, BasketProduct][] => {
    const [a, b] = [first, second].map((name) =>
      random.shuffle(products.filter(({ kind }) => kind === kindIndex.get(name))),
    );
    return a!.slice(0, 5).flatMap((product, i) => (b![i] ? [[product, b![i]!] as [BasketProduct, BasketProduct]] : []));
  };
  return {
    complements: complementKinds.flatMap(([first, second]) =>
      paired(first, second).map(([a, b]) => ({
        product: a.productId,
        complement: b.productId,
        probability: 0.4 + 0.2 * random.uniform(),
      })),
    ),
    followers: followingKinds.flatMap(([first, second]) =>
      paired(first, second).map(([a, b]) => ({
        from: a.productId,
        to: b.productId,
        probability: 0.5 + 0.2 * random.uniform(),
        days: [5, 20] as const,
      })),
    ),
  };
}

const eventHeader =
  'event_id,event_name,timestamp,user_id,visitor_id,session_id,item_id,variant_id,quantity,price,currency,device,country,search_term';

function eventLine(event: BasketEvent, index: number): string {
  const { name, time, userId, visitorId, sessionId, productId, variantId, quantity, priceMinor, device, place } = event;
  const number = (value: number, digits = 0): string => (Number.isNaN(value) ? '' : value.toFixed(digits));
  return [
    `e${String(index + 1).padStart(7, '0')}`,
    name,
    new Date(time).toISOString(),
    userId,
    visitorId,
    sessionId,
    productId,
    variantId,
    number(quantity),
    number(priceMinor / 100, 2),
    Number.isNaN(priceMinor) ? '' : currency,
    device,
    place,
    event.searchTerm,
  ].join(',');
}

function productFeed(
  products: readonly BasketProduct[],
  random: Random,
): { text: string; titlesWithMarkup: number; damagedTitles: number } {
  const counts = { titlesWithMarkup: 0, damagedTitles: 0 };
  const lines = ['id\titem_group_id\ttitle\tdescription\tproduct_type\tbrand\tprice\tavailability\tquantity\tcolor'];
  for (const product of products) {
    const { title, fault } = spoilTitle(product.title, random);
    if (fault === 'markup') counts.titlesWithMarkup++;
    if (fault === 'damaged') counts.damagedTitles++;
    const path = `${departments[product.department]!.name} > ${kinds[product.kind]!.name}`;
    const price = `${(product.laterPriceMinor / 100).toFixed(2)} ${currency}`;
    const availability = product.unitsOnHand > 0 ? 'in_stock' : 'out_of_stock';
    for (const { variantId, colour } of product.variants) {
      lines.push(
        [
          ...[variantId, product.productId, title, product.description, path, product.brand],
          ...[price, availability, product.unitsOnHand, colour],
        ].join('\t'),
      );
    }
  }
  return { text: `${lines.join('\n')}\n`, ...counts };
}
