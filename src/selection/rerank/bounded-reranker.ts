/**
 * A reranker within its bounds: a deadline, so many questions at once, tokens and money of a day, a breaker for what fails, and
 * a memory of what was judged before. Past any bound the asker is told at once why, and goes on without.
 */
import { createHash } from 'node:crypto';
import { ShelfwiseError } from '../../core/errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type {
  Reranker,
  Reranking,
  RerankLimits,
  RerankOutcome,
  RerankQuestion,
  RerankReason,
  RerankScores,
} from './reranker.ts';

/** What was spent on a day. */
export interface Spent {
  readonly tokens: number;
  /** In the money that the prices are in. */
  readonly cost: number;
}

/** The port of what outlives a process; losing scores costs time, losing what was spent costs money. */
export interface RerankMemory {
  /** Scores by the hash of a candidate's words; undefined where there are none that still hold. */
  scores(key: string, now: number): ReadonlyMap<string, number> | undefined;
  keep(key: string, scores: ReadonlyMap<string, number>, until: number): void;
  spent(day: string): Spent;
  spend(day: string, spent: Spent): void;
}

export interface RerankBounds {
  /** Milliseconds that a slate waits. @default 150 */
  readonly deadlineMs: number;
  /** After which a question is given up, milliseconds. A question that outlasts its deadline goes on: its answer serves the next. */
  readonly timeoutMs: number;
  /** Questions at once. */
  readonly concurrency: number;
  /** Of a day (UTC); Infinity for no bound. */
  readonly tokensPerDay: number;
  readonly costPerDay: number;
  /** Money for a million tokens. */
  readonly prices: { readonly input: number; readonly output: number };
  /** For how long an answer holds. */
  readonly cacheDays: number;
}

export const defaultBounds: RerankBounds = {
  ...{ deadlineMs: 150, timeoutMs: 20_000, concurrency: 4, cacheDays: 7 },
  ...{ tokensPerDay: Infinity, costPerDay: Infinity, prices: { input: 0, output: 0 } },
};

/** Of the candidates asked for, so many known ones are enough. */
const enoughKnown = 0.8;
const dayMs = 86_400_000;

type Answer = { readonly answer: RerankScores } | { readonly failed: RerankReason; readonly text: string };

export class BoundedReranker implements Reranking {
  readonly name: string;
  readonly #reranker: Reranker;
  readonly #bounds: RerankBounds;
  readonly #memory: RerankMemory;
  readonly #breaker: CircuitBreaker;
  readonly #now: () => number;
  readonly #running = new Map<string, Promise<Answer>>();
  readonly #waiting: (() => void)[] = [];
  /** What questions on their way may take. */
  readonly #reserved = { tokens: 0, cost: 0 };

  /** @param now - milliseconds since 1970 */
  constructor(
    reranker: Reranker,
    memory: RerankMemory,
    bounds: Partial<RerankBounds> = {},
    { now = Date.now, breaker = new CircuitBreaker() }: { now?: () => number; breaker?: CircuitBreaker } = {},
  ) {
    this.name = reranker.name;
    this.#reranker = reranker;
    this.#memory = memory;
    this.#bounds = { ...defaultBounds, ...bounds };
    this.#breaker = breaker;
    this.#now = now;
  }

