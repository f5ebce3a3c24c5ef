/**
 * Any table or JSON lines: fields are found by usual column names or mapped by the caller. What a row is
 * follows from the fields that are there: with a shopper it is an event, else with a title or text it is a product, and
 * with a price, stock or promotion a fact; a shopper with no product or event is a profile. Columns that no field claims
 * become attributes of the product or the profile.
 */
import { ShelfwiseError } from '../../../core/errors.ts';
import { minorDigits, unknownCurrency } from '../../../core/money.ts';
import { everywhere } from '../../catalogue.ts';
import type { RawRow } from '../readers/raw-row.ts';
import { eventKindOf } from './event-names.ts';
import {
  type EventDraft,
  type EventField,
  headerError,
  type ImportKind,
  type KindOptions,
  namesOf,
  plainName,
  type RowMapper,
  type RowSink,
  type SourceShape,
} from './kind.ts';
import { parseNumber, parsePrice } from './parse-amount.ts';
import { detectTimeFormat, timeParser } from './parse-time.ts';

/** Fields that a column may be mapped to, with the column names they are found by. */
export const genericFields = {
  eventId: ['event_id', 'message_id'],
  kind: ['event', 'event_name', 'event_type', 'action', 'behavior', 'behavior_type', 'behaviour', 'kind', 'type'],
  time: [
    'time',
    'timestamp',
    'event_time',
    'datetime',
    'date',
    'created_at',
    'order_date',
    'purchase_date',
    'transaction_timestamp',
    'unix_time',
    'ts',
  ],
  userId: ['user_id', 'user', 'customer_id', 'customer', 'member_id', 'buyer_id', 'client_id', 'household_id', 'uid'],
  visitorId: ['visitor_id', 'visitor', 'anonymous_id', 'cookie_id', 'device_id'],
  sessionId: ['session_id', 'session', 'visit_id', 'order_id', 'invoice', 'invoice_no', 'basket_id', 'transaction_id'],
  productId: [
    'product_id',
    'item_id',
    'product',
    'item',
    'article_id',
    'stock_code',
    'parent_asin',
    'asin',
    'pid',
    'sku',
  ],
  variantId: ['variant_id', 'variant', 'sku_id'],
  quantity: ['quantity', 'qty', 'units', 'count'],
  price: ['price', 'unit_price', 'sales_price', 'amount'],
  priceMinor: ['price_minor', 'price_cents'],
  currency: ['currency', 'currency_code'],
  device: ['device', 'device_type', 'platform'],
  place: ['place', 'country', 'region', 'store', 'store_id', 'warehouse', 'location', 'city'],
  referrer: ['referrer', 'referer', 'utm_source', 'source'],
  text: ['text', 'query', 'search_term', 'review', 'review_text', 'comment'],
  value: ['value', 'rating', 'stars', 'score'],
  recommendationId: ['recommendation_id'],
  position: ['position', 'rank'],
  title: ['title', 'name', 'product_name', 'item_name', 'product_title'],
  description: ['description', 'product_description', 'body'],
  category: ['category', 'categories', 'category_path', 'product_type', 'category_id', 'category_code'],
  brand: ['brand', 'manufacturer', 'vendor'],
  image: ['image', 'image_url', 'images', 'image_link'],
  language: ['language', 'lang'],
  gtin: ['gtin', 'ean', 'upc', 'barcode'],
  listPrice: ['list_price', 'compare_at_price', 'msrp', 'rrp'],
  stock: ['stock', 'units_on_hand', 'inventory', 'inventory_quantity', 'on_hand', 'stock_quantity'],
  promotionId: ['promotion_id', 'promotion', 'campaign_id'],
  discount: ['discount', 'discount_rate'],
} as const;
type Field = keyof typeof genericFields;

const eventTexts = [
  'eventId',
  'userId',
  'visitorId',
  'sessionId',
  'productId',
  'variantId',
  'currency',
  'device',
  'place',
  'referrer',
  'text',
  'recommendationId',
  'title',
] as const satisfies readonly (EventField & Field)[];
const eventNumbers = ['quantity', 'value', 'position'] as const satisfies readonly (EventField & Field)[];

