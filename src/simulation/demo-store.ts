/**
 * A store made from a seed: products, a year of visits and the faults of a real export, written as the files that any
 * store would hand over, with the truth beside them. Its shoppers have tastes, some products complement or follow
 * others, offers move some people, and none of the formulas here is one of the models that are judged on it.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Random } from '../core/random.ts';
import { botVisitor, type DirtCounts, spoilEvent, spoilLine, spoilTitle, strayEvents, testAccount } from './dirt.ts';
import { EventWeeks } from './event-weeks.ts';
import { changesOf, fullPriceAt, isInStock, priceAt, promotionAt } from './offers.ts';
import { drawProduct } from './picture.ts';
import { kinds } from './products.ts';
import { type VisitEvent, visitsOf } from './visits.ts';
import { departments } from './words.ts';
import { type Complement, DemoWorld, type Follower, type Mailing, type WorldOptions } from './world.ts';

export interface DemoStoreOptions extends WorldOptions {
  /** Turns a drawing into the file of a picture; pictures are SVG files where absent. */
  readonly picture?: { readonly extension: string; render(svg: string): Promise<Uint8Array> };
  /** Hears the share that is done, in [0, 1]. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

export interface DemoTruth {
  readonly seed: number;
  readonly span: readonly [number, number];
  readonly departments: readonly string[];
  /** Department of each product, as an index into `departments`. */
  readonly departmentOf: Readonly<Record<string, number>>;
  /** What buyers think of each product, in [0, 1]. */
  readonly qualityOf: Readonly<Record<string, number>>;
  readonly complements: readonly Complement[];
  readonly followers: readonly Follower[];
  readonly festivals: DemoWorld['festivals'];
  readonly mailings: readonly Mailing[];
  /** Products that came onto the shelf after the beginning, and when. */
  readonly launches: Readonly<Record<string, number>>;
  readonly outOfStock: readonly string[];
  readonly shoppers: number;
  readonly eventRows: number;
  readonly dirt: DirtCounts;
}

export interface DemoStore {
  /** The files to import: the product feed, prices and stock over time, people, events. */
  readonly files: readonly string[];
  /** Folder of the pictures, `PRODUCT.svg` or in the format that was asked for. */
  readonly pictures: string;
  readonly truth: DemoTruth;
  readonly world: DemoWorld;
}

const currency = 'SGD';
const dirtStream = 3;

/**
 * Writes into `folder`, which is made where it is missing: `products.tsv` (a Google Merchant feed), `prices.csv` (prices,
 * stock and promotions over time), `people.csv`, `events.csv` (GA4 event names, with searches and reviews),
 * `pictures/`; and beside them, not to be imported, `offers.csv` (who was mailed an offer), `truth.json` and
 * `truth-shoppers.jsonl`. The same options give the same bytes.
 */
