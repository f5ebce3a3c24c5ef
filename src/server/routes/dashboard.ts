/** The page for people, at the addresses that no route of the API has. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ShelfwiseError } from '../../core/errors.ts';
import type { App } from '../api.ts';
import { openDashboard } from '../dashboard-files.ts';

export interface DashboardOptions {
  /** True where clicks may be recorded as a shopper's from the start, as in the demo. */
  readonly acts: boolean;
  /** Origins of pictures beside the server itself. */
  readonly imageOrigins: readonly string[];
}

const config = { scope: 'open' } as const;

/** @throws ShelfwiseError `SW_USAGE` for an origin that is none: it would stand in the page's policy */
export function dashboardRoutes(app: App, { acts, imageOrigins }: DashboardOptions): void {
  const wrong = imageOrigins.find((origin) => !/^https?:\/\/[\w.-]+(?::\d{1,5})?$/.test(origin));
  if (wrong !== undefined) {
    const message = `--image-origin: expected an origin as in https://cdn.example.com, got ${JSON.stringify(wrong)}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'Leave out the path; name several by the flag again.');
  }
  const policy = [
    ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"],
    ["img-src 'self' data:", ...imageOrigins].join(' '),
    ...["base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"],
  ].join('; ');
  const headers = {
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
    vary: 'cookie, accept-language',
  };

  /** The page asks the API as its reader would: with the same headers, and without leaving the process. */
  const callFor =
    ({ headers: given }: FastifyRequest) =>
    async (method: string, url: string, body?: unknown) => {
      const sent = {
        host: given.host ?? 'localhost',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      };
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
      const answer = await app.inject({ method: method as 'GET', url, headers: sent, ...payload });
      return { status: answer.statusCode, body: answer.json() as unknown };
    };

  app.get('/*', { config, schema: { hide: true } }, async (request, reply): Promise<FastifyReply | string> => {
    const path = new URL(request.url, 'http://localhost').pathname;
    const dashboard = await openDashboard();
    if (!dashboard.hasPage(path)) {
      reply.callNotFound();
      return reply;
    }
    const html = await dashboard.render({
      ...{ path, acts, call: callFor(request) },
      cookie: request.headers.cookie ?? '',
      acceptLanguage: request.headers['accept-language'] ?? '',
    });
    return reply.headers(headers).type('text/html; charset=utf-8').send(html);
  });
  app.get(
    '/assets/:name',
    { config, schema: { hide: true, params: z.object({ name: z.string() }) } },
    async ({ params: { name } }, reply): Promise<FastifyReply> => {
      const asset = (await openDashboard()).assets.get(name);
      if (!asset) {
        reply.callNotFound();
        return reply;
      }
      return reply
        .headers({ 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' })
        .type(asset.type)
        .send(asset.bytes);
    },
  );
}