export const generic: ImportKind = {
  name: 'generic',
  summary: 'any table or JSON lines; fields by usual column names or as mapped',

  recognises(source) {
    if (source.format === 'xml') return false;
    return roleOf(new Set(Object.keys(fieldColumns(source, {})) as Field[])) !== undefined;
  },

  open(source, options): RowMapper {
    const columns = fieldColumns(source, options.map);
    const present = new Set(Object.keys(columns) as Field[]);
    const role = roleOf(present);
    if (!role) {
      const missing = present.has('productId')
        ? ['userId (or visitorId, sessionId)', 'title', 'price', 'stock']
        : ['productId', 'userId'];
      throw headerError(source, 'generic', missing);
    }
    const extra = extraFields(source, options.map, role, new Set(Object.values(columns)));
    const get = (field: Field): ((row: RawRow) => string) =>
      columns[field] ? cellOf(source, columns[field]) : () => '';
    const getters = Object.fromEntries(
      Object.keys(genericFields).map((field) => [field, get(field as Field)]),
    ) as Record<Field, (row: RawRow) => string>;
    const sampled = present.has('time') ? source.sample.map(getters.time).filter((text) => text !== '') : [];
    const time = options.timeFormat ? { format: options.timeFormat, sure: true } : detectTimeFormat(sampled);
    const toTime = timeParser(time.format, options.utcOffsetMinutes);
    const shared = {
      source,
      options,
      present,
      getters,
      toTime,
      extra: extra.map((e) => ({ ...e, get: cellOf(source, e.column) })),
    };
    const mapped = Object.entries(columns).map(([field, column]) => (field === column ? field : `${field}=${column}`));
    const notes = [`${source.name}: read as ${role} with ${mapped.join(', ')}`];
    for (const name of namesOf(source)) {
      const first = /^(.+) \(\d+\)$/.exec(name)?.[1];
      if (first !== undefined && namesOf(source).includes(first))
        notes.push(`${source.name}: two columns are called ${first}; the later one is ${name}`);
    }
    if (present.has('time'))
      notes.push(
        `${source.name}: times read as ${time.format}${time.sure ? '' : ' (day and month may be swapped: set `timeFormat` to dmy)'}`,
      );
    if (role === 'events') return { ...eventMapper(shared), notes };
    return { fields: [], notes, map: role === 'users' ? profileMapper(shared) : catalogueMapper(shared) };
  },
};

const describing: readonly Field[] = ['title', 'description', 'category', 'brand', 'image'];

interface Shared {
  readonly source: SourceShape;
  readonly options: KindOptions;
  readonly present: ReadonlySet<Field>;
  readonly getters: Record<Field, (row: RawRow) => string>;
  readonly toTime: (text: string) => number;
  readonly extra: readonly { readonly group: string; readonly name: string; get(row: RawRow): string }[];
}

function roleOf(present: ReadonlySet<Field>): 'events' | 'catalogue' | 'users' | undefined {
  if (present.has('userId') && !present.has('productId') && !present.has('kind')) return 'users';
  const shopper = present.has('userId') || present.has('visitorId') || present.has('sessionId');
  if (shopper && (present.has('productId') || (present.has('kind') && present.has('text')))) return 'events';
  if (!present.has('productId') || shopper) return undefined;
  const told: readonly Field[] = [
    'title',
    'description',
    'category',
    'brand',
    'image',
    'price',
    'priceMinor',
    'stock',
    'promotionId',
  ];
  return told.some((field) => present.has(field)) ? 'catalogue' : undefined;
}

/** Field to column: as mapped, else by the usual names. @throws where the map names a column that is not there */
function fieldColumns(source: SourceShape, map: Readonly<Record<string, string>>): Partial<Record<Field, string>> {
  const names = namesOf(source);
  const found: Partial<Record<Field, string>> = {};
  const taken = new Set<string>();
  for (const [field, column] of Object.entries(map)) {
    if (source.columns && !names.includes(column))
      throw new ShelfwiseError(
        'SW_INPUT_FORMAT',
        `${source.name}: \`map.${field}\`: expected the column "${column}", got ${names.join(', ')}.`,
        'Name one of these columns.',
      );
    if (/^(user|attribute|option)\./.test(field)) continue;
    if (!Object.hasOwn(genericFields, field))
      throw new ShelfwiseError(
        'SW_USAGE',
        `\`map.${field}\`: expected a field, got "${field}" for the column "${column}".`,
        `The fields are ${Object.keys(genericFields).join(', ')}, user.NAME, attribute.NAME and option.NAME.`,
      );
    found[field as Field] = column;
    taken.add(column);
  }
  for (const [field, aliases] of Object.entries(genericFields) as [Field, readonly string[]][]) {
    if (found[field]) continue;
    // In the order of the aliases: the first is the surest.
    for (const plain of [field, ...aliases].map(plainName)) {
      const column = names.find((name) => !taken.has(name) && plainName(name) === plain);
      if (column === undefined) continue;
      found[field] = column;
      taken.add(column);
      break;
    }
  }
  // A bare `id` is a product's only beside a title: in a table of events it numbers the rows.
  const id = names.find((name) => plainName(name) === 'id' && !taken.has(name));
  const shopper = found.userId ?? found.visitorId ?? found.sessionId;
  if (!found.productId && found.title && !shopper && id !== undefined) found.productId = id;
  return found;
}

