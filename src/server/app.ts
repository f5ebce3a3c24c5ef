/** The HTTP API over an open shop: routes with their schemas, keys, limits, failures and metrics. It listens to nothing yet. */

import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import fastify, { type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { ShelfwiseError } from '../core/errors.ts';
import type { Shop } from '../engine/shop.ts';
import { type App, bodyLimits } from './api.ts';
import { docsPage } from './docs-page.ts';
import { KeyRing } from './keys.ts';
import { isLoopback } from './loopback.ts';
import { ServerMetrics } from './metrics.ts';
import { type Problem, problemOf } from './problem.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { dashboardRoutes } from './routes/dashboard.ts';
import { eventRoutes } from './routes/events.ts';
import { gorseRoutes } from './routes/gorse.ts';
import { operationRoutes } from './routes/operations.ts';
import { pictureRoutes } from './routes/pictures.ts';
import { recommendationRoutes } from './routes/recommendations.ts';
import { shopRoutes } from './routes/shop.ts';
import { userRoutes } from './routes/users.ts';

export interface ServerOptions {
  readonly shop: Shop;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where log lines go; nowhere where absent. */
  readonly log?: { readonly level: string; readonly stream: NodeJS.WritableStream };
  /** Requests that a key, or an address without one, may send in a minute. @default 60_000 */
  readonly requestsPerMinute?: number;
  /** Origins of pages that may call the API from a browser; none by default. */
  readonly origins?: readonly string[];
  /** Origins of the catalogue's pictures, which the page may show. */
  readonly imageOrigins?: readonly string[];
  /** True where the page may record clicks as a shopper's without being asked, as in the demo. @default false */
  readonly acts?: boolean;
  /** Milliseconds in which a request is whole, and for which an idle connection stays. @default 30_000 */
  readonly patienceMs?: number;
}

const defaultPatienceMs = 30_000;

/** The API of a shop. @throws ShelfwiseError `SW_SHOP_CORRUPT` where its keys cannot be read */
export async function createApp(options: ServerOptions): Promise<App> {
  const { shop, version, now, patienceMs = defaultPatienceMs, requestsPerMinute = 60_000 } = options;
  const app = fastify({
    bodyLimit: bodyLimits.usual,
    requestTimeout: patienceMs,
    connectionTimeout: 2 * patienceMs,
    keepAliveTimeout: patienceMs,
    http: {
      headersTimeout: patienceMs,
      connectionsCheckingInterval: Math.min(patienceMs, 5_000),
      maxHeaderSize: 16_384,
    },
    routerOptions: { maxParamLength: 2_100 },
    genReqId: () => crypto.randomUUID(),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    frameworkErrors: (error, request, reply) => sendProblem(reply, problemOf(error, request.id)),
    clientErrorHandler: refuseRaw,
    ...(options.log ? { logger: { ...options.log, base: null, serializers, redact: ['key', '*.authorization'] } } : {}),
  }).withTypeProvider<ZodTypeProvider>() as unknown as App;
  app.setValidatorCompiler(validatorCompiler);
  // Schemas of answers describe; what is sent was made here.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler((error, request, reply) => {
    const { body, query: querystring, params } = request;
    const problem = problemOf(error, request.id, { body, querystring, params });
    if (problem.status >= 500) request.log.error({ err: error, requestId: request.id }, 'failed');
    sendProblem(reply, problem);
  });
  app.setNotFoundHandler((request) => {
    const hint = 'The API is described at /openapi.json.';
    throw new ShelfwiseError('SW_NOT_FOUND', `${request.method} ${request.url.slice(0, 200)}: no such route.`, hint);
  });
  const metrics = new ServerMetrics(shop);
  observe(app, metrics);
  await guard(app, new KeyRing(shop.folder, now), { requestsPerMinute, origins: options.origins ?? [] });
  await describe(app, version);
  await app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>() as unknown as App;
    eventRoutes(api, shop, now, metrics);
    recommendationRoutes(api, shop, metrics);
    catalogueRoutes(api, shop, now);
    userRoutes(api, shop);
    shopRoutes(api, shop);
    pictureRoutes(api, shop);
    operationRoutes(api, shop, metrics);
    docsPage(api);
    dashboardRoutes(api, { acts: options.acts ?? false, imageOrigins: options.imageOrigins ?? [] });
  });
  await app.register(async (scope) => {
    gorseRoutes(scope.withTypeProvider<ZodTypeProvider>() as unknown as App, shop, now);
  });
  return app;
}

