/** From a reading to a mapper: one for each role, with what all of them share. */
import { ShelfwiseError } from '../../../../core/errors.ts';
import type { RawRow } from '../../readers/raw-row.ts';
import type { Field, Role } from '../fields.ts';
import { type KindOptions, namesOf, type RowMapper, type SourceShape } from '../kind.ts';
import { detectTimeFormat, ReadAgain, timeParser } from '../parse-time.ts';
import type { Reading } from '../reading.ts';
import { type Cell, type Cursor, cellOf, isUnknown, listIn, pathOf, said, valueAt } from './cells.ts';
import type { MapContext, MapOne, RoleRows } from './map-context.ts';
import { eventRows } from './map-events.ts';
import { nameRows } from './map-names.ts';
import { orderRows } from './map-orders.ts';
import { peopleRows } from './map-people.ts';
import { productRows } from './map-products.ts';
import { propertyRows } from './map-properties.ts';

const rowsOf: Readonly<Record<Role, (context: MapContext) => RoleRows>> = {
  events: eventRows,
  orders: orderRows,
  products: productRows,
  prices: productRows,
  people: peopleRows,
  names: nameRows,
};

/** @throws ShelfwiseError `SW_INPUT_FORMAT` where a spreadsheet spoilt the ids */
export function rowMapper(source: SourceShape, layout: string, reading: Reading, options: KindOptions): RowMapper {
  const counts = new Map<string, number>();
  const count = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
  };
  const cells = new Map<Field, readonly Cell[]>();
  for (const [field, columns] of Object.entries(reading.columns) as [Field, readonly string[]][])
    cells.set(
      field,
      columns.map((column) => cellOf(source, column)),
    );
  const raw = (field: Field, cursor: Cursor): string => {
    for (const cell of cells.get(field) ?? []) {
      const text = cell(cursor);
      if (text === '') continue;
      const what = said(text);
      if (what !== '') return what;
      if (isUnknown(text.trim())) count(`unknown:${field}`);
    }
    return '';
  };
  const list = listIn(Object.values(reading.columns).flat());
  const cursor: Cursor = { row: blankRow, fields: [], item: undefined };
  const decimals = new Set<Field>();
  const { toTime, timeNote } = times(source, reading, options, (field, row) => {
    place(cursor, row, row.fields, undefined);
    return eachItem(cursor, source, list, () => raw(field, cursor));
  });
  const context: MapContext = {
    source,
    reading,
    options,
    has: (field) => cells.has(field),
    get: raw,
    id: (field, at) => {
      const text = raw(field, at);
      if (text.includes('+') && shortened.test(text)) throw new ShortenedId(field, text);
      return decimals.has(field) && text.endsWith('.0') ? text.slice(0, -2) : text;
    },
    column: (name) => cellOf(source, name),
    toTime,
    count,
  };
  for (const field of ['userId', 'visitorId', 'orderId', 'sessionId', 'productId', 'variantId'] as const) {
    if (!cells.has(field)) continue;
    const sample = source.sample.map((row) => {
      place(cursor, row, row.fields, undefined);
      return eachItem(cursor, source, list, () => raw(field, cursor));
    });
    if (lookAtIds(source, field, reading.columns[field]![0]!, sample.flat())) decimals.add(field);
  }
  counts.clear();
  const { one, fields, several } = (reading.property ? propertyRows : rowsOf[reading.role])(context);
  const skips = (reading.skipIf ?? []).map((column) => cellOf(source, column));
  const only = reading.onlyIf && ([cellOf(source, reading.onlyIf[0]), reading.onlyIf[1]] as const);
  const membersOf = list === undefined ? undefined : source.columns ? labelled(source, list) : nested(list);
  const each: MapOne = (at, sink) => {
    if (only && !only[1].test(only[0](at))) return '';
    if (skips.some((cell) => said(cell(at)) !== '')) return '';
    return one(at, sink);
  };
  const fill = continued(source, reading);
  const used = usedColumns(source, reading);
  return {
    role: reading.role,
    layout,
    used: reading.columns,
    unused: namesOf(source).filter((name) => !used.has(name)),
    fields,
    ...(several === true || list !== undefined ? { several: true } : {}),
    ...(reading.nonProducts && { nonProducts: reading.nonProducts }),
    ...(reading.needs && { needs: reading.needs }),
    ...(reading.everyRowCounts && { everyRowCounts: true }),
    ...(reading.role === 'events' && cells.has('orderId') && !cells.has('eventId') && { orderLines: true }),
    ...(reading.currency !== undefined && { currency: reading.currency }),
    notes: timeNote === '' ? [] : [`${source.name}: ${timeNote}`],
    late: () => lateNotes(source.name, reading, counts),
    map(row, sink) {
      try {
        place(cursor, row, fill(row.fields), undefined);
        if (!membersOf) return each(cursor, sink);
        const members = membersOf(cursor);
        if (members === undefined) return `${list}: expected a list, got a single value`;
        // A search names no product; what it sought is in the row itself.
        if (members.length === 0 && cells.has('text') && raw('text', cursor) !== '') return each(cursor, sink);
        for (const member of members) {
          cursor.item = member;
          const problem = each(cursor, sink);
          if (problem) return problem;
        }
        return '';
      } catch (error) {
        if (error instanceof ShortenedId) return error.message;
        throw error;
      }
    },
  };
}

