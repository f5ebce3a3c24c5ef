/** Customers: what the shop knows of them beside events, and forgetting them. */
import { z } from 'zod';
import { ShelfwiseError } from '../../core/errors.ts';
import type { UserProfile } from '../../data/events.ts';
import type { Shop } from '../../engine/shop.ts';
import { type App, bodyLimits, problems } from '../api.ts';
import { rowResultsOf } from '../rows.ts';
import { history, mostRows, pageCount, rowResults, user, userRow } from '../schemas.ts';

const tags = ['users'];
const params = z.object({ userId: z.string().min(1) });
const config = { scope: 'admin' } as const;
const userPage = z.object({
  users: z.array(z.object({ userId: z.string(), recentEvents: z.number().int().describe('500 at most') })),
  next: z.string().optional(),
});

export function userRoutes(app: App, shop: Shop): void {
  app.get(
    '/v1/users',
    {
      config,
      schema: {
        summary: 'List customers in the order of their ids',
        tags,
        querystring: z.strictObject({
          after: z.string().optional().describe('The last id of the page before'),
          count: pageCount,
        }),
        response: { 200: userPage, ...problems },
      },
    },
    async ({ query: { after, count = '100' } }) => {
      const users: { userId: string; recentEvents: number }[] = [];
      for await (const one of shop.customersAfter(after)) {
        users.push(one);
        if (users.length === Number(count)) return { users, next: one.userId };
      }
      return { users };
    },
  );
  app.get(
    '/v1/users/:userId/events',
    {
      config,
      schema: {
        summary: 'The newest events of a customer',
        description: 'The newest first, 500 at most.',
        tags,
        params,
        response: { 200: history, ...problems },
      },
    },
    async ({ params: { userId } }) => ({ events: (await shop.history({ user: userId })) ?? notFound() }),
  );
  app.put(
    '/v1/users',
    {
      config,
      bodyLimit: bodyLimits.rows,
      schema: {
        summary: 'Create or replace customers',
        tags,
        body: z.strictObject({ users: z.array(userRow).min(1).max(mostRows) }),
        response: { 200: rowResults, ...problems },
      },
    },
    async ({ body }) => rowResultsOf(await shop.putUsers(body.users as UserProfile[])),
  );
  app.get(
    '/v1/users/:userId',
    { config, schema: { summary: 'One customer', tags, params, response: { 200: user, ...problems } } },
    async ({ params: { userId } }) => (await shop.user(userId)) ?? notFound(),
  );
  app.delete(
    '/v1/users/:userId',
    {
      config,
      schema: {
        summary: 'Forget a customer',
        description: 'Ids and profile are deleted; what remains stands under a key that is nobody’s.',
        tags,
        params,
        response: { 204: z.null(), ...problems },
      },
    },
    async ({ params: { userId } }, reply) => {
      if (!(await shop.forget(userId))) notFound();
      return reply.code(204).send(null);
    },
  );
}

/** Raw ids stand in no answer and no log. */
function notFound(): never {
  const message = 'userId: expected a customer of the shop, got another id.';
  throw new ShelfwiseError('SW_NOT_FOUND', message, 'Events and PUT /v1/users make customers.', { field: 'userId' });
}
