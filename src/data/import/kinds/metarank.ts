/**
 * Metarank's events: items, users, rankings (what was shown) and interactions in one file of JSON lines.
 *
 * @source Metarank documentation, Events schema
 */
import { eventKindOf } from './event-names.ts';
import { headerError, type ImportKind, namesOf, type RowMapper, type RowSink } from './kind.ts';
import { timeParser } from './parse-time.ts';
import { isTree, list, type Tree, textOf } from './tree.ts';

const kinds: ReadonlySet<string> = new Set(['item', 'user', 'ranking', 'interaction']);

export const metarank: ImportKind = {
  name: 'metarank',
  summary: "Metarank's events as JSON lines (event is item, user, ranking or interaction)",

  recognises: (source) =>
    source.columns === undefined &&
    source.sample.length > 0 &&
    source.sample.every(({ value }) => isTree(value) && kinds.has(textOf(value, 'event')) && 'timestamp' in value),

  open(source): RowMapper {
    if (source.columns !== undefined || !namesOf(source).includes('event'))
      throw headerError(source, 'metarank', ['event']);
    const toTime = timeParser('unix');
    const toIso = timeParser('iso');
    return {
      fields: ['eventId', 'time', 'userId', 'sessionId', 'productId', 'position', 'recommendationId'],
      several: true,
      map(row, sink) {
        if (!isTree(row.value)) return 'expected a JSON object';
        const text = textOf(row.value, 'timestamp');
        const unix = toTime(text);
        const time = Number.isNaN(unix) ? toIso(text) : unix;
        if (Number.isNaN(time)) return `timestamp: expected a time, got "${text}"`;
        return rowsOf(row.value, time, sink);
      },
    };
  },
};

function rowsOf(value: Tree, time: number, sink: RowSink): string {
  const what = textOf(value, 'event');
  const fields = Object.fromEntries(list(value['fields']).map((field) => [textOf(field, 'name'), field['value']]));
  if (what === 'item') return product(textOf(value, 'item'), fields, sink);
  if (what === 'user') {
    const userId = textOf(value, 'user');
    if (userId === '') return 'user: expected an id, got nothing';
    sink.user({ userId, attributes: textsOf(fields) });
    return '';
  }
  const shown = list(value['items']).map((item) => textOf(item, 'id'));
  const ids = what === 'ranking' ? shown : [textOf(value, 'item')];
  const kind = what === 'ranking' ? 'impression' : eventKindOf(textOf(value, 'type'));
  if (kind === undefined) {
    sink.setAside('unknown-events', `an interaction of type "${textOf(value, 'type')}"`);
    return '';
  }
  for (const [position, productId] of ids.entries()) {
    if (productId === '') return 'item: expected an id, got nothing';
    const event = sink.begin(kind);
    const id = textOf(value, 'id');
    Object.assign(event, { time, productId, eventId: id === '' || ids.length === 1 ? id : `${id}#${position}` });
    event.userId = textOf(value, 'user');
    event.sessionId = textOf(value, 'session');
    event.recommendationId = what === 'ranking' ? id : textOf(value, 'ranking');
    if (what === 'ranking') event.position = position;
    sink.emit();
  }
  return '';
}

function product(productId: string, fields: Readonly<Record<string, unknown>>, sink: RowSink): string {
  if (productId === '') return 'item: expected an id, got nothing';
  const { title, name, description, category, brand, ...rest } = textsOf(fields);
  sink.product({
    productId,
    attributes: rest,
    ...((title ?? name) !== undefined && { title: title ?? name! }),
    ...(description !== undefined && { description }),
    ...(category !== undefined && { categories: [[category]] }),
    ...(brand !== undefined && { brand }),
  });
  return '';
}

function textsOf(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  const text = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(', ') : String(value ?? ''));
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, text(value)]));
}
