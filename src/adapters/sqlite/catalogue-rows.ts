/** Products, variants and timed facts as rows, and back. */

import {
  type FormerDescription,
  formerDescriptionsKept,
  isDescribedAnew,
  type Product,
  type TimedFact,
  type Variant,
} from '../../data/catalogue.ts';
import type { FactSpan } from '../../data/catalogue-store.ts';
import { noteChange } from './catalogue-changes.ts';
import type { ShopDatabase, SqlRow, SqlValue } from './database.ts';
import { keepReplaced } from './replaced-rows.ts';
import { factCodes } from './schema.ts';

const productColumns =
  'product_id, title, description, categories, brand, attributes, images, language, hidden, created_time';

/**
 * Inside a transaction; a product that is known is replaced, with its variants.
 *
 * @param now - until when its description held where this one is another, milliseconds since 1970
 * @param batch - the import that writes it; 0 for none
 * @param noted - false where the change is told of as one of very many
 */
export function writeProduct(database: ShopDatabase, product: Product, now: number, batch = 0, noted = true): void {
  keepDescription(database, product, now);
  if (batch > 0) {
    const before = readProduct(database, product.productId);
    if (before) {
      const rowBatch = database.get('SELECT batch FROM products WHERE product_id = ?', product.productId)![0] as number;
      keepReplaced(database, batch, { kind: 'product', key: product.productId, row: before, rowBatch });
    }
  }
  insertProduct(database, product, batch, noted);
}

/** Inside a transaction: the product as it stood before an import that is taken back. */
export function restoreProduct(database: ShopDatabase, product: Product, batch: number): void {
  // It is no former description any more.
  dropFormer(database, product);
  insertProduct(database, product, batch, true);
}

/** Inside a transaction: a description of an import that is taken back, which another one followed; it never held. */
export function neverDescribed(database: ShopDatabase, product: Product): void {
  const until = dropFormer(database, product);
  if (until === undefined) return;
  database.run(
    `UPDATE former_descriptions SET until = ?2 WHERE product_id = ?1 AND until = (
       SELECT max(until) FROM former_descriptions WHERE product_id = ?1 AND until < ?2)`,
    ...[product.productId, until],
  );
}

/** @returns until when it held; nothing where it is none */
function dropFormer(database: ShopDatabase, product: Product): number | undefined {
  const former = database
    .all(
      'SELECT product_id, until, categories, brand, attributes FROM former_descriptions WHERE product_id = ? ORDER BY until DESC',
      product.productId,
    )
    .map(formerOf)
    .find((one) => !isDescribedAnew(one, product));
  if (!former) return undefined;
  database.run('DELETE FROM former_descriptions WHERE product_id = ? AND until = ?', former.productId, former.until);
  return former.until;
}

