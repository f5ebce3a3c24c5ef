/** Rows of events and of order lines. */
import { minorDigits, unknownCurrency } from '../../../../core/money.ts';
import type { EventKind } from '../../../events.ts';
import { eventKindOf, ignoredEvents } from '../event-names.ts';
import type { Field } from '../fields.ts';
import type { EventDraft, EventField, RowSink } from '../kind.ts';
import { plainName } from '../names.ts';
import { parseNumber, parsePrice } from '../parse-amount.ts';
import { categoryPaths, listOf } from '../parse-list.ts';
import { type OrderFate, orderFate } from '../words.ts';
import type { Cursor } from './cells.ts';
import { said, saidText } from './cells.ts';
import type { MapContext, RoleRows } from './map-context.ts';

const ids = ['eventId', 'userId', 'visitorId', 'sessionId', 'variantId', 'productId'] as const;
const names = ['device', 'place', 'referrer', 'recommendationId'] as const;
const numbers = ['quantity', 'value', 'position'] as const;

/** Ids of accounts that are nobody's: guests of WooCommerce and PrestaShop, and what databases write for none. */
const guests: ReadonlySet<string> = new Set(['0', '-1']);

export function eventRows(context: MapContext): RoleRows {
  const { reading, options } = context;
  const { has } = context;
  const priced = has('price') || has('priceMinor') || has('lineTotal');
  const orders = has('orderId') || has('refundedQuantity') || has('orderStatus');
  const fallback: EventKind =
    options.event ??
    reading.event ??
    (has('value') ? 'rate' : has('quantity') || priced || orders ? 'purchase' : 'view_item');
  const kinds = new EventNames(context);
  const standard = options.currency ?? reading.currency ?? '';
  const statuses = (['orderStatus', 'status'] as const).filter(has);
  const cancelled = (reading.unsoldIf ?? []).map((column) => [column, context.column(column)] as const);
  const offset = reading.timeOffset === undefined ? undefined : context.column(reading.timeOffset);
  const titled = has('title') && reading.ownTitles !== true;
  const described = has('category') || has('brand') || has('image');

  const fields: EventField[] = [...ids, ...names, ...numbers].filter((field) => has(field));
  const add = (field: EventField, wanted: boolean): void => {
    if (wanted && !fields.includes(field)) fields.push(field);
  };
  add('visitorId', has('guestId'));
  add('sessionId', has('orderId'));
  add('time', has('time') && options.timeFormat !== 'none');
  add('price', priced);
  add('currency', true);
  add('title', titled);
  add('text', has('text'));

  const fill = (event: EventDraft, cursor: Cursor): string => {
    event.eventId = context.id('eventId', cursor);
    event.userId = context.id('userId', cursor);
    if (guests.has(event.userId)) {
      context.count(`guest:${event.userId}`);
      event.userId = '';
    }
    event.visitorId = context.id('visitorId', cursor) || context.get('guestId', cursor);
    event.sessionId = context.id('sessionId', cursor) || context.id('orderId', cursor);
    event.productId = context.id('productId', cursor);
    const variant = context.id('variantId', cursor);
    // 0 is no variation: the product itself.
    event.variantId = variant === '0' ? '' : variant;
    for (const field of names) event[field] = context.get(field, cursor);
    if (titled) event.title = saidText(context.get('title', cursor));
    event.text = saidText(context.get('text', cursor));
    for (const field of numbers) {
      const text = context.get(field, cursor);
      event[field] = parseNumber(text);
      if (Number.isNaN(event[field]) && text !== '') return `${field}: expected a number, got "${text}"`;
    }
    return '';
  };

  const one = (cursor: Cursor, sink: RowSink): string => {
    const name = context.get('kind', cursor);
    const kind = name === '' ? fallback : kinds.of(name);
    if (kind === 'ignore') {
      context.count(`ignored:${name}`);
      return '';
    }
    if (kind === undefined) {
      sink.setAside('unknown-events', `an event called "${name}"`);
      return '';
    }
    const event = sink.begin(kind);
    const problem =
      fill(event, cursor) || readTime(context, event, cursor) || readPrice(context, event, cursor, standard);
    if (problem) return problem;
    if (event.productId === '' && kind !== 'search' && kind !== 'feedback')
      return 'productId: expected an id, got nothing';
    // Many exports write a return as a sale of a negative quantity.
    if (kind === 'purchase' && event.quantity < 0) event.kind = 'refund';
    if (event.kind === 'refund') event.quantity = Math.abs(event.quantity);
    const last = reading.adjust?.(event) ?? '';
    if (last) return last;
    if (offset) {
      const ms = parseNumber(offset(cursor));
      if (ms > 0) event.time += ms;
    }
    let fate: OrderFate = event.kind === 'purchase' ? fateOf(context, statuses, cursor, sink) : 'bought';
    for (const [column, cell] of cancelled) {
      const text = said(cell(cursor));
      if (text !== '' && sink.setAside('unsold-orders', `its order has ${column} ${text.slice(0, 40)}`))
        fate = 'not-bought';
    }
    // Also what is not bought: an earlier export may have sold it.
    sink.emit();
    if (fate === 'not-bought') return '';
    const back = fate === 'given-back' ? event.quantity : parseNumber(context.get('refundedQuantity', cursor));
    if (event.kind === 'purchase' && (fate === 'given-back' || back > 0)) emitRefund(sink, event, back);
    if (described && event.productId !== '') describe(context, event, cursor, sink);
    return '';
  };
  return { fields, several: orders || statuses.length > 0, one };
}

