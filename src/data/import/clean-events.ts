/**
 * From staged rows to what the shop keeps: the view `clean_events` in the columns that `commitImport` expects, the products
 * that events name, and prices as timed facts.
 */
import { minorDigits, unknownCurrency } from '../../core/money.ts';
import { type Analytics, sqlText } from '../analytics.ts';
import type { Product, TimedFact } from '../catalogue.ts';
import { eventFlags, eventKinds } from '../events.ts';
import { hasEncodingDamage } from './cleaning/encoding-damage.ts';
import { hasRows, kindCode, type Staging } from './staging.ts';

export const cleanEvents = 'clean_events';
/** Lines of orders that are not bought, or no longer: a table of `event_id`. */
export const withdrawnEvents = 'withdrawn_events';

const hash = `format('{:08x}{:08x}', CAST(k.hash_a AS BIGINT) & 4294967295, CAST(k.hash_b AS BIGINT) & 4294967295)`;
const sales = `k.kind IN (${kindCode('purchase')}, ${kindCode('refund')}, ${kindCode('add_to_cart')})`;

export interface CleanOptions {
  readonly without: ReadonlySet<string>;
  readonly currency: string | undefined;
  /** How many rows equal to an imported one were stored before: 1 where duplicates are released. */
  readonly earlierCopies: number;
  /** SQL over `raw_row`: true in files whose equal rows are each a sale. */
  readonly everyRowCounts: string;
  /** SQL over `raw_row`: true in files of order lines. */
  readonly orderLines: string;
}

