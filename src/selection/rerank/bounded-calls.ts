/**
 * Calls to a model within bounds: a deadline, so many at once, tokens and money of a day, a breaker for what fails, and a
 * memory of what was answered before. Past any bound the asker is told at once why, and goes on without.
 */
import { createHash } from 'node:crypto';
import { ShelfwiseError } from '../../core/errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { Tokens } from './language-model.ts';
import type { RerankLimits, RerankReason } from './reranker.ts';

/** What was spent on a day. */
export interface Spent {
  readonly tokens: number;
  /** In the money that the prices are in. */
  readonly cost: number;
}

/** The port of what outlives a process; losing answers costs time, losing what was spent costs money. */
export interface CallMemory {
  /** An answer, JSON; undefined where there is none that still holds. */
  known(key: string, now: number): unknown;
  /** @param answer - JSON, not undefined */
  keep(key: string, answer: unknown, until: number): void;
  spent(day: string): Spent;
  spend(day: string, spent: Spent): void;
}

export interface CallBounds {
  /** Milliseconds that a slate waits. */
  readonly deadlineMs: number;
  /** After which a call is given up, milliseconds. One that outlasts its deadline goes on: its answer serves the next. */
  readonly timeoutMs: number;
  /** Calls at once. */
  readonly concurrency: number;
  /** Of a day (UTC); Infinity for no bound. */
  readonly tokensPerDay: number;
  readonly costPerDay: number;
  /** Money for a million tokens. */
  readonly prices: Tokens;
  /** For how long an answer holds. */
  readonly cacheDays: number;
}

export const defaultBounds: CallBounds = {
  ...{ deadlineMs: 150, timeoutMs: 20_000, concurrency: 4, cacheDays: 7 },
  ...{ tokensPerDay: Infinity, costPerDay: Infinity, prices: { input: 0, output: 0 } },
};

export interface Call<T> {
  /** What it will take at most. */
  readonly expected: Tokens | undefined;
  /** Asks, checks and keeps; what it throws may say in `details.tokens` what it took. */
  run(signal: AbortSignal): Promise<{ readonly value: T; readonly tokens?: Tokens | undefined }>;
}

export type CallOutcome<T> = { readonly value: T } | { readonly missed: RerankReason; readonly text?: string };

const dayMs = 86_400_000;

export class BoundedCalls {
  readonly #memory: CallMemory;
  readonly #bounds: CallBounds;
  readonly #breaker: CircuitBreaker;
  readonly #now: () => number;
  readonly #running = new Map<string, Promise<CallOutcome<unknown>>>();
  readonly #waiting: (() => void)[] = [];
  /** What calls on their way may take. */
  readonly #reserved = { tokens: 0, cost: 0 };

  /** @param now - milliseconds since 1970 */
  constructor(
    memory: CallMemory,
    bounds: Partial<CallBounds> = {},
    { now = Date.now, breaker = new CircuitBreaker() }: { now?: () => number; breaker?: CircuitBreaker } = {},
  ) {
    this.#memory = memory;
    this.#bounds = { ...defaultBounds, ...bounds };
    this.#breaker = breaker;
    this.#now = now;
  }

  known(key: string): unknown {
    return this.#memory.known(key, this.#now());
  }

  keep(key: string, answer: unknown): void {
    this.#memory.keep(key, answer, this.#now() + this.#bounds.cacheDays * dayMs);
  }