  async ask(question: RerankQuestion, { leftMs, signal, isPatient = false }: RerankLimits): Promise<RerankOutcome> {
    const started = performance.now();
    const ms = (): number => performance.now() - started;
    const missed = (reason: RerankReason, text?: string): RerankOutcome => ({
      ...{ missed: reason, ms: ms() },
      ...(text !== undefined && { text }),
    });
    if (question.candidates.length < 2) return missed('nothing_to_rank');
    const key = hashOf([this.name, question.language, question.history, question.typed ?? '']);
    const known = this.#known(key, question);
    if (known) return { scores: known, cached: true, ms: ms(), faults: 0 };
    const whole = hashOf([key, question.candidates]);
    let running = this.#running.get(whole);
    if (!running) {
      while (isPatient && this.#running.size >= this.#bounds.concurrency) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        signal?.throwIfAborted();
      }
      if (this.#breaker.isOpen) return missed('breaker_open');
      if (this.#running.size >= this.#bounds.concurrency) return missed('busy');
      const expected = this.#costOf(this.#reranker.expectedTokens?.(question));
      if (!this.#affords(expected)) return missed('budget');
      running = this.#start(key, whole, question, expected);
    }
    const wait = isPatient ? leftMs : Math.min(leftMs, this.#bounds.deadlineMs);
    const answer = await within(running, wait, signal);
    // What is late, but comes, is no failure: so many as may be are out at once, the others are told so without waiting.
    if (answer === 'late') return missed('deadline');
    if ('failed' in answer) return missed(answer.failed, answer.text);
    const { scores, faults = 0 } = answer.answer;
    return { scores, cached: false, ms: ms(), faults };
  }

  #start(key: string, whole: string, question: RerankQuestion, expected: Spent): Promise<Answer> {
    this.#breaker.begin();
    this.#reserved.tokens += expected.tokens;
    this.#reserved.cost += expected.cost;
    const done = (): void => {
      this.#running.delete(whole);
      this.#reserved.tokens -= expected.tokens;
      this.#reserved.cost -= expected.cost;
      this.#waiting.shift()?.();
    };
    const signal = AbortSignal.timeout(this.#bounds.timeoutMs);
    const running = this.#reranker
      .rerank(question, { signal })
      .then((answer): Answer => {
        this.#pay(answer.tokens);
        checkScores(answer.scores, question.candidates.length, this.name);
        this.#breaker.succeed();
        this.#keep(key, question, answer.scores);
        return { answer };
      })
      .catch((error: unknown): Answer => {
        this.#breaker.fail();
        const wrong = error instanceof ShelfwiseError && error.details['kind'] === 'wrong_answer';
        if (error instanceof ShelfwiseError) this.#pay(error.details['tokens'] as Tokens | undefined);
        return { failed: wrong ? 'wrong_answer' : 'failed', text: (error as Error).message };
      });
    this.#running.set(whole, running);
    void running.then(done);
    return running;
  }

  #known(key: string, { candidates }: RerankQuestion): Float32Array | undefined {
    const kept = this.#memory.scores(key, this.#now());
    if (!kept) return undefined;
    const scores = Float32Array.from(candidates, (words) => kept.get(hashOf(words)) ?? Number.NaN);
    const found = scores.reduce((sum, score) => sum + Number(!Number.isNaN(score)), 0);
    return found >= enoughKnown * candidates.length && found > 1 ? scores : undefined;
  }

  #keep(key: string, { candidates }: RerankQuestion, scores: Float32Array): void {
    const kept = new Map<string, number>();
    for (const [c, words] of candidates.entries()) if (!Number.isNaN(scores[c]!)) kept.set(hashOf(words), scores[c]!);
    this.#memory.keep(key, kept, this.#now() + this.#bounds.cacheDays * dayMs);
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

type Tokens = { readonly input: number; readonly output: number };

/** @throws ShelfwiseError `SW_RERANK` where nothing that can be compared came */
function checkScores(scores: Float32Array, count: number, name: string): void {
  let judged = 0;
  for (const score of scores) if (Number.isFinite(score)) judged++;
  if (scores.length === count && judged > 1 && !scores.some((score) => Math.abs(score) === Infinity)) return;
  const message = `rerank "${name}": expected a finite score for each of ${count} candidates, got ${judged} among ${scores.length}.`;
  throw new ShelfwiseError('SW_RERANK', message, 'Name another model, or leave `rerank` out.', {
    kind: 'wrong_answer',
  });
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

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
}

/** What lasts as long as the process. @param most - answers kept, the oldest go first */
export function memoryOfProcess(most = 10_000): RerankMemory {
  const kept = new Map<string, { readonly scores: ReadonlyMap<string, number>; readonly until: number }>();
  const days = new Map<string, Spent>();
  const spentOn = (day: string): Spent => days.get(day) ?? { tokens: 0, cost: 0 };
  return {
    scores(key, now) {
      const found = kept.get(key);
      return found && found.until > now ? found.scores : undefined;
    },
    keep(key, scores, until) {
      kept.delete(key);
      kept.set(key, { scores, until });
      for (const oldest of kept.keys()) if (kept.size > most) kept.delete(oldest);
    },
    spent: spentOn,
    spend(day, { tokens, cost }) {
      const before = spentOn(day);
      days.set(day, { tokens: before.tokens + tokens, cost: before.cost + cost });
    },
  };
}
