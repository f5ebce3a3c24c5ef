/**
 * Any table or JSON lines: fields are found by usual column names or mapped by the caller. What the rows are has to be
 * sure, by their columns or by the caller's word; else the file is refused with what it holds and what to type next.
 *
 * Events need a shopper, a product (or a search's words) and a time; a catalogue a product and something that describes
 * it, and nobody's name or address; prices a product with a price, stock or promotion; people an id and columns that
 * describe people. Columns that no field claims are attributes of the product or the person; of events nothing is made of them.
 */
import { ShelfwiseError } from '../../../core/errors.ts';
import { eventKindOf, ignoredEvents } from './event-names.ts';
import { allFields, type Field, fieldNames, fieldsOf, type Role } from './fields.ts';
import { type ImportKind, type KindOptions, namesOf, type RowMapper, type SourceShape } from './kind.ts';
import { describesPeople, isPersonal, plainName } from './names.ts';
import { parseNumber, parsePrice } from './parse-amount.ts';
import type { Reading } from './reading.ts';
import { refusal } from './refusal.ts';
import { cellOf } from './rows/cells.ts';
import { rowMapper } from './rows/row-mapper.ts';

export const generic: ImportKind = {
  name: 'generic',
  summary: 'any table or JSON lines; fields by usual column names or as mapped',

  recognises: (source) => source.format !== 'xml' && 'role' in decide(source, { map: {} }),

  open(source, options): RowMapper {
    const decided = decide(source, options);
    const doubled = doubledNames(source);
    if (!('role' in decided)) throw refusal(source, [decided.unsure, ...doubled].join('; '), decided.columns);
    const mapper = rowMapper(source, 'generic', readingOf(source, decided, options), options);
    const notes = doubled.map((text) => `${source.name}: ${text}`);
    return { ...mapper, notes: [...notes, ...(mapper.notes ?? [])] };
  },
};

/** A second column of a name was given a number when the header was read. */
function doubledNames(source: SourceShape): string[] {
  const names = namesOf(source);
  return names.flatMap((name) => {
    const first = /^(.+) \(\d+\)$/.exec(name)?.[1];
    return first !== undefined && names.includes(first)
      ? [`two columns are called ${first}; the later one is ${name}`]
      : [];
  });
}

type Columns = Partial<Record<Field, string>>;
type Decided =
  | { readonly role: Role; readonly columns: Columns }
  | { readonly unsure: string; readonly columns: Columns };

const describing: readonly Field[] = ['title', 'description', 'category', 'brand', 'image'];
const pricing: readonly Field[] = ['price', 'priceMinor', 'stock', 'promotionId'];

function decide(source: SourceShape, options: Pick<KindOptions, 'map' | 'role' | 'timeFormat' | 'event'>): Decided {
  const columns = fieldColumns(source, options.map);
  const has = (...fields: readonly Field[]): boolean => fields.some((field) => columns[field] !== undefined);
  const { role } = options;
  const shopper = has('userId', 'visitorId', 'sessionId', 'orderId');
  if (role !== undefined) {
    const missing = missingFor(role, has, options);
    if (missing !== '') return { unsure: missing, columns };
    return role === 'events'
      ? eventsOf(source, columns, options.map)
      : { role, columns: narrowed(source, columns, role) };
  }
  // A bare `id` is a product's only beside a title: in a table of events it numbers the rows.
  const id = namesOf(source).find((name) => plainName(name) === 'id' && !Object.values(columns).includes(name));
  if (!has('productId') && has('title') && !shopper && id !== undefined) columns.productId = id;
  const search = has('kind') && has('text') && !has('productId');
  if (shopper && (has('productId') || search)) {
    const missing = missingFor('events', has, options);
    return missing === '' ? eventsOf(source, columns, options.map) : { unsure: missing, columns };
  }
  if (has('productId')) {
    const person = namesOf(source).find(isPersonal);
    if (person !== undefined)
      return { unsure: `a column of people (${person}) beside products, and no column of who did what`, columns };
    if (has(...describing)) return { role: 'products', columns: narrowed(source, columns, 'products') };
    if (has(...pricing)) return { role: 'prices', columns: narrowed(source, columns, 'prices') };
    if (has('quantity')) return { role: 'prices', columns: narrowed(source, columns, 'prices') };
    return { unsure: 'products and nothing that describes or prices them', columns };
  }
  if (has('userId')) {
    const rest = namesOf(source).filter((name) => name !== columns.userId && !/^user\./.test(name));
    const strange = rest.filter((name) => !describesPeople(name));
    const eventful = rest.some((name) => /(?:id|rating|score|price|quantity|qty|timestamp)$/.test(plainName(name)));
    if (rest.length > 0 && rest.length === strange.length + 0 && !hasMapped(options.map, 'user.'))
      return { unsure: 'people and no column that is known to describe them', columns };
    if (eventful) return { unsure: 'people, beside columns that may be of what they did', columns };
    return { role: 'people', columns };
  }
  return { unsure: 'neither products nor people', columns };
}

