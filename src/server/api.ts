/** What routes are declared with: the typed server, what a key must be for, how large bodies may be. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Scope } from './keys.ts';
import { problemSchema } from './problem.ts';

export type App = FastifyInstance<
  Server<typeof IncomingMessage, typeof ServerResponse>,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must be for; `open` needs none. */
    readonly scope?: Scope | 'open';
  }
  interface FastifyRequest {
    /** Id of the key that the request carries; empty where none is needed. */
    keyId: string;
  }
}

export const bodyLimits: { readonly usual: number; readonly rows: number } = { usual: 2 ** 20, rows: 8 * 2 ** 20 };

interface ProblemResponse {
  readonly description: string;
  readonly content: { readonly 'application/problem+json': { readonly schema: typeof problemSchema } };
}

const problem = (description: string): ProblemResponse => ({
  ...{ description, content: { 'application/problem+json': { schema: problemSchema } } },
});
/** Failures that every route may answer. */
export const problems: Readonly<Record<'4xx' | '5xx', ProblemResponse>> = {
  '4xx': problem('What the request lacks'),
  '5xx': problem('What the server could not do'),
};
