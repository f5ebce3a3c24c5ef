/** Rows that say what ids of another file are called, or which other id they stand under. */
import { said } from './cells.ts';
import type { MapContext, RoleRows } from './map-context.ts';

export function nameRows(context: MapContext): RoleRows {
  const { attribute, id, name, parent } = context.reading.naming!;
  const cells = {
    id: context.column(id),
    name: name === undefined ? () => '' : context.column(name),
    parent: parent === undefined ? () => '' : context.column(parent),
  };
  return {
    fields: [],
    one(cursor, sink) {
      const found = said(cells.id(cursor));
      if (found === '') return `${id}: expected an id, got nothing`;
      sink.name({ attribute, id: found, name: said(cells.name(cursor)), parent: said(cells.parent(cursor)) });
      return '';
    },
  };
}
