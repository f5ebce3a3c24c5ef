/** Slates: one, many at once, and the orders that need no shopper. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ShelfwiseError } from '../../core/errors.ts';
import type { Recommendation, RecommendRequest } from '../../engine/recommendation.ts';
import type { Shop } from '../../engine/shop.ts';
import { type App, bodyLimits, problems } from '../api.ts';
import type { ServerMetrics } from '../metrics.ts';
import { type Problem, problemOf, problemSchema } from '../problem.ts';
import { type ListQuery, listQuery, mostBatched, type SlateRequest, slate, slateRequest } from '../schemas.ts';

export function recommendationRoutes(app: App, shop: Shop, metrics: ServerMetrics): void {
  const recommend = async (request: RecommendRequest): Promise<Recommendation> => {
    const answer = await shop.recommend(request);
    metrics.slate(
      answer.generation,
      answer.fellBack.map(({ code }) => code),
    );
    return answer;
  };
  /** The answer goes on as the bytes that it was made of. */
  const send = async (reply: FastifyReply, request: RecommendRequest): Promise<FastifyReply> => {
    const { json, generation, fellBack } = await shop.recommendJson(request);
    metrics.slate(generation, fellBack);
    return reply.type('application/json; charset=utf-8').send(Buffer.from(json.buffer, json.byteOffset, json.length));
  };
  const config = { scope: 'recommend' } as const;
  app.post(
    '/v1/recommendations',
    {
      config,
      schema: {
        summary: 'Choose a slate',
        description: 'For a customer, a visitor, a session, what is looked at, a cart, or nobody.',
        tags: ['recommendations'],
        body: slateRequest,
        response: { 200: slate, ...problems },
      },
    },
    ({ body }, reply) => send(reply as FastifyReply, requestOf(body)),
  );
  app.post(
    '/v1/recommendations/batch',
    {
      bodyLimit: bodyLimits.rows,
      config,
      schema: {
        summary: 'Choose many slates',
        description: 'One answer per request, in order; one that fails carries its problem and leaves the others.',
        tags: ['recommendations'],
        body: z.strictObject({ requests: z.array(slateRequest).min(1).max(mostBatched) }),
        response: {
          200: z.object({
            answers: z.array(z.object({ recommendation: slate.optional(), problem: problemSchema.optional() })),
          }),
          ...problems,
        },
      },
    },
    async ({ body, id }) => {
      const answers = await Promise.all(
        body.requests.map((one) =>
          recommend(requestOf(one)).then(
            (recommendation): { recommendation: Recommendation } | { problem: Problem } => ({ recommendation }),
            (error: unknown) => ({ problem: problemOf(error, id) }),
          ),
        ),
      );
      return { answers };
    },
  );
  app.get(
    '/v1/products/:productId/similar',
    {
      config,
      schema: {
        summary: 'Products like one',
        tags: ['recommendations'],
        params: z.object({ productId: z.string().min(1) }),
        querystring: listQuery,
        response: { 200: slate, ...problems },
      },
    },
    ({ params, query }, reply) =>
      send(reply as FastifyReply, { ...listed(query), order: 'similar', viewing: [params.productId] }),
  );
  for (const [order, summary] of [
    ['popular', 'Products that are chosen most'],
    ['trending', 'Products that are chosen more than they were'],
    ['latest', 'Products that are new'],
  ] as const)
    app.get(
      `/v1/${order}`,
      {
        config,
        schema: {
          summary,
          tags: ['recommendations'],
          querystring: listQuery,
          response: { 200: slate, ...problems },
        },
      },
      ({ query }, reply) => send(reply as FastifyReply, { ...listed(query), order }),
    );
}

function requestOf({ session, ...request }: SlateRequest): RecommendRequest {
  const nobody = request.user === undefined && request.visitor === undefined && session !== undefined;
  const given = Object.entries({ ...request, ...(nobody && { visitor: session }) });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function listed({ count = '10', filter, place, after }: ListQuery): RecommendRequest {
  const wanted = Number(count);
  if (wanted < 1 || wanted > 1_000) {
    const message = `querystring.count: expected a whole number from 1 to 1000, got ${count}.`;
    throw new ShelfwiseError('SW_REQUEST', message, 'Ask for fewer at a time.', { field: 'querystring.count' });
  }
  return {
    count: wanted,
    explain: false,
    ...(filter !== undefined && { filter }),
    ...(place !== undefined && { place }),
    ...(after !== undefined && { after }),
  };
}
