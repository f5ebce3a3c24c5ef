/**
 * Several threads that answer, each a whole request from retrieval to reasons; the one with the least to do takes the next.
 * Weights lie once in shared memory. A thread that dies is replaced, and what it had not answered goes to another.
 */
import { Worker } from 'node:worker_threads';
import type { StoreOfFolder } from '../adapters/open-store.ts';
import { ShelfwiseError } from '../core/errors.ts';
import { noteEnded } from '../core/scratch.ts';
import { workerFlags } from '../core/worker-flags.ts';
import type { AnswerJson, Answers } from '../engine/answering.ts';
import type { Recommendation, RecommendRequest } from '../engine/recommendation.ts';
import type { RequestTime } from '../engine/request-time.ts';
import { type OpenReranking, openedOnce } from '../engine/rerank-stage.ts';
import { type LoadedState, loadState } from '../models/state-file.ts';
import type { WritingOutcome, WritingQuestion } from '../selection/explain/sentence-writer.ts';
import type { RerankChoice } from '../selection/rerank/rerank-choice.ts';
import type { RerankOutcome, RerankQuestion } from '../selection/rerank/reranker.ts';
import { carriedError, errorOf } from './messages.ts';

type Carried = ReturnType<typeof carriedError>;

export type ToScorer =
  | {
      readonly id: number;
      readonly request: Omit<RecommendRequest, 'signal'>;
      readonly moment: number;
      /** On the clock of all threads. */
      readonly started: number;
      /** True where the answer only goes on to others. */
      readonly asJson: boolean;
    }
  | { readonly cancel: number }
  /** Asks to be told once the current generation answers. */
  | { readonly renew: number }
  | { readonly folder: string; readonly state: LoadedState | undefined; readonly failed?: Carried }
  | { readonly reranked: number; readonly done?: Read; readonly failed?: Carried }
  | { readonly close: true };

export type FromScorer =
  | { readonly ready: true }
  | { readonly id: number; readonly answer: Recommendation | AnswerJson }
  | { readonly id: number; readonly failed: Carried }
  | { readonly renewed: number }
  /** Folder of a saved model. */
  | { readonly wants: string }
  | RerankMessage;

/** A question to a reranker or to what writes its sentences, which this side asks for all threads, so that its bounds hold for all; to open it where none. */
export interface RerankMessage {
  readonly reranks: number;
  readonly choice: Exclude<RerankChoice, 'none'>;
  readonly question?: RerankQuestion;
  readonly writing?: WritingQuestion;
  readonly leftMs?: number;
  readonly isPatient?: boolean;
}

/** What became of it; the names where nothing was asked. */
export interface Read {
  readonly name?: string;
  /** Name of what writes sentences. */
  readonly writer?: string;
  readonly outcome?: RerankOutcome;
  readonly written?: WritingOutcome;
}

/** A request that ends so many threads is not given to another. */
const mostAttempts = 2;
/** Threads that end before they are ready, one after another, until it is given up. */
const mostFalseStarts = 3;

interface Pending {
  readonly message: Extract<ToScorer, { id: number }>;
  readonly promise: PromiseWithResolvers<Recommendation | AnswerJson>;
  attempts: number;
}

interface Scorer {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  /** Who waits until the current generation answers. */
  readonly renewals: Map<number, PromiseWithResolvers<void>>;
  readonly ended: Promise<void>;
}

export interface ScoringOptions {
  readonly workers: number;
  readonly of: StoreOfFolder;
  /** Opens what judges the likeliest candidates once more. */
  readonly openReranking?: OpenReranking;
  /** The program of a thread. */
  readonly script?: URL;
}

export class ScoringWorkers implements Answers {
  readonly #options: ScoringOptions;
  readonly #scorers = new Set<Scorer>();
  /** Saved models in shared memory, by their folders. */
  readonly #states = new Map<string, Promise<LoadedState>>();
  readonly #reranking: OpenReranking;
  #next = 0;
  #falseStarts = 0;
  /** Why a thread ended last. */
  #fault: unknown;
  #closing = false;
  /** Threads that died and were replaced. */
  restarted = 0;