function extraFields(
  source: SourceShape,
  map: Readonly<Record<string, string>>,
  role: 'events' | 'catalogue' | 'users',
  taken: ReadonlySet<string>,
): { group: string; name: string; column: string }[] {
  const extra = Object.entries(map).flatMap(([field, column]) => {
    const match = /^(user|attribute|option)\.(.+)$/.exec(field);
    return match ? [{ group: match[1]!, name: match[2]!, column }] : [];
  });
  for (const column of namesOf(source)) {
    const match = /^(user|attribute|option)\.(.+)$/.exec(column);
    if (taken.has(column) || extra.some((e) => e.column === column)) continue;
    if (match) extra.push({ group: match[1]!, name: match[2]!, column });
    // Columns that no field claims describe the product or the shopper.
    else if (role !== 'events') extra.push({ group: role === 'users' ? 'user' : 'attribute', name: column, column });
  }
  return extra;
}

const spreadsheetErrors: ReadonlySet<string> = new Set([
  '#N/A',
  '#REF!',
  '#VALUE!',
  '#DIV/0!',
  '#NAME?',
  '#NULL!',
  '#NUM!',
  '#SPILL!',
  '#CALC!',
  '#GETTING_DATA',
]);

/** A cell whose formula failed holds nothing: `#N/A` is no customer. */
function withoutError(cell: string): string {
  return cell.charCodeAt(0) === 35 && spreadsheetErrors.has(cell.trim().toUpperCase()) ? '' : cell;
}

/** Reads a column, or a dotted path of a tree, as text. */
function cellOf(source: SourceShape, column: string): (row: RawRow) => string {
  if (source.columns) {
    const at = source.columns.indexOf(column);
    return (row) => withoutError(row.fields[at]!);
  }
  const path = column.split('.');
  return (row) => {
    let value: unknown = row.value;
    if (typeof value === 'object' && value !== null && column in value)
      value = (value as Record<string, unknown>)[column];
    else for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name];
    if (value === null || value === undefined) return '';
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  };
}

function eventMapper({ options, present, getters, toTime }: Shared): RowMapper {
  const texts = eventTexts.filter((field) => present.has(field));
  const numbers = eventNumbers.filter((field) => present.has(field));
  const priced = present.has('price') || present.has('priceMinor');
  const fallback =
    options.event ?? (present.has('value') ? 'rate' : present.has('quantity') || priced ? 'purchase' : 'view_item');
  const fields: EventField[] = [...texts, ...numbers];
  if (present.has('time')) fields.push('time');
  if (priced) fields.push('price');
  if (!fields.includes('currency')) fields.push('currency');
  const map = (row: RawRow, sink: RowSink): string => {
    let kind = fallback;
    if (present.has('kind')) {
      const name = getters.kind(row);
      const known = name === '' ? fallback : eventKindOf(name);
      if (!known) return `kind: expected an event name, got "${name}"`;
      kind = known;
    }
    const event = sink.begin(kind);
    for (const field of texts) event[field] = getters[field](row).trim();
    for (const field of numbers) {
      const text = getters[field](row);
      event[field] = parseNumber(text);
      if (Number.isNaN(event[field]) && text.trim() !== '') return `${field}: expected a number, got "${text}"`;
    }
    if (present.has('time')) {
      const text = getters.time(row);
      event.time = toTime(text);
      if (Number.isNaN(event.time) && text.trim() !== '') return `time: expected a time, got "${text}"`;
    }
    if (event.currency === '') event.currency = options.currency ?? '';
    const problem = priced ? readPrice(row, event, getters, options) : '';
    if (problem) return problem;
    if (event.productId === '' && kind !== 'search' && kind !== 'feedback')
      return 'productId: expected an id, got nothing';
    // Many exports write a return as a sale of a negative quantity.
    if (kind === 'purchase' && event.quantity < 0) event.kind = 'refund';
    if (event.kind === 'refund') event.quantity = Math.abs(event.quantity);
    sink.emit();
    return '';
  };
  return { fields, map };
}

