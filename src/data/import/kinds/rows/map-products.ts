/** Rows of the catalogue, and lists of prices and stock: products, variants and timed facts. */
import { minorDigits, unknownCurrency } from '../../../../core/money.ts';
import { everywhere } from '../../../catalogue.ts';
import type { RowSink } from '../kind.ts';
import { type Price, parseNumber, parsePrice } from '../parse-amount.ts';
import { categoryPaths, listOf } from '../parse-list.ts';
import { isNotOffered, isYes } from '../words.ts';
import type { Cell, Cursor } from './cells.ts';
import { said, saidText } from './cells.ts';
import type { MapContext, RoleRows } from './map-context.ts';

export function productRows(context: MapContext): RoleRows {
  const { reading, get } = context;
  const { role, separators = {}, levels, listIsPath } = reading;
  const entries = (of: Readonly<Record<string, string>> | undefined): (readonly [string, Cell])[] =>
    Object.entries(of ?? {}).map(([name, column]) => [name, context.column(column)] as const);
  const attributes = [...entries(reading.attributes), ...entries(reading.named)];
  const options = entries(reading.options);
  const pairs = (reading.optionPairs ?? []).map(
    ([name, value]) => [context.column(name), context.column(value)] as const,
  );
  const variantCells = reading.variantIf?.map((column) => context.column(column));
  const describing = role === 'products';
  const others = (reading.otherIds ?? []).map((column) => [column.includes('[]'), context.column(column)] as const);
  const variations = reading.variationList === undefined ? undefined : context.column(reading.variationList);
  const pairList = reading.attributeList === undefined ? undefined : context.column(reading.attributeList);

  const optionsOf = (cursor: Cursor): Record<string, string> => {
    const found = filled(options, cursor);
    for (const [name, value] of pairs) {
      const [what, which] = [said(name(cursor)), said(value(cursor))];
      // A product without options has one called by its default.
      if (what !== '' && which !== '' && which !== 'Default Title') found[what] = which;
    }
    return found;
  };

  const one = (cursor: Cursor, sink: RowSink): string => {
    const own = context.id('productId', cursor);
    const parent = parentOf(context.id('parentId', cursor));
    const productId = parent || own;
    if (productId === '') return 'productId: expected an id, got nothing';
    const isVariant = !variantCells || variantCells.some((cell) => said(cell(cursor)) !== '');
    const chosen = isVariant ? optionsOf(cursor) : {};
    const named = context.id('variantId', cursor);
    const suffix = Object.values(chosen).join(' / ');
    const variantId =
      (named === '0' ? '' : named) ||
      (parent !== '' ? own : '') ||
      (suffix && pairs.length > 0 ? `${productId}/${suffix}` : productId);
    if (isVariant) {
      const problem = facts(context, cursor, variantId, sink);
      if (problem) return problem;
    }
    // A list of prices or stock says nothing of the product itself.
    if (!describing) return '';
    for (const [ofVariant, cell] of others) {
      const id = said(cell(cursor));
      if (id === '' || id === productId || id === variantId) continue;
      sink.otherId({ id, productId, ...((ofVariant || parent !== '') && { variantId }) });
    }
    for (const { sku = '', ...chosen } of pairsIn(variations?.(cursor) ?? '', '|'))
      if (sku !== '') sink.variation(productId, sku, chosen);
    const language = get('language', cursor);
    const gtin = listOf(get('gtin', cursor))[0];
    const tags = listOf(get('tags', cursor), separators.tags ?? ',');
    // What a row of a variation is called is the variation's name.
    const ofProduct = parent === '';
    sink.product({
      productId,
      attributes: {
        ...(ofProduct && { ...pairsIn(pairList?.(cursor) ?? '')[0], ...filled(attributes, cursor) }),
        ...(ofProduct && tags.length > 0 && { tags: tags.join(', ') }),
      },
      images: listOf(get('image', cursor), separators.image),
      ...(isVariant && { variantId, options: chosen, ...(gtin && { gtin }) }),
      ...(ofProduct && {
        title: saidText(get('title', cursor)),
        description: listOf(saidText(get('description', cursor))).join('\n'),
        brand: get('brand', cursor),
        categories: categoryPaths(get('category', cursor), separators.category, levels, listIsPath),
        hidden: isHidden(context, cursor),
        ...(language && { language }),
      }),
    });
    return '';
  };

  /** True where any column says that the product is not offered. */
  function isHidden({ column }: MapContext, cursor: Cursor): boolean {
    const says = (field: 'shown' | 'status' | 'hidden', word: (text: string) => boolean): boolean =>
      (reading.columns[field] ?? []).some((name) => word(column(name)(cursor)));
    const own = reading.hiddenIf?.[1].test(column(reading.hiddenIf[0])(cursor));
    return own || says('shown', isNotOffered) || says('status', isNotOffered) || says('hidden', isYes);
  }

  return { fields: [], one };
}