function sendProblem(reply: Pick<FastifyReply, 'code' | 'type' | 'send'>, problem: Problem): void {
  void reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** Every route but the open ones asks for a key once the shop has any. */
async function guard(
  app: App,
  keys: KeyRing,
  { requestsPerMinute, origins }: { readonly requestsPerMinute: number; readonly origins: readonly string[] },
): Promise<void> {
  await keys.isLocked();
  app.decorateRequest('keyId', '');
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'x-api-key'],
    maxAge: 600,
  });
  const refused = new WeakMap<FastifyRequest, unknown>();
  app.addHook('onRequest', async (request) => {
    const scope = request.routeOptions.config.scope ?? 'admin';
    if (!(await keys.isLocked())) return refuseOtherHosts(request);
    if (scope === 'open') return;
    await keys.holder(keyOf(request), scope).then(
      ({ id }) => {
        request.keyId = id;
      },
      (error: unknown) => refused.set(request, error),
    );
  });
  // Whoever tries keys is counted by address before the key is refused.
  app.addHook('preParsing', async (request) => {
    if (refused.has(request)) throw refused.get(request);
  });
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: ({ keyId, ip }) => keyId || ip,
    errorResponseBuilder: (_, { max, ttl }) =>
      new ShelfwiseError(
        'SW_TOO_MANY',
        `requests: expected at most ${max} a minute, got more.`,
        `Wait ${Math.ceil(ttl / 1000)} s, or send rows in batches.`,
      ),
  });
}

/**
 * Without keys the shop answers to this machine alone. A page of another site can point a name of its own at this address
 * (DNS rebinding); it is known by the name.
 */
function refuseOtherHosts({ hostname }: FastifyRequest): void {
  if (isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'))) return;
  const message = 'host: expected a name of this machine, since the shop has no keys; got another.';
  throw new ShelfwiseError('SW_KEY_MISSING', message, 'Run `shelfwise key create` to serve others.', { field: 'host' });
}

function keyOf({ headers }: FastifyRequest): string | undefined {
  const bearer = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const plain = headers['x-api-key'];
  return bearer ?? (typeof plain === 'string' ? plain : undefined);
}

async function describe(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Shelfwise', version, description: 'Events in, slates out: the API of one shop.' },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      security: [{ key: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
    transformObject: createJsonSchemaTransformObject({}),
  });
}

/** What went through, by route, and one log line for each; neither holds a raw id. */
function observe(app: App, metrics: ServerMetrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.answered(request.method, route, reply.statusCode, reply.elapsedTime);
    request.log.info({
      ...{ requestId: request.id, method: request.method, route, status: reply.statusCode },
      ...{ ms: Math.round(reply.elapsedTime * 10) / 10, ...(request.keyId && { key: request.keyId }) },
    });
  });
}

const serializers = {
  err: (error: Error) => ({ type: error.name, message: error.message, stack: error.stack ?? '' }),
};

/** What is not even HTTP is answered once and hung up on. */
function refuseRaw(error: NodeJS.ErrnoException, socket: import('node:net').Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const timedOut = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const status = timedOut
    ? '408 Request Timeout'
    : tooLarge
      ? '431 Request Header Fields Too Large'
      : '400 Bad Request';
  const problem = problemOf(
    timedOut
      ? new ShelfwiseError('SW_TIMEOUT', 'request: expected the whole of it in time, got a part.', 'Send it again.')
      : new ShelfwiseError('SW_REQUEST', 'request: expected HTTP, got something else.', 'Send well-formed requests.'),
    crypto.randomUUID(),
  );
  const body = JSON.stringify({ ...problem, status: Number(status.slice(0, 3)) });
  const head = `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body}`);
}
