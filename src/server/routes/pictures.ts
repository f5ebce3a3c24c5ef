/** Pictures of products that lie in the shop's folder `pictures`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ShelfwiseError } from '../../core/errors.ts';
import type { Shop } from '../../engine/shop.ts';
import type { App } from '../api.ts';

const types: Readonly<Record<string, string>> = {
  ...{ webp: 'image/webp', png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', svg: 'image/svg+xml' },
};
/** A name, never a path. */
const name = z.string().regex(/^[\w-]{1,200}\.(webp|png|jpe?g|svg)$/, 'expected the name of a picture');

export function pictureRoutes(app: App, shop: Shop): void {
  app.get(
    '/pictures/:name',
    { config: { scope: 'open' }, schema: { hide: true, params: z.object({ name }) } },
    async ({ params }, reply) => {
      const bytes = await readFile(join(shop.folder, 'pictures', params.name)).catch(() => undefined);
      if (!bytes) {
        const message = 'name: expected a picture of the shop, got another name.';
        throw new ShelfwiseError('SW_NOT_FOUND', message, 'Put it into the folder `pictures` of the shop.');
      }
      return reply
        .headers({
          'cache-control': 'public, max-age=3600',
          'x-content-type-options': 'nosniff',
          // A drawing is shown and never run.
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        })
        .type(types[params.name.split('.').at(-1)!]!)
        .send(bytes);
    },
  );
}
