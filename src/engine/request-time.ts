/** The time that a request has: stages look at it between them, and what waits waits no longer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ShelfwiseError } from '../core/errors.ts';

/** Milliseconds on a clock that all threads of this process share, and that only goes forward. */
const clockNow = (): number => performance.timeOrigin + performance.now();

export class RequestTime {
  readonly signal: AbortSignal | undefined;
  readonly #started: number;
  readonly #deadlineMs: number;

  /**
   * @param deadlineMs - milliseconds from the start, > 0; Infinity for none
   * @param started - on the clock of `clockNow`; now where absent
   * @throws ShelfwiseError `SW_USAGE`
   */
  constructor({
    deadlineMs = Infinity,
    signal,
    started = clockNow(),
  }: {
    deadlineMs?: number | undefined;
    signal?: AbortSignal | undefined;
    started?: number | undefined;
  }) {
    if (typeof deadlineMs !== 'number' || !(deadlineMs > 0)) {
      const message = `recommend: expected a deadline of more than 0 ms, got ${deadlineMs}.`;
      throw new ShelfwiseError('SW_USAGE', message, 'Leave it out for none.');
    }
    this.#deadlineMs = deadlineMs;
    this.#started = started;
    this.signal = signal;
  }

  get passedMs(): number {
    return clockNow() - this.#started;
  }

  get started(): number {
    return this.#started;
  }

  get leftMs(): number {
    return Math.max(0, this.#deadlineMs - this.passedMs);
  }

  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  get isOver(): boolean {
    return this.leftMs === 0;
  }

  /** What is waited for, or `late` once the time is over. */
  async orLate<T, Late>(work: Promise<T>, late: Late): Promise<T | Late> {
    if (this.#deadlineMs === Infinity) return work;
    const done = new AbortController();
    const over = sleep(this.leftMs, late, { signal: done.signal }).catch(() => late);
    return Promise.race([work, over]).finally(() => done.abort());
  }

  /** @throws ShelfwiseError `SW_CANCELLED` */
  throwIfAborted(): void {
    if (!this.signal?.aborted) return;
    throw new ShelfwiseError('SW_CANCELLED', 'recommend: stopped on request.', 'Ask again.');
  }
}
