/** The calls of the shop's API that the page makes; types are those of its OpenAPI document. */
import type {
  History,
  Import,
  Problem,
  Product,
  Recommendation,
  RecommendationRequest,
  RowResults,
  SetAsideRow,
  Status,
  StoredProduct,
  Training,
} from '../../src/client/api-types.ts';

export type { History, Import, Recommendation, SetAsideRow, Status, StoredProduct, Training };
export type SlateItem = Recommendation['items'][number];
export type HistoryEvent = History['events'][number];

/** One call of the API: in the browser by fetch, on the server without leaving the process. */
export type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** An answer that is a problem. */
export class ApiProblem extends Error {
  readonly status: number;

  constructor(problem: Pick<Problem, 'status' | 'detail'>) {
    super(problem.detail);
    this.status = problem.status;
  }
}

export interface ListedUser {
  readonly userId: string;
  readonly recentEvents: number;
}

export class Api {
  readonly #call: Call;
  /** Products that were read, by id. */
  readonly #products = new Map<string, Promise<StoredProduct | undefined>>();

  constructor(call: Call) {
    this.#call = call;
  }

  users(after?: string): Promise<{ users: readonly ListedUser[]; next?: string }> {
    return this.#get(`/v1/users?count=30${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`);
  }

  /** Nothing of somebody who is not known. */
  async history(userId: string): Promise<readonly HistoryEvent[]> {
    const answer = await this.#found<History>(`/v1/users/${encodeURIComponent(userId)}/events`);
    return answer?.events ?? [];
  }

  slate(request: RecommendationRequest): Promise<Recommendation> {
    return this.#call('POST', '/v1/recommendations', request) as Promise<Recommendation>;
  }

  record(event: Readonly<Record<string, unknown>>): Promise<RowResults> {
    return this.#call('POST', '/v1/events', { events: [event] }) as Promise<RowResults>;
  }

  products(after?: string): Promise<{ products: readonly StoredProduct[]; next?: string }> {
    return this.#get(`/v1/products?count=48${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`);
  }

  /** @throws ApiProblem with what is wrong of it */
  async addProduct(product: Product): Promise<void> {
    const { results } = (await this.#call('PUT', '/v1/products', { products: [product] })) as RowResults;
    refuse(results);
    this.#products.delete(product.productId);
  }

  async addFact(fact: Readonly<Record<string, unknown>>): Promise<void> {
    refuse(((await this.#call('POST', '/v1/facts', { facts: [fact] })) as RowResults).results);
  }

  product(productId: string): Promise<StoredProduct | undefined> {
    const known = this.#products.get(productId);
    if (known) return known;
    const asked = this.#found<StoredProduct>(`/v1/products/${encodeURIComponent(productId)}`);
    this.#products.set(productId, asked);
    return asked;
  }

  similar(productId: string): Promise<Recommendation> {
    return this.#get(`/v1/products/${encodeURIComponent(productId)}/similar?count=6`);
  }

  status(): Promise<Status> {
    return this.#get('/v1/status');
  }

  async imports(): Promise<readonly Import[]> {
    return (await this.#get<{ imports: readonly Import[] }>('/v1/imports')).imports;
  }

  async setAside(importId: string, step: string): Promise<readonly SetAsideRow[]> {
    const path = `/v1/imports/${encodeURIComponent(importId)}/set-aside?count=20&step=${encodeURIComponent(step)}`;
    return (await this.#get<{ rows: readonly SetAsideRow[] }>(path)).rows;
  }

  training(): Promise<Training> {
    return this.#get('/v1/training');
  }

  train(): Promise<Training> {
    return this.#call('POST', '/v1/training') as Promise<Training>;
  }

  #get<T>(path: string): Promise<T> {
    return this.#call('GET', path) as Promise<T>;
  }

  async #found<T>(path: string): Promise<T | undefined> {
    try {
      return await this.#get<T>(path);
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) return undefined;
      throw error;
    }
  }
}

function refuse(results: RowResults['results']): void {
  const refused = results.find(({ status }) => status === 'refused');
  if (refused) throw new ApiProblem({ status: 422, detail: refused.reason ?? '' });
}
