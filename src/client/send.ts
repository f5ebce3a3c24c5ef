/** One request with a deadline, tried again while that may help. */
import type { Problem } from './api-types.ts';

/** What the API refused, or could not do; `problem` says where. Status 0: no answer came at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly problem: Problem | undefined;

  constructor(message: string, status: number, problem?: Problem, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.problem = problem;
  }
}

export interface SendOptions {
  /** As `https://shop.example:8078`. */
  readonly url: string;
  /** Sent as a bearer token. Pages of a shop are for all to read: give them a key of the scopes that may be known. */
  readonly key?: string | undefined;
  /** Milliseconds for each try. @default 3_000 */
  readonly timeoutMs?: number | undefined;
  /** Tries after the first, where none answered or the server was busy. @default 2 */
  readonly retries?: number | undefined;
  /** Milliseconds; the n-th wait is a random part of this times 2^n. @default 200 */
  readonly backoffMs?: number | undefined;
  /** @default that of the platform */
  readonly fetch?: typeof fetch | undefined;
}

/** Busy, or between two processes of the server: the next try may find it well. */
const passing = new Set([408, 425, 429, 502, 503, 504]);
const longestWaitMs = 30_000;

/** @throws ApiError */
export async function send<T>(
  { url, key, timeoutMs = 3_000, retries = 2, backoffMs = 200, fetch: ask = fetch }: SendOptions,
  method: string,
  path: string,
  { body, signal, keepalive = false }: { body?: unknown; signal?: AbortSignal | undefined; keepalive?: boolean } = {},
): Promise<T> {
  const init = {
    ...{ method, keepalive },
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  for (let tried = 0; ; tried++) {
    signal?.throwIfAborted();
    const late = AbortSignal.timeout(timeoutMs);
    const both = signal ? AbortSignal.any([signal, late]) : late;
    let failed: ApiError;
    let waitMs = Math.random() * backoffMs * 2 ** tried;
    try {
      const answer = await ask(url.replace(/\/$/, '') + path, { ...init, signal: both });
      const text = await answer.text();
      if (answer.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
      failed = refusal(answer.status, text, method, path);
      if (!passing.has(answer.status)) throw failed;
      waitMs = Math.max(waitMs, 1_000 * Number(answer.headers.get('retry-after') ?? 0) || 0);
    } catch (error) {
      if (error instanceof ApiError || signal?.aborted) throw error;
      const what = late.aborted ? `no answer within ${timeoutMs} ms` : 'no answer';
      failed = new ApiError(`${method} ${path}: ${what}`, 0, undefined, error);
    }
    if (tried >= retries) throw failed;
    await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, longestWaitMs)));
  }
}

function refusal(status: number, text: string, method: string, path: string): ApiError {
  let problem: Problem | undefined;
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    // Something between here and the server answered in its own words.
  }
  return new ApiError(`${method} ${path}: ${problem?.detail ?? `status ${status}`}`, status, problem);
}
