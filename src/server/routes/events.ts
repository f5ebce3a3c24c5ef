/** POST /v1/events: what shoppers do. */
import { z } from 'zod';
import type { ShopEvent } from '../../data/events.ts';
import type { Shop } from '../../engine/shop.ts';
import { type App, bodyLimits, problems } from '../api.ts';
import type { ServerMetrics } from '../metrics.ts';
import { rowResultsOf, withTimes } from '../rows.ts';
import { eventRow, mostEvents, rowResults } from '../schemas.ts';

export function eventRoutes(app: App, shop: Shop, now: () => number, metrics: ServerMetrics): void {
  app.post(
    '/v1/events',
    {
      bodyLimit: bodyLimits.rows,
      config: { scope: 'collect' },
      schema: {
        summary: 'Record what shoppers do',
        description:
          'Answered once the events are durable. One that comes twice is stored once; one that is wrong refuses itself alone. ' +
          'A time that is left out is now. A session alone stands for its visitor.',
        tags: ['events'],
        body: z.strictObject({ events: z.array(eventRow).min(1).max(mostEvents) }),
        response: { 200: rowResults, ...problems },
      },
    },
    async ({ body }) => {
      const time = now();
      const answers = await shop.record(body.events.map((row) => eventOf(row, time)));
      const answer = rowResultsOf(answers);
      metrics.events({ stored: answer.stored, duplicate: answer.duplicates, refused: answer.refused });
      return answer;
    },
  );
}

function eventOf(row: unknown, time: number): ShopEvent {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return row as ShopEvent;
  const event: ShopEvent = { time, ...(withTimes(row, ['time']) as Omit<ShopEvent, 'time'>) };
  const { userId, visitorId, sessionId } = event;
  const nobody = userId === undefined && visitorId === undefined && sessionId !== undefined;
  return nobody ? { ...event, visitorId: sessionId } : event;
}