/** Creates the view `clean_events`; joins only what this import has. */
export async function createCleanEvents(analytics: Analytics, staging: Staging, options: CleanOptions): Promise<void> {
  const { fields } = staging;
  const joins: string[] = [];
  const named = (field: 'productId' | 'variantId' | 'currency' | 'device' | 'place', column: string): string => {
    if (!fields.has(field)) return 'CAST(NULL AS VARCHAR)';
    joins.push(`LEFT JOIN ${column}_names n_${column} ON n_${column}.code = k.${column}`);
    return `n_${column}.name`;
  };
  const product = named('productId', 'product');
  const variant =
    staging.dictionaries.variantId.texts.length > 0
      ? `coalesce(${named('variantId', 'variant')}, ${product})`
      : product;
  named('currency', 'currency');
  const money = moneyOf(staging, options.currency ?? unknownCurrency);
  const flags: string[] = [];
  const flag = (condition: string, value: number): void => {
    flags.push(`CASE WHEN ${condition} THEN ${value} ELSE 0 END`);
  };

  let time = 'k.time';
  if (await hasRows(analytics, 'filled_times')) {
    joins.push('LEFT JOIN filled_times t ON t.raw_row = k.raw_row');
    time = 'coalesce(k.time, t.filled)';
    flag('k.time IS NULL', eventFlags.imputedTime);
  }
  let quantity = 'k.quantity';
  if (!options.without.has('missing-quantities')) {
    quantity = `CASE WHEN k.quantity IS NULL AND ${sales} THEN 1 ELSE k.quantity END`;
    flag(`k.quantity IS NULL AND ${sales}`, eventFlags.imputedQuantity);
  }
  let price = 'k.price';
  if (await hasRows(analytics, 'median_prices')) {
    joins.push('LEFT JOIN median_prices mp ON mp.product = k.product');
    price = `CASE WHEN k.price IS NULL AND ${sales} THEN mp.price ELSE k.price END`;
    flag(`k.price IS NULL AND mp.price IS NOT NULL AND ${sales}`, eventFlags.imputedPrice);
  }
  if (await hasRows(analytics, 'marks')) {
    joins.push(
      `LEFT JOIN (SELECT raw_row, part, max(flag) AS flag FROM marks GROUP BY raw_row, part) m
       ON m.raw_row = k.raw_row AND m.part = k.part`,
    );
    flags.push('coalesce(m.flag, 0)');
  }
  let copy = '';
  const copied = options.without.has('exact-duplicates') ? 'true' : options.everyRowCounts;
  if (copied !== 'false') {
    await rankCopies(analytics, options.earlierCopies, copied);
    joins.push('LEFT JOIN copies ON copies.raw_row = k.raw_row');
    copy = ` || coalesce('-' || copies.copy, '')`;
  }
  const ofContent = `${hash}${staging.several ? ` || CASE WHEN k.part > 0 THEN '.' || k.part ELSE '' END` : ''}${copy}`;
  let id = ofContent;
  let replaces = 'false';
  if (hasOrderLines(staging, options)) {
    await numberOrderLines(analytics, options.orderLines);
    replaces = 'ol.id IS NOT NULL';
    joins.push('LEFT JOIN order_lines ol ON ol.raw_row = k.raw_row AND ol.part = k.part');
    id = `coalesce(ol.id, ${ofContent})`;
  }
  let visitor = 'k.visitor_id';
  if (!options.without.has('missing-users')) {
    const nobody = 'k.user_id IS NULL AND k.visitor_id IS NULL';
    visitor = `CASE WHEN ${nobody} THEN coalesce('session:' || k.session_id, 'event:' || ${id}) ELSE k.visitor_id END`;
    flag(nobody, eventFlags.anonymous);
  }
  const kinds = eventKinds.map((kind, code) => `WHEN ${code} THEN '${kind}'`).join(' ');

  await analytics.execute(
    `CREATE VIEW ${cleanEvents} AS SELECT
       ${fields.has('eventId') ? `coalesce(k.event_id, ${id})` : id} AS event_id,
       CASE k.kind ${kinds} END AS kind,
       ${time} AS time, k.user_id, ${visitor} AS visitor_id, k.session_id,
       ${product} AS product_id, ${variant} AS variant_id,
       ${quantity} AS quantity,
       CAST(round(${price} * ${money.scale}) AS BIGINT) AS price_minor,
       CASE WHEN ${price} IS NULL THEN NULL ELSE ${money.name} END AS currency,
       ${named('device', 'device')} AS device, ${named('place', 'place')} AS place,
       k.referrer, k.text, k.value, k.recommendation_id, CAST(k.position AS INTEGER) AS position, CAST(k.raw_row AS BIGINT) * 4096 + k.part AS arrival,
       ${fields.has('eventId') ? `${replaces} AND k.event_id IS NULL` : replaces} AS replaces,
       CAST(${flags.length > 0 ? flags.join(' + ') : '0'} AS INTEGER) AS flags
     FROM kept k ${joins.join(' ')}`,
  );
}

export function hasOrderLines(staging: Staging, { orderLines }: Pick<CleanOptions, 'orderLines'>): boolean {
  return orderLines !== 'false' && staging.fields.has('sessionId') && staging.fields.has('productId');
}

/**
 * A line of an order is known by the order's number and day, its product and its place among the order's lines of that: a
 * later export in which another cell has changed does not sell it again. Lines that are not bought have their number too,
 * so that one which was bought by an earlier export can be withdrawn.
 */
async function numberOrderLines(analytics: Analytics, where: string): Promise<void> {
  // The code that the file names, whether or not its product was known by then.
  const code = 'coalesce(n_variant.name, n_product.name)';
  await analytics.execute(
    `CREATE TABLE order_lines AS SELECT raw_row, part, sold,
       'order:' || md5(concat_ws(chr(31), session_id, day, code, kind,
         row_number() OVER (PARTITION BY session_id, day, code, kind ORDER BY raw_row, part))) AS id
     FROM (
       SELECT raw_row, part, sold, session_id, coalesce(time, 0) // 86400000 AS day, kind, ${code} AS code
       FROM (
         SELECT *, true AS sold FROM kept
         UNION ALL
         SELECT r.*, false AS sold FROM raw_rows r SEMI JOIN (SELECT * FROM aside WHERE step = 'unsold-orders') a
           ON a.raw_row = r.raw_row AND a.part = r.part) k JOIN product_names n_product ON n_product.code = k.product
       LEFT JOIN variant_names n_variant ON n_variant.code = k.variant
       WHERE session_id IS NOT NULL AND (${where}) AND kind IN (${kindCode('purchase')}, ${kindCode('refund')}))`,
  );
  await analytics.execute(`CREATE TABLE ${withdrawnEvents} AS SELECT id AS event_id FROM order_lines WHERE NOT sold`);
}

