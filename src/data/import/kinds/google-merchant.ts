/**
 * Google Merchant Center feeds, as RSS or Atom XML or as tab-separated text: `item_group_id` names the product and `id`
 * the variant; price, sale price and availability become timed facts. A feed rarely counts its stock: what is in stock is
 * taken as one unit unless it says how many, what is not as none.
 *
 * @source Google Merchant Center Help, Product data specification
 */
import { minorDigits, unknownCurrency } from '../../../core/money.ts';
import { everywhere } from '../../catalogue.ts';
import type { RawRow } from '../readers/raw-row.ts';
import { headerError, type ImportKind, namesOf, type RowMapper, type RowSink, type SourceShape } from './kind.ts';
import { columnOf, plainName } from './names.ts';
import { parseNumber, parsePrice } from './parse-amount.ts';
import { timeParser } from './parse-time.ts';
import { isTree } from './tree.ts';

type Read = (row: RawRow, name: string) => readonly string[];

const optionNames = ['color', 'size', 'material', 'pattern', 'gender', 'age_group', 'size_system', 'size_type'];
const attributeNames = ['condition', 'mpn', 'adult', 'google_product_category', 'link', 'energy_efficiency_class'];
const toIso = timeParser('iso');

export const googleMerchant: ImportKind = {
  name: 'google-merchant',
  summary: 'Google Merchant Center feed (RSS or Atom XML, or TSV) with id, title, price, availability, item_group_id',

  recognises(source) {
    if (source.format === 'xml') return true;
    const has = (name: string): boolean => columnOf(source.columns ?? [], name) >= 0;
    return (
      has('id') && has('title') && has('price') && (has('availability') || has('item_group_id') || has('image_link'))
    );
  },

  open(source, options): RowMapper {
    const names = namesOf(source);
    const missing = ['id', 'title'].filter((name) => columnOf(names, name) < 0);
    if (missing.length > 0) throw headerError(source, 'google-merchant', missing);
    const read = reader(source);
    return {
      fields: [],
      notes: [`${source.name}: prices and availability hold from the import on, sale prices in their effective dates`],
      map(row, sink) {
        const one = (name: string): string => read(row, name)[0]?.trim() ?? '';
        const id = one('id');
        if (id === '') return 'id: expected an id, got nothing';
        const currency = options.currency ?? unknownCurrency;
        const problem = priceFacts(id, one, currency, options.now, sink);
        if (problem) return problem;
        stockFact(id, one, options.now, sink);
        const pick = (wanted: readonly string[]): Record<string, string> =>
          Object.fromEntries(wanted.map((name) => [name, one(name)]).filter(([, value]) => value !== ''));
        const language = one('content_language');
        const gtin = one('gtin');
        sink.product({
          productId: one('item_group_id') || id,
          variantId: id,
          title: one('title'),
          description: one('description'),
          brand: one('brand'),
          categories: read(row, 'product_type').map((path) => path.split(/\s*>\s*/)),
          images: [
            ...read(row, 'image_link'),
            ...read(row, 'additional_image_link').flatMap((links) => links.split(',')),
          ],
          attributes: pick(attributeNames),
          options: pick(optionNames),
          ...(language && { language }),
          ...(gtin && { gtin }),
        });
        return '';
      },
    };
  },
};

function reader(source: SourceShape): Read {
  if (!source.columns) {
    return ({ value }, name) => {
      const found = isTree(value) ? value[name] : undefined;
      return Array.isArray(found) ? found.map(String) : found === undefined ? [] : [String(found)];
    };
  }
  const at = new Map(source.columns.map((column, i) => [plainName(column), i]));
  return ({ fields }, name) => {
    const text = fields[at.get(plainName(name)) ?? -1] ?? '';
    return text === '' ? [] : [text];
  };
}

function priceFacts(
  variantId: string,
  one: (name: string) => string,
  fallback: string,
  now: number,
  sink: RowSink,
): string {
  const text = one('price');
  if (text === '') return '';
  const price = parsePrice(text);
  if (Number.isNaN(price.amount) || price.amount < 0) return `price: expected a price, got "${text}"`;
  const currency = price.currency || fallback;
  const minor = (amount: number): number => Math.round(amount * 10 ** minorDigits(currency));
  const base = { fact: 'price', variantId, place: everywhere, currency } as const;
  const sale = parsePrice(one('sale_price'));
  if (!(sale.amount >= 0)) {
    sink.fact({ ...base, from: now, priceMinor: minor(price.amount) });
    return '';
  }
  const [start = Number.NaN, end = Number.NaN] = one('sale_price_effective_date').split('/').map(toIso);
  const reduced = { ...base, priceMinor: minor(sale.amount), listPriceMinor: minor(price.amount) };
  if (start > now) sink.fact({ ...base, from: now, priceMinor: minor(price.amount) });
  if (!(end <= now)) sink.fact({ ...reduced, from: Number.isNaN(start) ? now : start });
  if (!Number.isNaN(end)) sink.fact({ ...base, from: Math.max(end, now), priceMinor: minor(price.amount) });
  return '';
}

function stockFact(variantId: string, one: (name: string) => string, now: number, sink: RowSink): void {
  const availability = plainName(one('availability'));
  const counted = parseNumber(one('sell_on_google_quantity') || one('quantity'));
  if (availability === '' && Number.isNaN(counted)) return;
  const inStock = availability === 'instock' || availability === '';
  const unitsOnHand = inStock ? (Number.isNaN(counted) ? 1 : counted) : 0;
  sink.fact({ fact: 'stock', variantId, place: everywhere, from: now, unitsOnHand });
}
