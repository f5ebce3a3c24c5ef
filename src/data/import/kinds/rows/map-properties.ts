/** A catalogue of one row for each property of a product at a time: of the known ones the newest counts, stock keeps its times. */
import { everywhere } from '../../../catalogue.ts';
import { said } from './cells.ts';
import type { MapContext, RoleRows } from './map-context.ts';

export function propertyRows(context: MapContext): RoleRows {
  const { name, value, known } = context.reading.property!;
  const cells = { name: context.column(name), value: context.column(value) };
  const newest = new Map<string, number>();
  return {
    fields: [],
    one(cursor, sink) {
      const productId = context.id('productId', cursor);
      if (productId === '') return 'productId: expected an id, got nothing';
      const what = known[said(cells.name(cursor))];
      if (what === undefined) return '';
      const text = said(cells.value(cursor));
      const time = context.toTime(context.get('time', cursor));
      if (Number.isNaN(time)) return `time: expected a time, got "${context.get('time', cursor)}"`;
      if (what === 'available') {
        const fact = { fact: 'stock', variantId: productId, place: everywhere, from: time } as const;
        sink.fact({ ...fact, unitsOnHand: text === '1' ? 1 : 0 });
        return '';
      }
      if (time < (newest.get(productId) ?? -Infinity)) return '';
      newest.set(productId, time);
      sink.product({ productId, categories: [[text]], replacesCategories: true });
      return '';
    },
  };
}