/** Gives the second and later rows of one content an id of their own. */
async function rankCopies(analytics: Analytics, earlier: number, where: string): Promise<void> {
  await analytics.execute(
    `CREATE TABLE copies AS SELECT raw_row, copy FROM (
       SELECT raw_row, row_number() OVER (PARTITION BY hash_a, hash_b ORDER BY raw_row) - 1 + ${earlier} AS copy
       FROM raw_rows WHERE part = 0 AND (${where})) WHERE copy > 0`,
  );
}

/** Adds the products and variants that kept events name to the catalogue, and finds their titles. */
export async function productsOfEvents(
  analytics: Analytics,
  staging: Staging,
  known: ReadonlySet<string>,
): Promise<Product[]> {
  const { productId, variantId, title } = staging.dictionaries;
  // One pass finds the products, their variants and their titles.
  const seen = await analytics.columns(
    'SELECT product, variant, title, count(*) AS n FROM kept WHERE product >= 0 GROUP BY product, variant, title',
  );
  const [products, variants, counts, titleCodes] = ['product', 'variant', 'n', 'title'].map(
    (name) => seen[name] as Float64Array,
  ) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const titleCounts = new Map<string, number>();
  for (const [i, code] of products.entries()) {
    const variant = variants[i]!;
    staging.catalogue.add(
      { productId: productId.texts[code]!, ...(variant >= 0 && { variantId: variantId.texts[variant]! }) },
      true,
    );
    if (titleCodes[i]! < 0) continue;
    const key = `${code}/${titleCodes[i]}`;
    titleCounts.set(key, (titleCounts.get(key) ?? 0) + counts[i]!);
  }
  const best = new Map<number, { text: string; count: number; whole: boolean }>();
  for (const [key, count] of titleCounts) {
    const [code, titleCode] = key.split('/').map(Number) as [number, number];
    const text = title.texts[titleCode]!;
    const found = { text, count, whole: !hasEncodingDamage(text) };
    const current = best.get(code);
    if (!current || isBetter(found, current)) best.set(code, found);
  }
  const titles = new Map([...best].map(([code, { text }]) => [productId.texts[code]!, text]));
  return [...staging.catalogue.products(titles, known)];
}

type Seen = { text: string; count: number; whole: boolean };

/** Undamaged first, then the most frequent; ties by the alphabet, so that the answer does not hang on row order. */
function isBetter(a: Seen, b: Seen): boolean {
  if (a.whole !== b.whole) return a.whole;
  return a.count !== b.count ? a.count > b.count : a.text < b.text;
}

/**
 * Adds to the staged facts the prices that purchases were made at, for variants that no catalogue row prices: the most
 * frequent price of each day (the higher of equals), wherever it differs from the day before.
 */
