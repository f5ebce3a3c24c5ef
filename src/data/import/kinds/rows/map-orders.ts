/** Orders without their lines: who, when and whether it was bought. The lines stand in another file and join by the order's id. */

import { parseNumber } from '../parse-amount.ts';
import { orderFate } from '../words.ts';
import type { MapContext, RoleRows } from './map-context.ts';

export function orderRows(context: MapContext): RoleRows {
  return {
    fields: [],
    one(cursor, sink) {
      const orderId = context.id('orderId', cursor);
      if (orderId === '') return 'orderId: expected an id, got nothing';
      const timeText = context.get('time', cursor);
      const time = timeText === '' ? Number.NaN : context.toTime(timeText);
      if (Number.isNaN(time) && timeText !== '') return `time: expected a time, got "${timeText}"`;
      const status = context.get('orderStatus', cursor) || context.get('status', cursor);
      sink.order({
        orderId,
        userId: context.id('userId', cursor),
        visitorId: context.id('visitorId', cursor) || context.get('guestId', cursor),
        time,
        currency: context.get('currency', cursor),
        device: context.get('device', cursor),
        place: context.get('place', cursor),
        referrer: context.get('referrer', cursor),
        status,
        fate: orderFate(status),
        sequence: parseNumber(context.get('sequence', cursor)),
        daysSince: parseNumber(context.get('daysSince', cursor)),
      });
      return '';
    },
  };
}