  constructor(options: ScoringOptions) {
    this.#options = options;
    this.#reranking = openedOnce(
      options.openReranking ?? (() => Promise.reject(new TypeError('expected something that opens rerankers'))),
    );
    for (let n = 0; n < options.workers; n++) this.#start();
  }

  recommend(request: RecommendRequest, moment: number, time: RequestTime): Promise<Recommendation> {
    return this.#ask(request, moment, time, false) as Promise<Recommendation>;
  }

  recommendJson(request: RecommendRequest, moment: number, time: RequestTime): Promise<AnswerJson> {
    return this.#ask(request, moment, time, true) as Promise<AnswerJson>;
  }

  #ask(
    request: RecommendRequest,
    moment: number,
    time: RequestTime,
    asJson: boolean,
  ): Promise<Recommendation | AnswerJson> {
    const { signal, ...plain } = request;
    const promise = Promise.withResolvers<Recommendation | AnswerJson>();
    const id = this.#next++;
    this.#give({ message: { id, request: plain, moment, started: time.started, asJson }, promise, attempts: 0 });
    if (!signal) return promise.promise;
    const stop = (): void => {
      for (const { worker, pending } of this.#scorers)
        if (pending.has(id)) worker.postMessage({ cancel: id } satisfies ToScorer);
    };
    signal.addEventListener('abort', stop, { once: true });
    return promise.promise.finally(() => signal.removeEventListener('abort', stop));
  }

  async renewed(): Promise<void> {
    const renewals = [...this.#scorers].map(({ worker, renewals: waiting }) => {
      const id = this.#next++;
      const renewal = Promise.withResolvers<void>();
      waiting.set(id, renewal);
      worker.ref();
      worker.postMessage({ renew: id } satisfies ToScorer);
      return renewal.promise;
    });
    await Promise.all(renewals);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled(
      [...this.#scorers].flatMap(({ pending }) => [...pending.values()].map(({ promise }) => promise.promise)),
    );
    for (const { worker } of this.#scorers) {
      worker.ref();
      worker.postMessage({ close: true } satisfies ToScorer);
    }
    await Promise.all([...this.#scorers].map(({ ended }) => ended));
  }

  #give(request: Pending): void {
    const [least] = [...this.#scorers].sort((a, b) => a.pending.size - b.pending.size);
    if (!least) {
      const message = 'recommend: expected a thread that answers, got none that stays.';
      const hint = 'Open the shop again, or with one worker.';
      request.promise.reject(new ShelfwiseError('SW_INTERNAL', message, hint, {}, this.#fault));
      return;
    }
    try {
      least.worker.postMessage(request.message);
    } catch (error) {
      const message = `recommend: expected a request of plain values, ${(error as Error).message}.`;
      request.promise.reject(new ShelfwiseError('SW_USAGE', message, 'Leave out what is none.', {}, error));
      return;
    }
    request.attempts++;
    least.pending.set(request.message.id, request);
    // Who waits for an answer keeps the process alive.
    least.worker.ref();
  }

  #start(): void {
    const worker = new Worker(this.#options.script ?? scorerScript(), {
      workerData: this.#options.of,
      ...workerFlags(),
    });
    const { threadId } = worker;
    const ended = Promise.withResolvers<void>();
    const scorer: Scorer = { worker, pending: new Map(), renewals: new Map(), ended: ended.promise };
    this.#scorers.add(scorer);
    worker.on('message', (message: FromScorer) => this.#take(scorer, message));
    // A thread that nobody waits for does not keep the process alive.
    if (scorer.pending.size === 0) worker.unref();
    worker.on('error', (error) => {
      this.#fault = error;
    });
    worker.on('exit', () => {
      noteEnded(threadId);
      this.#scorers.delete(scorer);
      for (const { resolve } of scorer.renewals.values()) resolve();
      ended.resolve();
      this.#replace(scorer);
    });
  }

  #take({ worker, pending, renewals }: Scorer, message: FromScorer): void {
    if ('ready' in message) {
      this.#falseStarts = 0;
      return;
    }
    if ('wants' in message) {
      const folder = message.wants;
      this.#stateOf(folder).then(
        (state) => worker.postMessage({ folder, state } satisfies ToScorer),
        (error) => worker.postMessage({ folder, state: undefined, failed: carriedError(error) } satisfies ToScorer),
      );
      return;
    }
    if ('reranks' in message) {
      const { reranks: reranked } = message;
      this.#rerank(message).then(
        (done) => worker.postMessage({ reranked, done } satisfies ToScorer),
        (error) => worker.postMessage({ reranked, failed: carriedError(error) } satisfies ToScorer),
      );
      return;
    }
    if ('renewed' in message) {
      renewals.get(message.renewed)?.resolve();
      renewals.delete(message.renewed);
      if (pending.size + renewals.size === 0) worker.unref();
      return;
    }
    const request = pending.get(message.id);
    pending.delete(message.id);
    if (pending.size + renewals.size === 0) worker.unref();
    if ('answer' in message) request?.promise.resolve(message.answer);
    else request?.promise.reject(errorOf(message.failed));
  }

  async #rerank({ choice, question, writing, leftMs = Infinity, isPatient = false }: RerankMessage): Promise<Read> {
    const reader = await this.#reranking(choice);
    if (question) return { outcome: await reader.ask(question, { leftMs, isPatient }) };
    if (writing) return { written: await reader.writer!.write(writing, { leftMs }) };
    return { name: reader.name, ...(reader.writer && { writer: reader.writer.name }) };
  }

  /** Read once for all threads; those of another generation are given up. */
  #stateOf(folder: string): Promise<LoadedState> {
    const known = this.#states.get(folder);
    if (known) return known;
    for (const other of this.#states.keys())
      if (generationOf(other) !== generationOf(folder)) this.#states.delete(other);
    const state = loadState(folder);
    this.#states.set(folder, state);
    state.catch(() => this.#states.delete(folder));
    return state;
  }

  /** After a thread has ended: another takes its place, and what it was asked. */
  #replace(scorer: Scorer): void {
    if (!this.#closing || scorer.pending.size > 0) {
      this.#falseStarts++;
      this.restarted++;
      if (this.#falseStarts <= mostFalseStarts) this.#start();
    }
    for (const request of scorer.pending.values()) {
      if (request.attempts < mostAttempts || this.#falseStarts > mostFalseStarts) this.#give(request);
      else {
        const message = `recommend: expected an answer, got ${request.attempts} threads that ended over it.`;
        const hint = 'Ask for something else; the others go on.';
        request.promise.reject(new ShelfwiseError('SW_INTERNAL', message, hint, {}, this.#fault));
      }
    }
  }
}

/** The folder `models/NNNNNN` in which a saved model lies. */
const generationOf = (folder: string): string => /^.*[\\/]\d{6,}(?=[\\/])/.exec(folder)?.[0] ?? folder;

function scorerScript(): URL {
  const self = import.meta.url;
  return new URL(self.endsWith('.ts') ? './scorer.worker.ts' : './scorer.worker.js', self);
}