/** `id:44` is the way in which WooCommerce names a parent without a code of its own. */
function parentOf(parent: string): string {
  return parent.startsWith('id:') ? parent.slice(3) : parent;
}

/** @example pairsIn('sku=A-S,size=S|sku=A-M,size=M', '|') // [{sku: 'A-S', size: 'S'}, {sku: 'A-M', size: 'M'}] */
function pairsIn(text: string, between?: string): Record<string, string>[] {
  if (text === '') return [];
  const parts = between === undefined ? [text] : text.split(between);
  return parts.map((part) =>
    Object.fromEntries(
      // A comma inside a value is followed by no name.
      part.split(/,(?=[^,=]+=)/).flatMap((pair) => {
        const at = pair.indexOf('=');
        return at > 0 && at < pair.length - 1 ? [[pair.slice(0, at).trim(), pair.slice(at + 1).trim()]] : [];
      }),
    ),
  );
}

function filled(cells: readonly (readonly [string, Cell])[], cursor: Cursor): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, cell] of cells) {
    const text = said(cell(cursor));
    if (text !== '' && text !== '[]' && text !== '{}' && text !== 'Default Title') found[name] = text;
  }
  return found;
}

/** Price, stock and promotion of a variant. @returns why the row cannot be read; '' where it can */
function facts(context: MapContext, cursor: Cursor, variantId: string, sink: RowSink): string {
  const { get, options, reading } = context;
  const timeText = get('time', cursor);
  const from = timeText === '' ? options.now : context.toTime(timeText);
  if (Number.isNaN(from)) return `time: expected a time, got "${timeText}"`;
  const place = get('place', cursor) || everywhere;
  const ofRow = get('currency', cursor).toUpperCase();
  const declared = ofRow || options.currency || reading.currency || '';
  const amountOf = (text: string): Price => {
    const found = parsePrice(text, declared, ofRow !== '');
    // A price that is none costs the price and not the product.
    if (Number.isNaN(found.amount) && text !== '') context.count(`price:${text.slice(0, 40)}`);
    return found;
  };
  const minorText = get('priceMinor', cursor);
  const usual = amountOf(get('price', cursor) || get('listPrice', cursor));
  const sale = amountOf(get('salePrice', cursor));
  const price = sale.amount >= 0 ? sale : usual;
  if (price.doubt) return `price: ${price.doubt}`;
  const currency = price.currency || declared || unknownCurrency;
  const scale = 10 ** minorDigits(currency);
  const priceMinor = minorText === '' ? Math.round(price.amount * scale) : parseNumber(minorText);
  if (Number.isNaN(priceMinor) && minorText !== '') return `priceMinor: expected a number, got "${minorText}"`;
  if (priceMinor < 0) return `price: expected a price from 0 on, got ${priceMinor}`;
  if (priceMinor >= 0) {
    const list = sale.amount >= 0 ? usual.amount : amountOf(get('listPrice', cursor)).amount;
    const listPriceMinor = Math.round(list * scale);
    sink.fact({
      ...{ fact: 'price', variantId, place, from, priceMinor, currency },
      ...(listPriceMinor > priceMinor && { listPriceMinor }),
    });
  }
  const stockText = get('stock', cursor);
  const stock = stockOf(stockText);
  if (stockText !== '' && Number.isNaN(stock)) return `stock: expected a number, got "${stockText}"`;
  // Less than nothing on hand is oversold: not available.
  if (!Number.isNaN(stock)) sink.fact({ fact: 'stock', variantId, place, from, unitsOnHand: stock });
  if (context.has('promotionId')) {
    const share = parseNumber(get('discount', cursor).replace('%', ''));
    const discount = Number.isNaN(share) ? 0 : share > 1 ? share / 100 : share;
    sink.fact({ fact: 'promotion', variantId, place, from, promotionId: get('promotionId', cursor), discount });
  }
  return '';
}

/** A count, or a word: in stock is one at least. */
function stockOf(text: string): number {
  if (/^(in_?\s?stock|true|instock|available|yes)$/i.test(text)) return 1;
  if (/^(out_?\s?of_?\s?stock|false|outofstock|unavailable|no|sold_?\s?out)$/i.test(text)) return 0;
  return parseNumber(text);
}