  /** @param key - of the call: who asks the same meanwhile shares its answer */
  async ask<T>(
    key: string,
    call: Call<T>,
    { leftMs, signal, isPatient = false }: RerankLimits,
  ): Promise<CallOutcome<T>> {
    let running = this.#running.get(key) as Promise<CallOutcome<T>> | undefined;
    if (!running) {
      while (isPatient && this.#running.size >= this.#bounds.concurrency) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        signal?.throwIfAborted();
      }
      if (this.#breaker.isOpen) return { missed: 'breaker_open' };
      if (this.#running.size >= this.#bounds.concurrency) return { missed: 'busy' };
      const expected = this.#costOf(call.expected);
      if (!this.#affords(expected)) return { missed: 'budget' };
      running = this.#start(key, call, expected);
    }
    const answer = await within(running, isPatient ? leftMs : Math.min(leftMs, this.#bounds.deadlineMs), signal);
    // What is late, but comes, is no failure: so many as may be are out at once, the others are told so without waiting.
    return answer === 'late' ? { missed: 'deadline' } : answer;
  }

  #start<T>(key: string, { run }: Call<T>, expected: Spent): Promise<CallOutcome<T>> {
    this.#breaker.begin();
    this.#reserved.tokens += expected.tokens;
    this.#reserved.cost += expected.cost;
    const running = run(AbortSignal.timeout(this.#bounds.timeoutMs))
      .then(({ value, tokens }): CallOutcome<T> => {
        this.#breaker.succeed();
        this.#pay(tokens);
        return { value };
      })
      .catch((error: unknown): CallOutcome<T> => {
        this.#breaker.fail();
        const { kind, tokens } = error instanceof ShelfwiseError ? error.details : {};
        this.#pay(tokens as Tokens | undefined);
        return { missed: kind === 'wrong_answer' ? 'wrong_answer' : 'failed', text: (error as Error).message };
      });
    this.#running.set(key, running);
    void running.then(() => {
      this.#running.delete(key);
      this.#reserved.tokens -= expected.tokens;
      this.#reserved.cost -= expected.cost;
      this.#waiting.shift()?.();
    });
    return running;
  }

  #costOf(tokens: Tokens | undefined): Spent {
    if (!tokens) return { tokens: 0, cost: 0 };
    const { input, output } = this.#bounds.prices;
    return { tokens: tokens.input + tokens.output, cost: (tokens.input * input + tokens.output * output) / 1e6 };
  }

  #affords(expected: Spent): boolean {
    const { tokensPerDay, costPerDay } = this.#bounds;
    if (tokensPerDay === Infinity && costPerDay === Infinity) return true;
    const { tokens, cost } = this.#memory.spent(this.#day());
    const { tokens: moreTokens, cost: moreCost } = this.#reserved;
    return tokens + moreTokens + expected.tokens <= tokensPerDay && cost + moreCost + expected.cost <= costPerDay;
  }

  #pay(tokens: Tokens | undefined): void {
    if (tokens) this.#memory.spend(this.#day(), this.#costOf(tokens));
  }

  #day(): string {
    return new Date(this.#now()).toISOString().slice(0, 10);
  }
}

async function within<T>(work: Promise<T>, ms: number, signal: AbortSignal | undefined): Promise<T | 'late'> {
  if (ms === Infinity && !signal) return work;
  const over = Promise.withResolvers<'late'>();
  const late = (): void => over.resolve('late');
  const timer = ms === Infinity ? undefined : setTimeout(late, ms);
  signal?.addEventListener('abort', late, { once: true });
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', late);
  }
}

/** A short name for what a call is about. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
}

/** What lasts as long as the process. @param most - answers kept, the oldest go first */
export function memoryOfProcess(most = 10_000): CallMemory {
  const kept = new Map<string, { readonly answer: unknown; readonly until: number }>();
  const days = new Map<string, Spent>();
  const spentOn = (day: string): Spent => days.get(day) ?? { tokens: 0, cost: 0 };
  return {
    known(key, now) {
      const found = kept.get(key);
      return found && found.until > now ? found.answer : undefined;
    },
    keep(key, answer, until) {
      kept.delete(key);
      kept.set(key, { answer, until });
      for (const oldest of kept.keys()) if (kept.size > most) kept.delete(oldest);
    },
    spent: spentOn,
    spend(day, { tokens, cost }) {
      const before = spentOn(day);
      days.set(day, { tokens: before.tokens + tokens, cost: before.cost + cost });
    },
  };
}
