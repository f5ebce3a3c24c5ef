/** Rows of people: an id, and attributes that describe them. */
import { said } from './cells.ts';
import type { MapContext, RoleRows } from './map-context.ts';

export function peopleRows(context: MapContext): RoleRows {
  const { reading } = context;
  const attributes = Object.entries(reading.attributes ?? {}).map(
    ([name, column]) => [name, context.column(column)] as const,
  );
  const joins = context.has('guestId');
  return {
    fields: [],
    one(cursor, sink) {
      const userId = context.id('userId', cursor);
      if (userId === '') return 'userId: expected an id, got nothing';
      const found: Record<string, string> = {};
      for (const [name, cell] of attributes) {
        const text = said(cell(cursor));
        if (text !== '') found[name] = text;
      }
      // One person may stand under an id for each order.
      const other = joins ? context.id('guestId', cursor) : '';
      if (other !== '' && other !== userId) sink.alias(other, userId);
      sink.user({ userId, attributes: found });
      return '';
    },
  };
}