export async function writeDemoStore(folder: string, options: DemoStoreOptions): Promise<DemoStore> {
  const { picture, onProgress = () => undefined, signal, ...rest } = options;
  const world = new DemoWorld(rest);
  const { seed, span, products } = world;
  await mkdir(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  const dirt: DirtCounts = {
    ...{ repeatedRows: 0, refundRows: 0, rowsWithoutShopper: 0, zeroPrices: 0, brokenRows: 0, futureTimes: 0 },
    ...{ testRows: 0, botRows: 0, titlesWithMarkup: 0, damagedTitles: 0 },
  };
  const random = new Random(seed, dirtStream);
  const extension = picture?.extension ?? 'svg';
  await writeLines(at('products.tsv'), feedLines(world, extension, random, dirt));
  await writeLines(at('prices.csv'), priceLines(world));

  const weeks = new EventWeeks(at('.weeks'), span[0]);
  let eventRows: number;
  try {
    await writeShoppers(world, weeks, at, (share) => onProgress(0.6 * share), signal);
    eventRows = await writeEvents(at('events.csv'), world, weeks, random, dirt);
  } finally {
    await weeks.close();
  }
  onProgress(0.8);

  const pictures = at('pictures');
  await mkdir(pictures, { recursive: true });
  for (const [p, product] of products.entries()) {
    signal?.throwIfAborted();
    const svg = drawProduct(product);
    await writeFile(join(pictures, `${product.productId}.${extension}`), picture ? await picture.render(svg) : svg);
    if (p % 50 === 0) onProgress(0.8 + (0.2 * p) / products.length);
  }

  const truth: DemoTruth = {
    ...{ seed, span, departments: departments.map(({ name }) => name) },
    departmentOf: Object.fromEntries(products.map((p) => [p.productId, p.department])),
    qualityOf: Object.fromEntries(products.map((p) => [p.productId, Math.round(p.quality * 1000) / 1000])),
    ...{ complements: world.complements, followers: world.followers },
    ...{ festivals: world.festivals, mailings: world.mailings },
    launches: Object.fromEntries(
      products.filter((p) => p.launchTime > span[0]).map((p) => [p.productId, p.launchTime]),
    ),
    outOfStock: products.filter((p) => world.offers(p).unitsOnHand === 0).map((p) => p.productId),
    ...{ shoppers: world.shopperCount, eventRows, dirt },
  };
  await writeFile(at('truth.json'), `${JSON.stringify(truth, null, 1)}\n`);
  const files = ['products.tsv', 'prices.csv', 'people.csv', 'events.csv'].map(at);
  return { files, pictures, truth, world };
}

/** Every shopper's life: the events into `weeks`, the profile, the mails and the truth into files. */
async function writeShoppers(
  world: DemoWorld,
  weeks: EventWeeks,
  at: (name: string) => string,
  onProgress: (share: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [people, mails, truth] = [
    new LineFile(at('people.csv'), 'user_id,language,country'),
    new LineFile(at('offers.csv'), 'offer_id,user_id,time,treated'),
    new LineFile(at('truth-shoppers.jsonl')),
  ];
  for (let s = 0; s < world.shopperCount; s++) {
    const { shopper } = world.shopper(s);
    const events = visitsOf(s, world);
    await weeks.add(events);
    await truth.write(JSON.stringify(shopper));
    const joined = events.find(({ userId }) => userId !== '')?.time;
    if (joined !== undefined) {
      await people.write(`${shopper.userId},${shopper.language},${shopper.place}`);
      const mailed = world.mailed(s);
      for (const [m, { offerId, time }] of world.mailings.entries())
        if (time > joined)
          await mails.write(`${offerId},${shopper.userId},${new Date(time).toISOString()},${mailed[m] ? 1 : 0}`);
    }
    if (s % 200 === 0) {
      onProgress(s / world.shopperCount);
      // Others get their turn, and a cancelled making ends.
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    }
  }
  await Promise.all([people.close(), mails.close(), truth.close()]);
}

/** @returns lines of events in the file */
async function writeEvents(
  path: string,
  world: DemoWorld,
  weeks: EventWeeks,
  random: Random,
  dirt: DirtCounts,
): Promise<number> {
  const stray = strayEvents(world.products, (world.span[0] + world.span[1]) / 2, random);
  for (const { userId } of stray) dirt[userId === '' ? 'botRows' : 'testRows']++;
  await weeks.add(stray);
  const file = new LineFile(path, eventHeader);
  let [made, rows] = [0, 0];
  for await (const events of weeks.inOrder()) {
    for (const event of events) {
      const isStray = event.visitorId === botVisitor || event.userId === testAccount;
      const spoiled = isStray ? event : spoilEvent(event, random, dirt);
      if (event.name === 'refund') dirt.refundRows++;
      const line = eventLine(spoiled, made++);
      const isSound = spoiled === event && !isStray && event.name !== 'refund';
      for (const written of isSound ? spoilLine(line, random, dirt) : [line]) {
        await file.write(written);
        rows++;
      }
    }
  }
  await file.close();
  return rows;
}

const eventHeader =
  'event_id,event_name,timestamp,user_id,visitor_id,session_id,item_id,variant_id,quantity,price,currency,device,country,referrer,rating,text';

function eventLine(event: VisitEvent, index: number): string {
  const { name, time, userId, visitorId, sessionId, productId, variantId, quantity, priceMinor, device, place } = event;
  const number = (value: number, digits = 0): string => (Number.isNaN(value) ? '' : value.toFixed(digits));
  return [
    `e${String(index + 1).padStart(7, '0')}`,
    ...[name, new Date(time).toISOString(), userId, visitorId, sessionId, productId, variantId],
    ...[number(quantity), number(priceMinor / 100, 2), Number.isNaN(priceMinor) ? '' : currency, device, place],
    ...[
      event.referrer,
      number(event.value),
      /[",]/.test(event.text) ? `"${event.text.replaceAll('"', '""')}"` : event.text,
    ],
  ].join(',');
}

function* feedLines(world: DemoWorld, extension: string, random: Random, dirt: DirtCounts): Generator<string> {
  yield 'id\titem_group_id\ttitle\tdescription\tproduct_type\tbrand\tprice\tavailability\tquantity\tcolor\tmaterial\tsize\timage_link';
  const end = world.span[1];
  for (const product of world.products) {
    const offers = world.offers(product);
    const title = spoilTitle(product.title, random, dirt);
    const path = `${departments[product.department]!.name} > ${kinds[product.kind]!.name}`;
    const price = `${(priceAt(product, offers, end) / 100).toFixed(2)} ${currency}`;
    const availability = offers.unitsOnHand > 0 ? 'in_stock' : 'out_of_stock';
    for (const { variantId, colour } of product.variants)
      yield [
        ...[variantId, product.productId, title, product.description, path, product.brand],
        ...[price, availability, offers.unitsOnHand, colour, product.style[0], product.size],
        `/pictures/${product.productId}.${extension}`,
      ].join('\t');
  }
}

function* priceLines(world: DemoWorld): Generator<string> {
  yield 'product_id,variant_id,time,price,list_price,currency,stock,promotion_id,discount';
  for (const product of world.products) {
    const offers = world.offers(product);
    for (const time of changesOf(product, offers, world.span)) {
      const [price, full, promotion] = [
        priceAt(product, offers, time),
        fullPriceAt(product, offers, time),
        promotionAt(offers, time),
      ];
      const stock = isInStock(offers, time) ? Math.max(1, offers.unitsOnHand) : 0;
      for (const { variantId } of product.variants)
        yield [
          ...[product.productId, variantId, new Date(time).toISOString(), (price / 100).toFixed(2)],
          ...[(full / 100).toFixed(2), currency, stock, promotion?.promotionId ?? '', promotion?.discount ?? 0],
        ].join(',');
    }
  }
}

async function writeLines(path: string, lines: Iterable<string>): Promise<void> {
  const file = new LineFile(path);
  for (const line of lines) await file.write(line);
  await file.close();
}

/** A file that lines are written to, however many. */
class LineFile {
  readonly #stream: WriteStream;
  readonly #done: Promise<void>;
  #held: string[] = [];
  #size = 0;

  constructor(path: string, header?: string) {
    this.#stream = createWriteStream(path);
    this.#done = finished(this.#stream);
    this.#done.catch(() => undefined);
    if (header !== undefined) this.#held.push(header);
  }

  write(line: string): Promise<void> | undefined {
    this.#held.push(line);
    this.#size += line.length;
    return this.#size > 1_000_000 ? this.#flush() : undefined;
  }

  async close(): Promise<void> {
    await this.#flush();
    this.#stream.end();
    await this.#done;
  }

  async #flush(): Promise<void> {
    const text = this.#held.length > 0 ? `${this.#held.join('\n')}\n` : '';
    this.#held = [];
    this.#size = 0;
    if (!this.#stream.write(text))
      await Promise.race([new Promise<void>((go) => this.#stream.once('drain', () => go())), this.#done]);
  }
}
