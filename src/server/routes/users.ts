/** Customers: what the shop knows of them beside events, and forgetting them. */
import { z } from 'zod';
import { ShelfwiseError } from '../../core/errors.ts';
import type { UserProfile } from '../../data/events.ts';
import type { Shop } from '../../engine/shop.ts';
import { type App, bodyLimits, problems } from '../api.ts';
import { rowResultsOf } from '../rows.ts';
import { mostRows, rowResults, user, userRow } from '../schemas.ts';

const tags = ['users'];
const params = z.object({ userId: z.string().min(1) });
const config = { scope: 'admin' } as const;

export function userRoutes(app: App, shop: Shop): void {
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
