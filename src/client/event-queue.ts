/**
 * Events that wait to be sent: together, in order, and until the server has them. Each gets its id here, so that one that is
 * sent twice is stored once.
 */
import type { Event, RowResults } from './api-types.ts';
import { ApiError } from './send.ts';

export type TrackedEvent = Omit<Event, 'eventId'> & { eventId?: string };

/** Where what is not sent yet outlives the page, as `localStorage` does. */
export interface QueueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export interface QueueOptions {
  /** Milliseconds that an event waits for others. @default 1_000 */
  readonly flushMs?: number | undefined;
  /** Events that are sent at once at most, up to 1000. @default 100 */
  readonly batch?: number | undefined;
  /** Events that wait at most; of more, the oldest are dropped. @default 5_000 */
  readonly most?: number | undefined;
  readonly storage?: QueueStorage | undefined;
  /** Told of each event that the server refused, and of those that were dropped. */
  readonly onLost?: ((event: Event, why: string) => void) | undefined;
}

const storageKey = 'shelfwise-events';

export class EventQueue {
  readonly #post: (events: readonly Event[], keepalive: boolean) => Promise<RowResults>;
  readonly #options: QueueOptions;
  #waiting: Event[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;

  constructor(post: (events: readonly Event[], keepalive: boolean) => Promise<RowResults>, options: QueueOptions) {
    this.#post = post;
    this.#options = options;
    try {
      const kept: unknown = JSON.parse(options.storage?.getItem(storageKey) ?? '[]');
      if (Array.isArray(kept)) this.#waiting = kept as Event[];
    } catch {
      // What was kept cannot be read: it begins anew.
    }
    if (this.#waiting.length > 0) this.#later();
  }

  /** Events that the server does not have yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(event: TrackedEvent): void {
    const { most = 5_000, batch = 100 } = this.#options;
    this.#waiting.push({ time: Date.now(), ...event, eventId: event.eventId ?? newId() });
    while (this.#waiting.length > most) this.#lose(this.#waiting.shift()!, 'too many wait');
    this.#keep();
    if (this.#waiting.length >= batch) this.flush().catch(() => undefined);
    else this.#later();
  }

  /** Sends what waits. @throws ApiError where the server could not be reached: the events wait on */
  flush(keepalive = false): Promise<void> {
    this.#sending ??= this.#send(keepalive).finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0) this.#later();
    });
    return this.#sending;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #send(keepalive: boolean): Promise<void> {
    this.stop();
    const { batch = 100 } = this.#options;
    let size = batch;
    while (this.#waiting.length > 0) {
      const some = this.#waiting.slice(0, size);
      try {
        const { results } = await this.#post(some, keepalive);
        for (const [n, { status, reason = '' }] of results.entries())
          if (status === 'refused') this.#lose(some[n]!, reason);
        size = Math.min(batch, 2 * size);
      } catch (error) {
        if (!(error instanceof ApiError) || !isFinal(error.status)) throw error;
        // A batch that the server will never take is halved until the event that it will not take stands alone.
        size = Math.ceil(some.length / 2);
        if (some.length > 1) continue;
        this.#lose(some[0]!, error.message);
      }
      const sent = new Set(some);
      this.#waiting = this.#waiting.filter((event) => !sent.has(event));
      this.#keep();
    }
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(() => undefined);
    }, this.#options.flushMs ?? 1_000);
  }

  #keep(): void {
    try {
      this.#options.storage?.setItem(storageKey, JSON.stringify(this.#waiting));
    } catch {
      // A full or forbidden storage keeps nothing; the queue in memory goes on.
    }
  }

  #lose(event: Event, why: string): void {
    this.#options.onLost?.(event, why);
  }
}

/** Not a missing or wrong key: that can be put right while the events wait. */
const isFinal = (status: number): boolean => status === 400 || status === 413 || status === 415 || status === 422;

function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