const blankRow: RawRow = { line: 0, fields: [], value: undefined, text: '', problem: '' };

function place(cursor: Cursor, row: RawRow, fields: readonly string[], item: unknown): void {
  cursor.row = row;
  cursor.fields = fields;
  cursor.item = item;
}

/** The members of a list in a tree; undefined where something else stands in its place. */
function nested(list: string): (cursor: Cursor) => readonly unknown[] | undefined {
  const path = pathOf(list);
  return ({ row }) => {
    const members = valueAt(row.value, path);
    if (members === undefined || members === null) return [];
    return Array.isArray(members) ? members : undefined;
  };
}

/** The members of a cell such as `Product ID: 7, Product Qty: 2|Product ID: 9, Product Qty: 1`. */
function labelled(source: SourceShape, list: string): (cursor: Cursor) => readonly unknown[] {
  const cell = cellOf(source, list);
  return (cursor) =>
    cell(cursor)
      .split('|')
      .filter((part) => part.trim() !== '')
      .map((part) =>
        Object.fromEntries(
          part.split(/,\s*(?=[A-Z][\w /]*:)/).map((pair) => {
            const at = pair.indexOf(':');
            return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
          }),
        ),
      );
}

function eachItem<T>(cursor: Cursor, source: SourceShape, list: string | undefined, read: () => T): T[] {
  if (list === undefined) return [read()];
  const members = (source.columns ? labelled(source, list) : nested(list))(cursor);
  return (members ?? []).map((member) => {
    cursor.item = member;
    return read();
  });
}

function times(
  source: SourceShape,
  reading: Reading,
  options: KindOptions,
  sampled: (field: Field, row: RawRow) => readonly string[],
): { toTime: (text: string) => number; timeNote: string } {
  const columns = reading.columns.time;
  if (!columns || options.timeFormat === 'none')
    return { toTime: () => Number.NaN, timeNote: reading.role === 'events' && !reading.needs ? timeless : '' };
  const given = options.timeFormat ?? reading.timeFormat;
  const texts = given ? [] : source.sample.flatMap((row) => sampled('time', row)).filter((text) => text !== '');
  const { format, sure } = given ? { format: given, sure: true } : detectTimeFormat(texts);
  const parse = timeParser(format, options.utcOffsetMinutes);
  const doubt = sure ? '' : ' (day and month may be swapped: set `timeFormat` to dmy)';
  const toTime = (text: string): number => {
    const time = parse(text);
    // Months end at 12: a row that says otherwise proves that the day stands first in all.
    if (!sure && Number.isNaN(time) && !Number.isNaN(timeParser('dmy')(text))) throw new ReadAgain(source.name, 'dmy');
    return time;
  };
  return { toTime, timeNote: `times read as ${format}${doubt}` };
}

const timeless =
  'no times: the order of the file stands for them, and what depends on the time (trends, seasons, recency) says nothing';

