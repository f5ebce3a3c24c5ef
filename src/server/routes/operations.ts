/** For those who run the server: alive, ready, figures. */
import { z } from 'zod';
import type { Shop } from '../../engine/shop.ts';
import { type App, problems } from '../api.ts';
import type { ServerMetrics } from '../metrics.ts';

const tags = ['operations'];
const figures = { description: 'In the text format of Prometheus', content: { 'text/plain': { schema: z.string() } } };

export function operationRoutes(app: App, shop: Shop, metrics: ServerMetrics): void {
  app.get(
    '/health',
    {
      config: { scope: 'open' },
      schema: {
        summary: 'The process answers',
        tags,
        security: [],
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/ready',
    {
      config: { scope: 'open' },
      schema: {
        summary: 'The shop answers',
        description: 'Without a generation it is not trained yet, and answers all the same.',
        tags,
        security: [],
        response: { 200: z.object({ status: z.literal('ready'), generation: z.number().optional() }), ...problems },
      },
    },
    async () => {
      const { generation } = await shop.recommend({ count: 1, explain: false, personalise: false, log: false });
      return { status: 'ready' as const, ...(generation !== undefined && { generation }) };
    },
  );
  app.get(
    '/metrics',
    {
      config: { scope: 'admin' },
      schema: { summary: 'Figures for Prometheus', tags, response: { 200: figures, ...problems } },
    },
    async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
}