function eventsOf(source: SourceShape, columns: Columns, map: Readonly<Record<string, string>>): Decided {
  const found = withAmounts(source, narrowed(source, columns, 'events'), map);
  if (typeof found !== 'string') return { role: 'events', columns: found };
  const { price: _, lineTotal: __, ...rest } = columns;
  return { unsure: found, columns: rest };
}

function hasMapped(map: Readonly<Record<string, string>>, prefix: string): boolean {
  return Object.keys(map).some((field) => field.startsWith(prefix));
}

/** What rows of a role lack; '' where nothing. */
function missingFor(
  role: Role,
  has: (...fields: readonly Field[]) => boolean,
  options: Pick<KindOptions, 'timeFormat'>,
): string {
  if (role === 'people') return has('userId') ? '' : 'no column of people (userId)';
  if (role === 'orders') {
    if (!has('orderId')) return 'no column of orders (orderId)';
    return has('userId', 'visitorId', 'guestId') ? '' : 'no column of who ordered (userId)';
  }
  if (!has('productId') && !(role === 'events' && has('text'))) return 'no column of products (productId)';
  if (role === 'products' || role === 'prices') return '';
  if (!has('userId', 'visitorId', 'sessionId', 'orderId'))
    return 'no column of who did it (userId, visitorId, sessionId or orderId)';
  if (!has('time') && options.timeFormat !== 'none')
    return 'no column of times: map one, or say that there are none by `timeFormat` none';
  return '';
}

/** Field to column: as mapped, else by the usual names. @throws where the map names a column that is not there */
function fieldColumns(source: SourceShape, map: Readonly<Record<string, string>>): Columns {
  const names = namesOf(source);
  const found: Columns = {};
  const taken = new Map<string, string>();
  for (const [field, column] of Object.entries(map)) {
    if (source.columns && !names.includes(column))
      throw new ShelfwiseError(
        'SW_INPUT_FORMAT',
        `${source.name}: \`map.${field}\`: expected the column "${column}", got ${names.join(', ')}.`,
        'Name one of these columns.',
      );
    if (/^(user|attribute|option)\./.test(field)) continue;
    if (!Object.hasOwn(fieldNames, field))
      throw new ShelfwiseError(
        'SW_USAGE',
        `\`map.${field}\`: expected a field, got "${field}" for the column "${column}".`,
        `The fields are ${allFields.join(', ')}, user.NAME, attribute.NAME and option.NAME.`,
      );
    const other = taken.get(column);
    if (other !== undefined)
      throw new ShelfwiseError(
        'SW_USAGE',
        `${source.name}: \`map.${field}\`: expected a column for itself, got "${column}", which is mapped to ${other} as well.`,
        'Map each column once.',
      );
    found[field as Field] = column;
    taken.set(column, field);
  }
  for (const field of allFields) {
    if (found[field]) continue;
    // In the order of the names: the first is the surest.
    for (const plain of [field, ...fieldNames[field]].map(plainName)) {
      const column = names.find((name) => !taken.has(name) && plainName(name) === plain && suits(source, field, name));
      if (column === undefined) continue;
      found[field] = column;
      taken.set(column, field);
      break;
    }
  }
  return found;
}

/** A column called `type` or `kind` is of events only where its cells name events. */
function suits(source: SourceShape, field: Field, column: string): boolean {
  if (field !== 'kind' || !['type', 'kind'].includes(plainName(column))) return true;
  const at = source.columns?.indexOf(column) ?? -1;
  const cells = source.sample.map(({ fields, value }) =>
    at >= 0 ? fields[at]! : String((value as Record<string, unknown> | null)?.[column] ?? ''),
  );
  const known = cells.filter((cell) => eventKindOf(cell) !== undefined || ignoredEvents.has(plainName(cell)));
  return known.length * 2 > cells.length;
}

/** Without the fields that rows of the role do not have: their columns are free for attributes. */
function narrowed(source: SourceShape, columns: Columns, role: Role): Columns {
  const kept = Object.fromEntries(
    Object.entries(columns).filter(([field]) => fieldsOf[role].has(field as Field)),
  ) as Columns;
  // What a catalogue counts is its stock.
  if (role !== 'events' && role !== 'orders' && kept.stock === undefined && columns.quantity !== undefined)
    if (fieldsOf[role].has('stock')) kept.stock = columns.quantity;
  // A total is a line's where there is no price of a unit.
  if (role === 'events' && kept.lineTotal !== undefined && kept.price !== undefined) delete kept.lineTotal;
  if (role === 'events' && kept.price !== undefined && isTotal(source, kept)) {
    kept.lineTotal = kept.price;
    delete kept.price;
  }
  return kept;
}