function insertProduct(database: ShopDatabase, product: Product, batch: number, noted: boolean): void {
  if (noted) noteProduct(database, product);
  database.run(
    `INSERT OR REPLACE INTO products (${productColumns}, batch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    product.productId,
    product.title,
    product.description ?? null,
    JSON.stringify(product.categories),
    product.brand ?? null,
    JSON.stringify(product.attributes),
    JSON.stringify(product.images),
    product.language ?? null,
    product.hidden === undefined ? null : Number(product.hidden),
    product.createdTime ?? null,
    batch,
  );
  database.run('DELETE FROM variants WHERE product_id = ?', product.productId);
  for (const [place, variant] of product.variants.entries())
    database.run(
      'INSERT OR REPLACE INTO variants (variant_id, product_id, place_in_product, options, gtin) VALUES (?, ?, ?, ?, ?)',
      variant.variantId,
      product.productId,
      place,
      JSON.stringify(variant.options),
      variant.gtin ?? null,
    );
}

/** With those that lose a variant to it. */
function noteProduct(database: ShopDatabase, { productId, variants }: Product): void {
  noteChange(database, 'product', productId);
  for (const { variantId } of variants) {
    const owner = database.get('SELECT product_id FROM variants WHERE variant_id = ?', variantId)?.[0];
    if (owner !== undefined && owner !== productId) noteChange(database, 'product', owner as string);
  }
}

function keepDescription(database: ShopDatabase, product: Product, now: number): void {
  const { productId } = product;
  const row = database.get('SELECT categories, brand, attributes FROM products WHERE product_id = ?', productId);
  if (!row) return;
  const before = formerOf([productId, now, ...row]);
  if (!isDescribedAnew(before, product)) return;
  const last = database.get('SELECT max(until) FROM former_descriptions WHERE product_id = ?', productId)![0];
  // Of several in one moment the first stands: it is the one that held before.
  database.run(
    'INSERT OR IGNORE INTO former_descriptions (product_id, until, categories, brand, attributes) VALUES (?, ?, ?, ?, ?)',
    productId,
    Math.max(now, (last ?? now) as number),
    ...row,
  );
  database.run(
    `DELETE FROM former_descriptions WHERE product_id = ?1 AND until <= (SELECT until FROM former_descriptions
      WHERE product_id = ?1 ORDER BY until DESC LIMIT 1 OFFSET ${formerDescriptionsKept})`,
    productId,
  );
}

/** Those after the description of `after` and its time, by product, the oldest first. */
export function readFormerDescriptions(
  database: ShopDatabase,
  after: { readonly productId: string; readonly until: number } | undefined,
  limit: number,
): FormerDescription[] {
  return database
    .all(
      `SELECT product_id, until, categories, brand, attributes FROM former_descriptions
       WHERE (product_id, until) > (?, ?) ORDER BY product_id, until LIMIT ?`,
      after?.productId ?? '',
      after?.until ?? -Number.MAX_SAFE_INTEGER,
      limit,
    )
    .map(formerOf);
}

function formerOf([productId, until, categories, brand, attributes]: SqlRow): FormerDescription {
  return {
    productId: productId as string,
    until: until as number,
    categories: JSON.parse(categories as string) as string[][],
    attributes: JSON.parse(attributes as string) as Record<string, string>,
    ...(brand !== null && { brand: brand as string }),
  };
}

export function readProduct(database: ShopDatabase, productId: string): Product | undefined {
  const row = database.get(`SELECT ${productColumns} FROM products WHERE product_id = ?`, productId);
  return row && productOf(row, variantsOf(database, productId));
}

/** Products after `after` in the order of their ids. */
export function readProducts(database: ShopDatabase, after: string, limit: number): Product[] {
  const rows = database.all(
    `SELECT ${productColumns} FROM products WHERE product_id > ? ORDER BY product_id LIMIT ?`,
    ...[after, limit],
  );
  if (rows.length === 0) return [];
  const variants = new Map<string, Variant[]>();
  const last = rows.at(-1)![0] as string;
  for (const [productId, ...row] of database.all(
    `SELECT product_id, variant_id, options, gtin FROM variants WHERE product_id > ? AND product_id <= ?
     ORDER BY product_id, place_in_product`,
    ...[after, last],
  )) {
    const known = variants.get(productId as string) ?? [];
    known.push(variantOf(row));
    variants.set(productId as string, known);
  }
  return rows.map((row) => productOf(row, variants.get(row[0] as string) ?? []));
}

function variantsOf(database: ShopDatabase, productId: string): Variant[] {
  return database
    .all('SELECT variant_id, options, gtin FROM variants WHERE product_id = ? ORDER BY place_in_product', productId)
    .map(variantOf);
}

function variantOf([variantId, options, gtin]: SqlRow): Variant {
  return {
    variantId: variantId as string,
    options: JSON.parse(options as string) as Record<string, string>,
    ...(gtin !== null && { gtin: gtin as string }),
  };
}

function productOf(row: SqlRow, variants: readonly Variant[]): Product {
  const [productId, title, description, categories, brand, attributes, images, language, hidden, createdTime] = row;
  return {
    productId: productId as string,
    title: title as string,
    categories: JSON.parse(categories as string) as string[][],
    attributes: JSON.parse(attributes as string) as Record<string, string>,
    images: JSON.parse(images as string) as string[],
    variants,
    ...(description !== null && { description: description as string }),
    ...(brand !== null && { brand: brand as string }),
    ...(language !== null && { language: language as string }),
    ...(hidden !== null && { hidden: hidden === 1 }),
    ...(createdTime !== null && { createdTime: createdTime as number }),
  };
}

/** Inside a transaction: the product with its variants and former descriptions. */
export function deleteProduct(database: ShopDatabase, productId: string): void {
  noteChange(database, 'product', productId);
  for (const table of ['products', 'variants', 'former_descriptions'])
    database.run(`DELETE FROM ${table} WHERE product_id = ?`, productId);
}

/** Key of a fact in `replaced`. */
export function factKey({ fact, variantId, place, from }: TimedFact): string {
  return JSON.stringify([factCodes[fact], variantId, place, from]);
}

/**
 * Inside a transaction; a fact of the same kind, variant, place and time is replaced.
 *
 * @param batch - the import that writes it; 0 for none
 */
export function writeFact(database: ShopDatabase, fact: TimedFact, batch = 0, noted = true): void {
  if (batch > 0) {
    const before = database.get(
      `SELECT fact, variant_id, place, since, price_minor, currency, list_price_minor, units_on_hand, promotion_id, discount,
         batch FROM facts WHERE fact = ? AND variant_id = ? AND place = ? AND since = ?`,
      ...[factCodes[fact.fact], fact.variantId, fact.place, fact.from],
    );
    if (before)
      keepReplaced(database, batch, {
        ...{ kind: 'fact', key: factKey(fact), row: factOfRow(before), rowBatch: before[10] as number },
      });
  }
  insertFact(database, fact, batch, noted);
}

/** Inside a transaction. */
export function insertFact(database: ShopDatabase, fact: TimedFact, batch: number, noted = true): void {
  if (noted) noteChange(database, 'facts', fact.variantId);
  const values: SqlValue[] =
    fact.fact === 'price'
      ? [fact.priceMinor, fact.currency, fact.listPriceMinor ?? null, null, null, null]
      : fact.fact === 'stock'
        ? [null, null, null, fact.unitsOnHand, null, null]
        : [null, null, null, null, fact.promotionId, fact.discount];
  database.run(
    `INSERT OR REPLACE INTO facts
     (fact, variant_id, place, since, price_minor, currency, list_price_minor, units_on_hand, promotion_id, discount, batch)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    factCodes[fact.fact],
    fact.variantId,
    fact.place,
    fact.from,
    ...values,
    batch,
  );
}

