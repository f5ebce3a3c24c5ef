/** Failures as problem+json (RFC 9457), from the one error table: what a client can act on, and nothing of the inside. */
import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type ErrorCode, errorTable, ShelfwiseError } from '../core/errors.ts';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly hint: string;
  readonly field?: string;
  readonly position?: number;
  readonly requestId: string;
}

export const problemSchema: z.ZodType = z
  .object({
    type: z.string().describe('urn:shelfwise:error: and the code'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('where: expected, got'),
    code: z.string().describe('One of docs/errors.md'),
    hint: z.string().describe('What to do next'),
    field: z.string().optional().describe('The field that is wrong'),
    position: z.number().int().optional().describe('Where a condition goes wrong, from 1'),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' });

/**
 * @param requestId - stands in the log beside the whole error
 * @param given - parts of the request by their names, for what came in a wrong field
 */
export function problemOf(error: unknown, requestId: string, given: Readonly<Record<string, unknown>> = {}): Problem {
  const { code, message, hint, details } = asShelfwise(error, given);
  const { status, summary } = errorTable[code];
  // A fault of ours may tell of files and folders: that is for the log.
  const inside = status >= 500 && code !== 'SW_SHOP_BUSY' && code !== 'SW_SHOP_CLOSED';
  const { field, position } = details;
  return {
    type: `urn:shelfwise:error:${code}`,
    title: summary,
    status,
    detail: inside ? 'The server could not do this; its log says why.' : message,
    code,
    hint: inside ? 'Try again; tell whoever runs the server the requestId.' : hint,
    ...(typeof field === 'string' && { field }),
    ...(typeof position === 'number' && { position }),
    requestId,
  };
}

/** Fastify's own failures by their codes. */
const ofFastify: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['SW_TOO_LARGE', 'Send less at a time.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['SW_MEDIA_TYPE', 'Send JSON with content-type: application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['SW_REQUEST', 'Send as many bytes as content-length says.'],
  FST_ERR_BAD_URL: ['SW_REQUEST', 'Escape the address as URLs are.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['SW_REQUEST', 'Send a JSON body.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['SW_REQUEST', 'Send a JSON body.'],
};

function asShelfwise(error: unknown, given: Readonly<Record<string, unknown>>): ShelfwiseError {
  if (error instanceof ShelfwiseError) return error;
  const { code = '', message = '', statusCode = 500 } = error as Partial<FastifyError>;
  if (hasZodFastifySchemaValidationErrors(error)) return ofSchema(error, given);
  const known = ofFastify[code];
  if (known) return new ShelfwiseError(known[0], `request: ${message}.`.replace('..', '.'), known[1]);
  if (error instanceof SyntaxError || code === 'ERR_INVALID_URL')
    return new ShelfwiseError('SW_REQUEST', 'request.body: expected JSON, got another text.', 'Send a JSON body.');
  if (statusCode === 429) return new ShelfwiseError('SW_TOO_MANY', message, 'Wait as `retry-after` says.');
  if (statusCode >= 400 && statusCode < 500) {
    const hint = 'The API is described at /openapi.json.';
    return new ShelfwiseError(statusCode === 404 ? 'SW_NOT_FOUND' : 'SW_REQUEST', `request: ${message}`, hint);
  }
  return new ShelfwiseError('SW_INTERNAL', message, '', {}, error);
}

interface SchemaError {
  readonly validation: readonly {
    readonly instancePath: string;
    readonly message?: string;
    readonly params?: Readonly<Record<string, unknown>>;
  }[];
  readonly validationContext?: string;
}

function ofSchema(
  { validation, validationContext = 'request' }: SchemaError,
  given: Readonly<Record<string, unknown>>,
): ShelfwiseError {
  const [first] = validation;
  const strange = (first?.params?.['keys'] as readonly string[] | undefined)?.slice(0, 1) ?? [];
  const path = (first?.instancePath ?? '').split('/').filter(Boolean).map(unescaped);
  const field = [...path, ...strange].join('.');
  const where = field === '' ? validationContext : `${validationContext}.${field}`;
  const expected = first?.message?.replace(/^(?:Too \w+|Invalid \w+): /, '') ?? 'expected what the schema says';
  const came = path.reduce(
    (value: unknown, name) => (value as Record<string, unknown> | undefined)?.[name],
    given[validationContext],
  );
  const got = strange.length > 0 ? '' : `, got ${shown(came)}`;
  const message = `${where}: ${expected.replace(/, received .*$/, '')}${got}.`;
  return new ShelfwiseError('SW_REQUEST', message, 'The API is described at /openapi.json.', { field: where });
}

const unescaped = (name: string): string => name.replaceAll('~1', '/').replaceAll('~0', '~');

function shown(value: unknown): string {
  if (value === undefined) return 'none';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