export async function addPriceFacts(
  analytics: Analytics,
  staging: Staging,
  currency: string = unknownCurrency,
): Promise<void> {
  if (!staging.fields.has('price') || !staging.fields.has('productId')) return;
  const money = moneyOf(staging, currency);
  const nameOfCode = (column: string): string =>
    `LEFT JOIN ${column}_names n_${column} ON n_${column}.code = k.${column}`;
  await analytics.execute(
    `INSERT INTO staged_facts (fact, variant_id, place, "from", price_minor, currency)
     SELECT 'price', variant_id, '', since, price_minor, currency FROM (
       SELECT coalesce(n_variant.name, n_product.name) AS variant_id, k.since,
              CAST(round(k.price * ${money.scale}) AS BIGINT) AS price_minor, ${money.name} AS currency
       FROM (
         SELECT *, lag(price) OVER (PARTITION BY product, variant, currency ORDER BY day) AS before FROM (
           SELECT *, row_number() OVER (PARTITION BY product, variant, currency, day ORDER BY n DESC, price DESC) AS place_of
           FROM (
             SELECT product, variant, currency, time // 86400000 AS day, price, count(*) AS n, min(time) AS since
             FROM kept WHERE kind = ${kindCode('purchase')} AND price > 0 AND product >= 0 AND time IS NOT NULL
             GROUP BY product, variant, currency, day, price))
         WHERE place_of = 1) k
       ${nameOfCode('product')} ${nameOfCode('variant')} ${nameOfCode('currency')}
       WHERE k.before IS NULL OR k.before <> k.price)
     WHERE price_minor > 0 AND variant_id NOT IN (SELECT variant_id FROM staged_facts WHERE fact = 'price')`,
  );
}

/** Prices of a catalogue that say no currency are in the only one that the import knows. */
export async function nameCurrency(analytics: Analytics, currency: string | undefined): Promise<void> {
  if (currency === undefined || minorDigits(currency) !== minorDigits(unknownCurrency)) return;
  await analytics.execute(
    `UPDATE staged_facts SET currency = ${sqlText(currency)} WHERE currency = ${sqlText(unknownCurrency)}`,
  );
}

/** SQL of a staged row's currency and of its smallest unit's number; needs the join of `currency_names`. */
function moneyOf(staging: Staging, standard: string): { name: string; scale: string } {
  const name = staging.fields.has('currency') ? `coalesce(n_currency.name, ${sqlText(standard)})` : sqlText(standard);
  const usual = 10 ** minorDigits(standard);
  const others = staging.dictionaries.currency.texts.filter((text) => 10 ** minorDigits(text) !== usual);
  if (others.length === 0) return { name, scale: String(usual) };
  const cases = others.map((text) => `WHEN ${sqlText(text)} THEN ${10 ** minorDigits(text)}`).join(' ');
  return { name, scale: `(CASE ${name} ${cases} ELSE ${usual} END)` };
}

/** All staged facts; held as columns, made into objects one at a time. */
export async function readFacts(analytics: Analytics): Promise<{ count: number; facts: Iterable<TimedFact> }> {
  const columns = await analytics.columns(
    'SELECT DISTINCT * FROM staged_facts ORDER BY variant_id, "from", fact, place',
  );
  const texts = (name: string): (string | null)[] => columns[name] as (string | null)[];
  const numbers = (name: string): Float64Array => columns[name] as Float64Array;
  const [fact, variantId, place, currency, promotionId] = [
    texts('fact'),
    texts('variant_id'),
    texts('place'),
    texts('currency'),
    texts('promotion_id'),
  ];
  const [from, price, list, units, discount] = [
    numbers('from'),
    numbers('price_minor'),
    numbers('list_price_minor'),
    numbers('units'),
    numbers('discount'),
  ];
  function* facts(): Generator<TimedFact> {
    for (let i = 0; i < fact.length; i++) {
      const base = { variantId: variantId[i]!, place: place[i]!, from: from[i]! };
      if (fact[i] === 'price')
        yield {
          ...base,
          fact: 'price',
          priceMinor: price[i]!,
          currency: currency[i]!,
          ...(!Number.isNaN(list[i]!) && { listPriceMinor: list[i]! }),
        };
      else if (fact[i] === 'stock') yield { ...base, fact: 'stock', unitsOnHand: units[i]! };
      else yield { ...base, fact: 'promotion', promotionId: promotionId[i] ?? '', discount: discount[i]! };
    }
  }
  return { count: fact.length, facts: { [Symbol.iterator]: facts } };
}
