/** The time that a request has: stages look at it between them, and what waits waits no longer. */
import { ShelfwiseError } from '../core/errors.ts';

export class RequestTime {
  readonly signal: AbortSignal | undefined;
  readonly #started = performance.now();
  readonly #deadlineMs: number;

  /**
   * @param deadlineMs - milliseconds from now, > 0; Infinity for none
   * @throws ShelfwiseError `SW_USAGE`
   */
  constructor({
    deadlineMs = Infinity,
    signal,
  }: { deadlineMs?: number | undefined; signal?: AbortSignal | undefined }) {
    if (typeof deadlineMs !== 'number' || !(deadlineMs > 0)) {
      const message = `recommend: expected a deadline of more than 0 ms, got ${deadlineMs}.`;
      throw new ShelfwiseError('SW_USAGE', message, 'Leave it out for none.');
    }
    this.#deadlineMs = deadlineMs;
    this.signal = signal;
  }

  get passedMs(): number {
    return performance.now() - this.#started;
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

  /** @throws ShelfwiseError `SW_CANCELLED` */
  throwIfAborted(): void {
    if (!this.signal?.aborted) return;
    throw new ShelfwiseError('SW_CANCELLED', 'recommend: stopped on request.', 'Ask again.');
  }
}