function readPrice(row: RawRow, event: EventDraft, getters: Shared['getters'], options: KindOptions): string {
  const minor = getters.priceMinor(row);
  if (minor !== '') {
    const value = parseNumber(minor);
    if (Number.isNaN(value)) return `priceMinor: expected a number, got "${minor}"`;
    event.price = value / 10 ** minorDigits(event.currency || options.currency || unknownCurrency);
    return '';
  }
  const text = getters.price(row);
  if (text.trim() === '') return '';
  const { amount, currency } = parsePrice(text);
  if (Number.isNaN(amount)) return `price: expected a price, got "${text}"`;
  event.price = amount;
  if (currency) event.currency = currency;
  return '';
}

function catalogueMapper({ options, present, getters, toTime, extra }: Shared): RowMapper['map'] {
  return (row, sink) => {
    const productId = getters.productId(row).trim();
    if (productId === '') return 'productId: expected an id, got nothing';
    const variantId = getters.variantId(row).trim() || productId;
    const timeText = getters.time(row);
    const from = timeText === '' ? options.now : toTime(timeText);
    if (Number.isNaN(from)) return `time: expected a time, got "${timeText}"`;
    const place = getters.place(row).trim() || everywhere;
    const minorText = getters.priceMinor(row).trim();
    const price = parsePrice(getters.price(row));
    const currency = price.currency || getters.currency(row).trim() || options.currency || unknownCurrency;
    const scale = 10 ** minorDigits(currency);
    const priceMinor = minorText === '' ? Math.round(price.amount * scale) : parseNumber(minorText);
    if (Number.isNaN(priceMinor) && (minorText !== '' || getters.price(row).trim() !== ''))
      return `price: expected a price, got "${minorText || getters.price(row)}"`;
    const stockText = getters.stock(row).trim();
    const stock = parseNumber(stockText);
    if (stockText !== '' && Number.isNaN(stock)) return `stock: expected a number, got "${stockText}"`;
    if (priceMinor >= 0) {
      const list = Math.round(parsePrice(getters.listPrice(row)).amount * scale);
      sink.fact({
        fact: 'price',
        variantId,
        place,
        from,
        priceMinor,
        currency,
        ...(list > 0 && { listPriceMinor: list }),
      });
    }
    // Less than nothing on hand is oversold: not available.
    if (!Number.isNaN(stock)) sink.fact({ fact: 'stock', variantId, place, from, unitsOnHand: stock });
    if (present.has('promotionId')) {
      const share = parseNumber(getters.discount(row).replace('%', ''));
      const discount = Number.isNaN(share) ? 0 : share > 1 ? share / 100 : share;
      sink.fact({ fact: 'promotion', variantId, place, from, promotionId: getters.promotionId(row).trim(), discount });
    }
    const group = (name: string): Record<string, string> => {
      const values: Record<string, string> = {};
      for (const e of extra) if (e.group === name && e.get(row).trim() !== '') values[e.name] = e.get(row).trim();
      return values;
    };
    // A list of prices or stock says nothing of the product itself.
    if (!describing.some((field) => present.has(field))) return '';
    const text = (field: Field): string => getters[field](row).trim();
    const language = text('language');
    const gtin = listOf(text('gtin'))[0];
    sink.product({
      productId,
      variantId,
      title: text('title'),
      description: text('description'),
      brand: text('brand'),
      categories: categoryPaths(text('category')),
      images: listOf(text('image')),
      attributes: group('attribute'),
      options: group('option'),
      ...(language && { language }),
      ...(gtin && { gtin }),
    });
    return '';
  };
}

function profileMapper({ getters, extra }: Shared): RowMapper['map'] {
  return (row, sink) => {
    const userId = getters.userId(row).trim();
    if (userId === '') return 'userId: expected an id, got nothing';
    const attributes: Record<string, string> = {};
    for (const e of extra) if (e.group === 'user' && e.get(row).trim() !== '') attributes[e.name] = e.get(row).trim();
    sink.user({ userId, attributes });
    return '';
  };
}

/** @example categoryPaths('Home > Mugs | Gifts') // [['Home', 'Mugs'], ['Gifts']] */
export function categoryPaths(text: string): string[][] {
  const json = listOf(text);
  const paths = text.startsWith('[') && json.length > 0 ? [json] : text.split('|').map((path) => path.split(/[>/]/));
  return paths
    .map((path) => path.map((part) => part.trim()).filter((part) => part !== ''))
    .filter((path) => path.length > 0);
}

/** A JSON array of texts, or one text. */
function listOf(text: string): string[] {
  if (text === '') return [];
  if (text.startsWith('[')) {
    try {
      return (JSON.parse(text) as unknown[]).map(String);
    } catch {
      return [text];
    }
  }
  return [text];
}
