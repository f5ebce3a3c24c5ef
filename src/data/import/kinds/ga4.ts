/**
 * Events of the Google Analytics 4 export (BigQuery tables saved as JSON lines, JSON or Parquet): one event a row, its
 * items as a list, its parameters as key and typed value. Events outside our vocabulary (scroll, session_start) are read
 * and left out.
 *
 * @source Google Analytics 4 BigQuery Export schema
 */
import { eventKindOf } from './event-names.ts';
import { type EventDraft, headerError, type ImportKind, namesOf, type RowMapper } from './kind.ts';
import { child, isTree, list, numberOf, type Tree, textOf } from './tree.ts';

export const ga4: ImportKind = {
  name: 'ga4',
  summary: 'Google Analytics 4 event export (JSON lines, JSON or Parquet with event_name, event_params, items)',

  recognises: (source) => {
    const names = namesOf(source);
    return source.columns === undefined && names.includes('event_name') && names.includes('event_timestamp');
  },

  open(source, options): RowMapper {
    const names = namesOf(source);
    const missing = ['event_name', 'event_timestamp'].filter((name) => !names.includes(name));
    if (source.columns !== undefined || missing.length > 0) throw headerError(source, 'ga4', missing);
    return {
      fields: [
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
        'position',
        'title',
      ],
      several: true,
      notes: [`${source.name}: times in microseconds UTC, prices in the event's currency`],
      map(row, sink) {
        if (!isTree(row.value)) return 'expected a JSON object';
        const name = textOf(row.value, 'event_name');
        const time = Math.round(numberOf(row.value, 'event_timestamp') / 1000);
        if (name === '') return 'event_name: expected a name, got nothing';
        if (Number.isNaN(time))
          return `event_timestamp: expected microseconds, got "${textOf(row.value, 'event_timestamp')}"`;
        const kind = eventKindOf(name);
        if (!kind) return '';
        const parameters = parametersOf(row.value);
        const fill = (): EventDraft => {
          const event = sink.begin(kind);
          fillVisit(event, row.value as Tree, parameters, time, options.currency);
          return event;
        };
        const items = list(row.value['items']);
        if (items.length === 0) {
          if (kind !== 'search') return '';
          fill().text = textOf(parameters, 'search_term', 'q');
          sink.emit();
          return '';
        }
        for (const item of items) {
          const event = fill();
          event.productId = textOf(item, 'item_id', 'item_name');
          if (event.productId === '') return 'items: expected an item_id, got nothing';
          const variant = textOf(item, 'item_variant');
          event.variantId = variant === '' ? '' : `${event.productId}/${variant}`;
          event.quantity = numberOf(item, 'quantity');
          event.price = numberOf(item, 'price');
          event.position = numberOf(item, 'item_list_index', 'index');
          event.title = textOf(item, 'item_name');
          const categories = [1, 2, 3, 4, 5].map((n) => textOf(item, n === 1 ? 'item_category' : `item_category${n}`));
          const path = categories.filter((part) => part !== '');
          const brand = textOf(item, 'item_brand');
          sink.emit();
          if (path.length === 0 && brand === '' && variant === '') continue;
          sink.product({
            productId: event.productId,
            brand,
            categories: path.length > 0 ? [path] : [],
            ...(variant !== '' && { variantId: event.variantId, options: { variant } }),
          });
        }
        return '';
      },
    };
  },
};

function parametersOf(event: Tree): Tree {
  const parameters: Record<string, unknown> = {};
  for (const parameter of list(event['event_params'])) {
    const value = child(parameter, 'value');
    parameters[textOf(parameter, 'key')] =
      value['string_value'] ?? value['int_value'] ?? value['double_value'] ?? value['float_value'];
  }
  return parameters;
}

function fillVisit(event: EventDraft, row: Tree, parameters: Tree, time: number, currency: string | undefined): void {
  event.time = time;
  event.userId = textOf(row, 'user_id');
  event.visitorId = textOf(row, 'user_pseudo_id');
  const session = textOf(parameters, 'ga_session_id');
  // A session's number is unique within its visitor only.
  event.sessionId = session === '' ? '' : `${event.visitorId || event.userId}.${session}`;
  event.currency = textOf(parameters, 'currency') || currency || '';
  event.device = textOf(child(row, 'device'), 'category');
  event.place = textOf(child(row, 'geo'), 'country');
  event.referrer = textOf(parameters, 'page_referrer') || textOf(child(row, 'traffic_source'), 'source');
}