/** Condition on `facts f`, with the bounds of a span. */
const ofSpan = `since < ? AND NOT EXISTS (SELECT 1 FROM facts n WHERE n.fact = f.fact AND n.variant_id = f.variant_id
  AND n.place = f.place AND n.since > f.since AND n.since <= ?)`;
const boundsOf = ({ since = Number.MIN_SAFE_INTEGER, until = Number.MAX_SAFE_INTEGER }: FactSpan): [number, number] => [
  until,
  since,
];

export function readFacts(database: ShopDatabase, time: number): TimedFact[] {
  // With max() the other columns come from the row that has the maximum (SQLite, "bare columns").
  const rows = database.all(
    `SELECT fact, variant_id, place, max(since), price_minor, currency, list_price_minor, units_on_hand, promotion_id, discount
     FROM facts WHERE since <= ? GROUP BY fact, variant_id, place`,
    time,
  );
  return rows.map(factOfRow);
}

/** The facts of a variant in a span, of one kind and place the oldest first. */
export function readFactsOfVariant(database: ShopDatabase, span: FactSpan, variantId: string): TimedFact[] {
  const rows = database.all(
    `SELECT fact, variant_id, place, since, price_minor, currency, list_price_minor, units_on_hand, promotion_id, discount
     FROM facts f WHERE fact IN (${Object.values(factCodes).join(', ')}) AND variant_id = ? AND ${ofSpan}
     ORDER BY fact, place, since`,
    ...[variantId, ...boundsOf(span)],
  );
  return rows.map(factOfRow);
}

/** A page of the facts of a span in the order of their primary key, after the last of the page before. */
export function readFactsAfter(
  database: ShopDatabase,
  span: FactSpan,
  last: TimedFact | undefined,
  limit: number,
): TimedFact[] {
  const key = last ? [factCodes[last.fact], last.variantId, last.place, last.from] : [-1, '', '', 0];
  const rows = database.all(
    `SELECT fact, variant_id, place, since, price_minor, currency, list_price_minor, units_on_hand, promotion_id, discount
     FROM facts f WHERE (fact, variant_id, place, since) > (?, ?, ?, ?) AND ${ofSpan}
     ORDER BY fact, variant_id, place, since LIMIT ?`,
    ...[...key, ...boundsOf(span), limit],
  );
  return rows.map(factOfRow);
}

/** Facts that an import wrote and that stand. */
export function readFactsOf(database: ShopDatabase, batch: number): TimedFact[] {
  return database
    .all(
      `SELECT fact, variant_id, place, since, price_minor, currency, list_price_minor, units_on_hand, promotion_id, discount
       FROM facts WHERE batch = ?`,
      batch,
    )
    .map(factOfRow);
}

function factOfRow(row: SqlRow): TimedFact {
  const [fact, variantId, place, from, priceMinor, currency, listPrice, units, promotionId, discount] = row;
  const base = { variantId: variantId as string, place: place as string, from: from as number };
  if (fact === factCodes.price)
    return {
      ...base,
      fact: 'price',
      priceMinor: priceMinor as number,
      currency: currency as string,
      ...(listPrice !== null && { listPriceMinor: listPrice as number }),
    };
  if (fact === factCodes.stock) return { ...base, fact: 'stock', unitsOnHand: units as number };
  return { ...base, fact: 'promotion', promotionId: promotionId as string, discount: discount as number };
}