function readTime(context: MapContext, event: EventDraft, cursor: Cursor): string {
  const text = context.get('time', cursor);
  if (text === '' || context.options.timeFormat === 'none' || /^0000-00-00/.test(text)) return '';
  event.time = context.toTime(text);
  return Number.isNaN(event.time) ? `time: expected a time, got "${text}"` : '';
}

/** Price of one unit; a line's total is divided by its quantity. */
function readPrice(context: MapContext, event: EventDraft, cursor: Cursor, standard: string): string {
  const ofRow = context.get('currency', cursor).toUpperCase();
  const declared = ofRow || standard;
  event.currency = declared;
  const minor = context.get('priceMinor', cursor);
  if (minor !== '') {
    const value = parseNumber(minor);
    if (Number.isNaN(value)) return `priceMinor: expected a number, got "${minor}"`;
    event.price = value / 10 ** minorDigits(declared || unknownCurrency);
    return '';
  }
  let text = context.get('price', cursor);
  const ofLine = text === '';
  if (ofLine) text = context.get('lineTotal', cursor);
  if (text === '') return '';
  const { amount, currency, doubt } = parsePrice(text, declared, ofRow !== '');
  if (doubt) return `price: ${doubt}`;
  if (Number.isNaN(amount)) return `${ofLine ? 'lineTotal' : 'price'}: expected a price, got "${text}"`;
  const units = Math.abs(event.quantity);
  event.price = ofLine && units > 0 ? Math.abs(amount) / units : amount;
  if (currency) event.currency = currency;
  return '';
}

/** The first status that says more than the usual. */
function fateOf(context: MapContext, statuses: readonly Field[], cursor: Cursor, sink: RowSink): OrderFate {
  let fate: OrderFate = 'bought';
  for (const field of statuses)
    for (const column of context.reading.columns[field]!) {
      const word = context.column(column)(cursor);
      const found = orderFate(word);
      if (found === 'not-bought' && sink.setAside('unsold-orders', `its order is "${word}"`)) return found;
      if (found === 'given-back') fate = found;
    }
  return fate;
}

function emitRefund(sink: RowSink, sale: EventDraft, quantity: number): void {
  const kept = { ...sale };
  const refund = sink.begin('refund');
  Object.assign(refund, kept, { kind: 'refund', quantity, eventId: kept.eventId && `${kept.eventId}#refund` });
  sink.emit();
}

function describe(context: MapContext, event: EventDraft, cursor: Cursor, sink: RowSink): void {
  const { separators = {}, levels, listIsPath } = context.reading;
  const category = categoryPaths(context.get('category', cursor), separators.category, levels, listIsPath);
  const brand = context.get('brand', cursor);
  const images = listOf(context.get('image', cursor), separators.image);
  if (category.length === 0 && brand === '' && images.length === 0) return;
  sink.product({ productId: event.productId, categories: category, brand, images });
}

/** Kinds by the names of events, each looked up once. */
class EventNames {
  readonly #found = new Map<string, EventKind | 'ignore' | undefined>();
  readonly #own: ReadonlyMap<string, EventKind | 'ignore'>;

  constructor({ options, reading }: MapContext) {
    const own = { ...reading.eventNames, ...options.eventNames };
    this.#own = new Map(Object.entries(own).map(([name, kind]) => [plainName(name), kind]));
  }

  of(name: string): EventKind | 'ignore' | undefined {
    if (!this.#found.has(name)) {
      const plain = plainName(name);
      this.#found.set(
        name,
        this.#own.get(plain) ?? eventKindOf(name) ?? (ignoredEvents.has(plain) ? 'ignore' : undefined),
      );
    }
    return this.#found.get(name);
  }
}