/** A number as a spreadsheet shortens it. */
const shortened = /^\d(?:[.,]\d+)?e\+\d+$/i;

class ShortenedId extends Error {
  constructor(field: Field, text: string) {
    super(`${field}: expected an id, got ${text}, a number that a spreadsheet shortened`);
  }
}

/** Share of a column's ids that a spreadsheet shortened from which the file is refused; fewer rows are set aside. */
const mostShortened = 0.1;

/** @returns true where ids are whole numbers that a program wrote with `.0` */
function lookAtIds(source: SourceShape, field: Field, column: string, sample: readonly string[]): boolean {
  const filled = sample.filter((text) => text !== '');
  const spoilt = filled.filter((text) => shortened.test(text));
  if (spoilt.length > mostShortened * filled.length)
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${source.name}: column ${column}: expected ids, got numbers that a spreadsheet shortened, such as ${spoilt[0]}: different ids may have become one.`,
      'Export the file again and do not open it in a spreadsheet, or format the column as text before.',
      { column, field },
    );
  return filled.some((text) => text.endsWith('.0')) && filled.every((text) => /^\d+(?:\.0)?$/.test(text));
}

/** Cells of a row with those that it shares with the rows before it. */
function continued(source: SourceShape, { continues }: Reading): (fields: readonly string[]) => readonly string[] {
  if (!continues || !source.columns) return (fields) => fields;
  const by = source.columns.indexOf(continues.by);
  const filled = continues.columns.map((name) => source.columns!.indexOf(name)).filter((at) => at >= 0);
  let first: readonly string[] | undefined;
  return (fields) => {
    const key = fields[by] ?? '';
    if (first === undefined || key === '' || key !== first[by]) {
      first = fields;
      return fields;
    }
    const whole = [...fields];
    for (const at of filled) if (whole[at] === '') whole[at] = first[at] ?? '';
    return whole;
  };
}

function usedColumns(source: SourceShape, reading: Reading): ReadonlySet<string> {
  const top = (path: string): string => (source.columns ? path : path.split(/\.|\[\]/)[0]!);
  const used = [
    ...Object.values(reading.columns).flat(),
    ...Object.values(reading.attributes ?? {}),
    ...Object.values(reading.options ?? {}),
    ...Object.values(reading.named ?? {}),
    ...(reading.optionPairs ?? []).flat(),
    ...(reading.variantIf ?? []),
    ...(reading.unsoldIf ?? []),
    ...(reading.skipIf ?? []),
    ...(reading.otherIds ?? []),
    ...(reading.continues?.columns ?? []),
    ...[
      reading.timeOffset,
      reading.attributeList,
      reading.variationList,
      reading.onlyIf?.[0],
      reading.hiddenIf?.[0],
    ].filter((name) => name !== undefined),
    ...(reading.property ? [reading.property.name, reading.property.value] : []),
    ...[reading.naming?.id, reading.naming?.name, reading.naming?.parent].filter((name) => name !== undefined),
    ...(reading.continues ? [reading.continues.by] : []),
    ...(reading.ignored ?? []),
  ];
  return new Set(used.flatMap((path) => [path, top(path)]));
}

function lateNotes(file: string, reading: Reading, counts: ReadonlyMap<string, number>): string[] {
  const notes: string[] = [];
  for (const [what, n] of counts) {
    const [kind, detail = ''] = what.split(/:(.*)/s);
    const rows = n === 1 ? '1 row' : `${n.toLocaleString('en')} rows`;
    if (kind === 'unknown') {
      const column = reading.columns[detail as Field]?.[0] ?? detail;
      notes.push(`${file}: ${column}: ${rows} hold a word for nothing (NULL, None, N/A, -) and count as unknown`);
    } else if (kind === 'guest') notes.push(`${file}: ${rows} of a guest (${detail}): nobody's account`);
    else if (kind === 'price')
      notes.push(`${file}: ${rows} hold a price that is no number, such as "${detail}": kept without a price`);
    else if (kind === 'ignored') notes.push(`${file}: ${rows} of the event ${detail} say nothing that is used`);
  }
  return notes;
}
