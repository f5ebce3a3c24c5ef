/**
 * The second look ahead of time, for models that are too slow for a page: people who are likely to return are asked about now,
 * and what is said is kept until they do something new.
 */
import { ShelfwiseError } from '../core/errors.ts';
import type { ShopStore } from '../data/shop-store.ts';
import type { RerankReason } from '../selection/rerank/reranker.ts';
import type { Recommendation, RecommendRequest } from './recommendation.ts';
import { returnLikelihood } from './return-likelihood.ts';

export interface RerankAheadOptions {
  /** Customers at most, those likeliest to return first. @default 1000 */
  readonly people?: number;
  /** Of the slates that will be asked for. @default 'home' */
  readonly scenario?: string;
  /** Customers at once; no more than the model may be asked. @default 4 */
  readonly atOnce?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number, note?: string) => void;
}

export interface RerankAheadReport {
  /** Customers that were looked at. */
  readonly people: number;
  /** Those that the model was asked about now. */
  readonly asked: number;
  /** Those whose answer was known already. */
  readonly known: number;
  /** Those without an answer, by the reason. */
  readonly missed: Readonly<Partial<Record<RerankReason, number>>>;
  readonly model?: string;
  readonly seconds: number;
}

/** Past these nothing more is asked: no customer would be answered otherwise. */
const ends: ReadonlySet<RerankReason> = new Set(['weight_zero', 'untaught', 'budget', 'breaker_open', 'unavailable']);

/**
 * @param recommend - answers one request
 * @throws ShelfwiseError `SW_USAGE` where the shop names no reranker, `SW_CANCELLED` after an abort
 */
export async function rerankAhead(
  store: Pick<ShopStore, 'readEvents' | 'customers'>,
  recommend: (request: RecommendRequest) => Promise<Recommendation>,
  now: number,
  { people = 1000, scenario, atOnce = 4, signal, onProgress }: RerankAheadOptions = {},
): Promise<RerankAheadReport> {
  const started = performance.now();
  const likelihood = returnLikelihood(await store.readEvents(), now);
  const customers: { readonly user: string; readonly likelihood: number }[] = [];
  for await (const { userId, person } of store.customers())
    customers.push({ user: userId, likelihood: likelihood.get(person) ?? 0 });
  customers.sort((a, b) => b.likelihood - a.likelihood || (a.user < b.user ? -1 : 1));
  const chosen = customers.filter((one) => one.likelihood > 0).slice(0, people);
  const missed: Partial<Record<RerankReason, number>> = {};
  let [next, asked, known, isOver] = [0, 0, 0, false];
  let model: string | undefined;
  const work = async (): Promise<void> => {
    for (let n = next++; n < chosen.length && !isOver; n = next++) {
      if (signal?.aborted)
        throw new ShelfwiseError('SW_CANCELLED', 'rerank: stopped on request.', 'What was asked until then is kept.');
      const request = { ...(scenario !== undefined && { scenario }), explain: false, log: false, ahead: true };
      const { rerank } = await recommend({ user: chosen[n]!.user, ...request });
      if (!rerank) {
        const message = 'rerank: expected a reranker in shelfwise.json and a shop that is trained with it, got none.';
        throw new ShelfwiseError('SW_USAGE', message, 'See docs/guides/re-ranking.md, then run `shelfwise train`.');
      }
      model ??= rerank.model;
      if (rerank.status === 'used') {
        if (rerank.cached) known++;
        else asked++;
      } else {
        missed[rerank.reason!] = (missed[rerank.reason!] ?? 0) + 1;
        isOver = ends.has(rerank.reason!);
      }
      onProgress?.((asked + known) / chosen.length, 'asking ahead');
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, chosen.length) }, work));
  const done = asked + known + Object.values(missed).reduce((sum, count) => sum + count, 0);
  const seconds = (performance.now() - started) / 1000;
  return { people: done, asked, known, missed, ...(model !== undefined && { model }), seconds };
}
