/**
 * RecBole's atomic files: a header of `name:type` with the types token, token_seq, float and float_seq. Files with a user
 * and an item hold interactions (.inter), with an item alone products (.item), with a user alone profiles (.user).
 *
 * @source Zhao et al., RecBole, CIKM 2021; RecBole documentation, Atomic Files
 */
import { ShelfwiseError } from '../../../core/errors.ts';
import { minorDigits, unknownCurrency } from '../../../core/money.ts';
import { everywhere } from '../../catalogue.ts';
import type { RawRow } from '../readers/raw-row.ts';
import {
  type EventField,
  headerError,
  type ImportKind,
  type KindOptions,
  type RowMapper,
  type SourceShape,
} from './kind.ts';
import { parseNumber } from './parse-amount.ts';
import { detectTimeFormat, timeParser } from './parse-time.ts';

const typed = /^([^:]+):(token|token_seq|float|float_seq)$/;

interface Columns {
  readonly names: readonly string[];
  readonly types: readonly string[];
  /** -1 where absent. */
  at(...names: readonly string[]): number;
}

export const recbole: ImportKind = {
  name: 'recbole',
  summary: 'RecBole atomic files (.inter, .item, .user with name:type headers)',

  recognises: (source) => source.columns?.every((column) => typed.test(column)) ?? false,

  open(source, options): RowMapper {
    const bad = source.columns?.find((column) => !typed.test(column));
    if (!source.columns || bad !== undefined)
      throw new ShelfwiseError(
        'SW_INPUT_FORMAT',
        `${source.name}: expected columns as name:type, got "${bad ?? source.format}".`,
        'The types are token, token_seq, float and float_seq.',
      );
    const names = source.columns.map((column) => typed.exec(column)![1]!);
    const types = source.columns.map((column) => typed.exec(column)![2]!);
    const at = (...wanted: readonly string[]): number => names.findIndex((name) => wanted.includes(name));
    const columns: Columns = { names, types, at };
    const user = at('user_id', 'session_id');
    const item = at('item_id');
    if (user >= 0 && item >= 0) return interactions(source, columns, options);
    if (item >= 0) return products(columns, item, options);
    if (at('user_id') >= 0) return profiles(columns, at('user_id'));
    throw headerError(source, 'recbole', ['user_id:token', 'item_id:token']);
  },
};

function interactions(source: SourceShape, { at }: Columns, options: KindOptions): RowMapper {
  const [user, session, item] = [at('user_id'), at('session_id'), at('item_id')];
  const [rating, time, review] = [at('rating', 'label'), at('timestamp', 'time'), at('review', 'review_text')];
  const format = options.timeFormat ?? detectTimeFormat(source.sample.map((row) => row.fields[time] ?? '')).format;
  const toTime = timeParser(format, options.utcOffsetMinutes);
  const kind = options.event ?? (rating >= 0 ? 'rate' : 'view_item');
  const fields: EventField[] = ['productId'];
  if (user >= 0) fields.push('userId');
  if (session >= 0) fields.push('sessionId');
  if (rating >= 0) fields.push('value');
  if (time >= 0) fields.push('time');
  if (review >= 0) fields.push('text');
  return {
    fields,
    notes: [`${source.name}: rows are ${kind} events${time >= 0 ? `, times read as ${format}` : ', without times'}`],
    map({ fields: cells }: RawRow, sink) {
      const event = sink.begin(kind);
      event.productId = cells[item]!;
      if (event.productId === '') return 'item_id: expected an id, got nothing';
      if (user >= 0) event.userId = cells[user]!;
      if (session >= 0) event.sessionId = cells[session]!;
      if (review >= 0) event.text = cells[review]!;
      if (rating >= 0) {
        event.value = parseNumber(cells[rating]!);
        if (Number.isNaN(event.value) && cells[rating] !== '')
          return `rating: expected a number, got "${cells[rating]}"`;
      }
      if (time >= 0) {
        event.time = toTime(cells[time]!);
        if (Number.isNaN(event.time) && cells[time] !== '') return `timestamp: expected a time, got "${cells[time]}"`;
      }
      sink.emit();
      return '';
    },
  };
}

function products({ names, types, at }: Columns, item: number, options: KindOptions): RowMapper {
  const price = at('price', 'sales_price');
  const currency = options.currency ?? unknownCurrency;
  const title = at('title', 'item_name', 'name', 'movie_title');
  const category = at('categories', 'category', 'class', 'genre');
  const description = at('description');
  const brand = at('brand', 'store');
  const taken = new Set([item, title, category, description, brand, price]);
  return {
    fields: [],
    map({ fields: cells }: RawRow, sink) {
      const productId = cells[item]!;
      if (productId === '') return 'item_id: expected an id, got nothing';
      const attributes: Record<string, string> = {};
      for (const [i, name] of names.entries()) if (!taken.has(i) && cells[i] !== '') attributes[name] = cells[i]!;
      const parts = category < 0 || cells[category] === '' ? [] : cells[category]!.split(separator(types[category]!));
      const amount = price < 0 ? Number.NaN : parseNumber(cells[price]!);
      if (amount >= 0)
        sink.fact({
          ...{ fact: 'price', variantId: productId, place: everywhere, from: options.now, currency },
          priceMinor: Math.round(amount * 10 ** minorDigits(currency)),
        });
      sink.product({
        productId,
        attributes,
        categories: parts.map((part) => [part.trim().replaceAll(/^'|'$/g, '')]).filter(([part]) => part !== ''),
        ...(title >= 0 && { title: cells[title]! }),
        ...(description >= 0 && { description: cells[description]! }),
        ...(brand >= 0 && { brand: cells[brand]! }),
      });
      return '';
    },
  };
}

/** A token_seq is parted by blanks, in some published files by commas. */
function separator(type: string): RegExp {
  return type === 'token_seq' ? /(?:,\s*|\s+)/ : /\|/;
}

function profiles({ names }: Columns, user: number): RowMapper {
  return {
    fields: [],
    map({ fields: cells }: RawRow, sink) {
      const userId = cells[user]!;
      if (userId === '') return 'user_id: expected an id, got nothing';
      const attributes: Record<string, string> = {};
      for (const [i, name] of names.entries()) if (i !== user && cells[i] !== '') attributes[name] = cells[i]!;
      sink.user({ userId, attributes });
      return '';
    },
  };
}
