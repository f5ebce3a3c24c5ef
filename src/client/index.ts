/**
 * A client of a shop's HTTP API for Node, browsers and workers: typed, with deadlines, tries, and events that wait until the
 * server has them.
 *
 * @example
 * const shelfwise = createClient({ url: 'http://127.0.0.1:8078', key });
 * const slate = await shelfwise.recommend({ user: 'u42', scenario: 'home' });
 * shelfwise.track({ kind: 'view_item', userId: 'u42', productId: slate.items[0].productId });
 */
import type {
  Fact,
  Problem,
  Product,
  ProductChange,
  Recommendation,
  RecommendationRequest,
  RowResults,
  StoredProduct,
  StoredUser,
  User,
} from './api-types.ts';
import { EventQueue, type QueueOptions, type TrackedEvent } from './event-queue.ts';
import { type SendOptions, send } from './send.ts';

export interface ClientOptions extends SendOptions, QueueOptions {}

export interface ListOptions {
  readonly count?: number;
  /** A condition that every product fulfils. */
  readonly filter?: string;
  readonly place?: string;
  /** The `next` of an answer: the page that follows it. */
  readonly after?: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export type BatchAnswer = { recommendation: Recommendation } | { problem: Problem };

export class Client {
  readonly #options: ClientOptions;
  readonly #queue: EventQueue;
  readonly #online: () => void;
  readonly #leaving: () => void;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#queue = new EventQueue(
      (events, keepalive) => send(options, 'POST', '/v1/events', { body: { events }, keepalive }),
      options,
    );
    this.#online = () => void this.flush().catch(() => undefined);
    // What a page that is left has not sent goes on its way without it.
    this.#leaving = () => void this.#queue.flush(true).catch(() => undefined);
    globalThis.addEventListener?.('online', this.#online);
    globalThis.addEventListener?.('pagehide', this.#leaving);
  }

  /** @throws ApiError */
  recommend(request: RecommendationRequest = {}, options: CallOptions = {}): Promise<Recommendation> {
    return this.#send('POST', '/v1/recommendations', { body: request, ...options });
  }

  /** One answer per request, in order. @throws ApiError */
  async recommendAll(requests: readonly RecommendationRequest[], options: CallOptions = {}): Promise<BatchAnswer[]> {
    const path = '/v1/recommendations/batch';
    return (await this.#send<{ answers: BatchAnswer[] }>('POST', path, { body: { requests }, ...options })).answers;
  }

  /** @throws ApiError */
  similar(productId: string, list: ListOptions = {}, options: CallOptions = {}): Promise<Recommendation> {
    return this.#send('GET', `/v1/products/${encodeURIComponent(productId)}/similar${query(list)}`, options);
  }

  /** @throws ApiError */
  list(
    order: 'popular' | 'trending' | 'latest',
    list: ListOptions = {},
    options: CallOptions = {},
  ): Promise<Recommendation> {
    return this.#send('GET', `/v1/${order}${query(list)}`, options);
  }

  /** Takes an event at once, with an id and the time where it has none, and sends it soon with others. */
  track(event: TrackedEvent): void {
    this.#queue.add(event);
  }

  /** Sends the events that wait. @throws ApiError where the server could not be reached: they wait on */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /** Events that the server does not have yet. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  putProducts(products: readonly Product[]): Promise<RowResults> {
    return this.#send('PUT', '/v1/products', { body: { products } });
  }

  updateProducts(products: readonly ProductChange[]): Promise<RowResults> {
    return this.#send('PATCH', '/v1/products', { body: { products } });
  }

  removeProducts(productIds: readonly string[]): Promise<RowResults> {
    return this.#send('POST', '/v1/products/delete', { body: { productIds } });
  }

  product(productId: string): Promise<StoredProduct> {
    return this.#send('GET', `/v1/products/${encodeURIComponent(productId)}`);
  }

  putFacts(facts: readonly Fact[]): Promise<RowResults> {
    return this.#send('POST', '/v1/facts', { body: { facts } });
  }

  putUsers(users: readonly User[]): Promise<RowResults> {
    return this.#send('PUT', '/v1/users', { body: { users } });
  }

  user(userId: string): Promise<StoredUser> {
    return this.#send('GET', `/v1/users/${encodeURIComponent(userId)}`);
  }

  forget(userId: string): Promise<void> {
    return this.#send('DELETE', `/v1/users/${encodeURIComponent(userId)}`);
  }

  /** Sends what waits and stops. @throws ApiError where the server could not be reached */
  async close(): Promise<void> {
    globalThis.removeEventListener?.('online', this.#online);
    globalThis.removeEventListener?.('pagehide', this.#leaving);
    try {
      await this.#queue.flush();
    } finally {
      this.#queue.stop();
    }
  }

  #send<T>(method: string, path: string, options: { body?: unknown; signal?: AbortSignal } = {}): Promise<T> {
    return send(this.#options, method, path, options);
  }
}

export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

function query(list: ListOptions): string {
  const given = Object.entries(list).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

export type * from './api-types.ts';
export type { QueueOptions, QueueStorage, TrackedEvent } from './event-queue.ts';
export { ApiError, type SendOptions } from './send.ts';