/** True where a column that is called a total, and mapped as the price, holds what a line costs: it grows with the quantity. */
function isTotal(source: SourceShape, columns: Columns): boolean {
  const called = (fieldNames.lineTotal as readonly string[]).some(
    (name) => plainName(name) === plainName(columns.price!),
  );
  return called && pricedBy(source, columns.price!, columns) === 'line';
}

/** Names that say neither. */
const amounts: ReadonlySet<string> = new Set(['amount', 'sum', '金额'].map(plainName));

/**
 * What an amount is of, by the sample: the price of a unit is one for few or many units of a product, that of a line grows.
 *
 * @returns `same` where all quantities are 1; `either` where the rows do not tell
 */
function pricedBy(source: SourceShape, amount: string, columns: Columns): 'unit' | 'line' | 'either' | 'same' {
  if (columns.quantity === undefined) return 'same';
  const [price, quantity, product] = [amount, columns.quantity, columns.productId ?? ''].map((name) =>
    cellOf(source, name),
  );
  const seen = new Map<string, { units: Set<number>; totals: Set<number> }>();
  let several = false;
  for (const row of source.sample) {
    const cursor = { row, fields: row.fields, item: undefined };
    const [total, count] = [parsePrice(price!(cursor), '').amount, parseNumber(quantity!(cursor))];
    if (!(total > 0 && count > 0)) continue;
    several ||= count !== 1;
    const id = product!(cursor);
    const of = seen.get(id) ?? { units: new Set(), totals: new Set() };
    of.units.add(Math.round((total / count) * 100));
    of.totals.add(Math.round(total * 100));
    seen.set(id, of);
  }
  if (!several) return 'same';
  const products = [...seen.values()];
  const units = products.filter(({ units, totals }) => units.size > totals.size).length;
  const lines = products.filter(({ units, totals }) => units.size < totals.size).length;
  if (units > lines) return 'unit';
  return lines > 0 && units === 0 ? 'line' : 'either';
}

/** The amounts of a file of events as prices of units or of lines; why not, where that is not sure. */
function withAmounts(source: SourceShape, columns: Columns, map: Readonly<Record<string, string>>): Columns | string {
  const column = columns.lineTotal ?? columns.price;
  if (column === undefined || map['price'] !== undefined || map['lineTotal'] !== undefined) return columns;
  const by = pricedBy(source, column, columns);
  const asks = `${column} beside ${columns.quantity}: say whether it is the price of one unit (map price=${column}) or of the whole line (map lineTotal=${column})`;
  if (columns.lineTotal === undefined) return by === 'line' ? `a price that grows with the quantity, ${asks}` : columns;
  if (!amounts.has(plainName(column))) return columns;
  if (by === 'either') return `an amount that may be of a unit or of a line, ${asks}`;
  if (by === 'line') return columns;
  const { lineTotal: _, ...rest } = columns;
  return { ...rest, price: column };
}

function readingOf(source: SourceShape, decided: { role: Role; columns: Columns }, { map }: KindOptions): Reading {
  const { role, columns } = decided;
  const groups: Record<string, Record<string, string>> = { user: {}, attribute: {}, option: {} };
  const taken = new Set(Object.values(columns));
  for (const [field, column] of Object.entries(map)) {
    const match = /^(user|attribute|option)\.(.+)$/.exec(field);
    if (!match) continue;
    groups[match[1]!]![match[2]!] = column;
    taken.add(column);
  }
  for (const column of namesOf(source)) {
    if (taken.has(column)) continue;
    const match = /^(user|attribute|option)\.(.+)$/.exec(column);
    if (match) groups[match[1]!]![match[2]!] ??= column;
    else if (role === 'people') groups['user']![column] = column;
    else if (role === 'products' && !isPersonal(column)) groups['attribute']![column] = column;
  }
  const reviews = columns.value !== undefined && columns.text !== undefined;
  return {
    role,
    columns: Object.fromEntries(Object.entries(columns).map(([field, column]) => [field, [column]])),
    attributes: role === 'people' ? groups['user']! : groups['attribute']!,
    options: groups['option']!,
    // Two equal lines of an order without quantities are two pieces.
    ...(role === 'events' &&
      columns.orderId !== undefined &&
      columns.quantity === undefined && { everyRowCounts: true }),
    // The headline of a review is not what its product is called.
    ...(reviews && { ownTitles: true }),
  };
}
