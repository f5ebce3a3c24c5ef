/**
 * Calls of the Segment specification: `track` calls of the e-commerce vocabulary are events, `identify` calls are
 * profiles; page, screen, group and other calls are read and left out.
 *
 * @source Segment Spec: Common fields, Identify, V2 Ecommerce Events
 */
import { eventKindOf } from './event-names.ts';
import { type EventDraft, headerError, type ImportKind, namesOf, type RowMapper, type RowSink } from './kind.ts';
import { timeParser } from './parse-time.ts';
import { child, isTree, list, numberOf, type Tree, textOf } from './tree.ts';

export const segment: ImportKind = {
  name: 'segment',
  summary: 'Segment calls as JSON (type track or identify, event, userId, anonymousId, properties)',

  recognises: (source) => {
    const value = source.sample[0]?.value;
    return (
      isTree(value) &&
      /^(track|identify|page|screen|group|alias)$/.test(textOf(value, 'type')) &&
      ('anonymousId' in value || 'userId' in value)
    );
  },

  open(source, options): RowMapper {
    const names = namesOf(source);
    if (source.columns !== undefined || !names.includes('type')) throw headerError(source, 'segment', ['type']);
    const toTime = timeParser('iso', options.utcOffsetMinutes);
    return {
      fields: [
        'eventId',
        'time',
        'userId',
        'visitorId',
        'sessionId',
        'productId',
        'variantId',
        'quantity',
        'price',
        'currency',
        'device',
        'place',
        'referrer',
        'text',
        'value',
        'position',
        'title',
      ],
      several: true,
      map(row, sink) {
        if (!isTree(row.value)) return 'expected a JSON object';
        const type = textOf(row.value, 'type');
        if (type === '') return 'type: expected track, identify or page, got nothing';
        if (type === 'identify') return identify(row.value, sink);
        return type === 'track' ? track(row.value, sink, toTime, options.currency) : '';
      },
    };
  },
};

function identify(call: Tree, sink: RowSink): string {
  const userId = textOf(call, 'userId');
  if (userId === '') return '';
  const traits = child(call, 'traits');
  const attributes: Record<string, string> = {};
  for (const name of Object.keys(traits)) {
    const value = textOf(traits, name);
    if (value !== '') attributes[name] = value;
  }
  sink.user({ userId, attributes });
  return '';
}

function track(call: Tree, sink: RowSink, toTime: (text: string) => number, currency: string | undefined): string {
  const name = textOf(call, 'event');
  if (name === '') return 'event: expected a name, got nothing';
  const kind = eventKindOf(name);
  if (!kind) return '';
  const timeText = textOf(call, 'timestamp', 'originalTimestamp', 'sentAt', 'receivedAt');
  const time = toTime(timeText);
  if (Number.isNaN(time) && timeText !== '') return `timestamp: expected an ISO time, got "${timeText}"`;
  const properties = child(call, 'properties');
  const context = child(call, 'context');
  const id = textOf(call, 'messageId');
  const products = list(properties['products']);
  const items = products.length > 0 ? products : [properties];
  for (const [i, item] of items.entries()) {
    const event: EventDraft = sink.begin(kind);
    event.eventId = id === '' || items.length === 1 ? id : `${id}#${i}`;
    event.time = time;
    event.userId = textOf(call, 'userId');
    event.visitorId = textOf(call, 'anonymousId');
    event.sessionId =
      textOf(properties, 'session_id') || textOf(context, 'sessionId') || textOf(properties, 'order_id');
    event.productId = textOf(item, 'product_id', 'sku', 'id');
    event.variantId = textOf(item, 'product_id', 'id') === '' ? '' : textOf(item, 'sku');
    event.quantity = numberOf(item, 'quantity');
    event.price = numberOf(item, 'price');
    event.currency = textOf(properties, 'currency') || currency || '';
    event.position = numberOf(item, 'position');
    event.value = kind === 'review' || kind === 'rate' ? numberOf(properties, 'rating', 'value') : Number.NaN;
    event.text = textOf(properties, 'query', 'review_body');
    event.title = textOf(item, 'name');
    event.device = textOf(child(context, 'device'), 'type');
    event.place = textOf(child(context, 'location'), 'country');
    event.referrer = textOf(child(context, 'page'), 'referrer') || textOf(child(context, 'campaign'), 'source');

    if (event.productId === '') {
      // A list or an order may be named without its products.
      if (kind === 'view_item_list' || kind === 'refund') continue;
      if (kind !== 'search') return 'properties: expected a product_id, got nothing';
    }
    sink.emit();
    const category = textOf(item, 'category');
    const brand = textOf(item, 'brand');
    const image = textOf(item, 'image_url');
    if (event.productId !== '' && (category || brand || image))
      sink.product({
        productId: event.productId,
        brand,
        categories: category ? [category.split(/\s*>\s*/)] : [],
        images: image ? [image] : [],
        ...(event.variantId && { variantId: event.variantId }),
      });
  }
  return '';
}
