/** Learns what the word of the reranker is worth that a shop's settings name, on visits that were held out. */
import type { CatalogueStore } from '../data/catalogue-store.ts';
import { type Case, sampleCases } from '../evaluation/cases.ts';
import type { LearnedSelection } from '../selection/learned-selection.ts';
import { measureRerank } from '../selection/rerank/measure-rerank.ts';
import { defaultTeach, defaultTop, type RerankChoice } from '../selection/rerank/rerank-choice.ts';
import type { Reranking } from '../selection/rerank/reranker.ts';
import type { ShopConfig } from './config.ts';
import type { OpenReranking } from './rerank-stage.ts';
import { itemWords } from './rerank-words.ts';
import type { ShopData } from './shop-data.ts';
import type { RerankReport } from './training-report.ts';

export interface RerankTeaching {
  readonly store: Pick<CatalogueStore, 'product'>;
  readonly openReranking?: OpenReranking | undefined;
  readonly config: ShopConfig;
  readonly known: Pick<ShopData, 'index' | 'offers'>;
}

export interface RerankTeachingContext {
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number, note: string) => void) | undefined;
}

/**
 * @param selection - one that saw nothing of the cases
 * @returns undefined where the settings name no reranker
 */
export async function learnRerank(
  selection: LearnedSelection,
  cases: readonly Case[],
  { store, openReranking, config: { rerank: choice }, known: { index, offers } }: RerankTeaching,
  { seed, signal, onProgress }: RerankTeachingContext,
): Promise<RerankReport | undefined> {
  if (choice === 'none' || !openReranking) return undefined;
  let reranking: Reranking;
  try {
    reranking = await openReranking(choice);
  } catch (error) {
    signal?.throwIfAborted();
    return { missed: (error as Error).message };
  }
  const { products } = index;
  const worth = await measureRerank(selection, sampleCases(cases, choice.teach ?? defaultTeach, seed, 0x4e4a), {
    ...{ reranking, seed, signal, onProgress, atOnce: choice.concurrency ?? 4 },
    ...{ top: choice.top ?? defaultTop, language: choice.language ?? 'en' },
    words: itemWords({
      ...{ store, products, currency: offers.currency },
      priceOf: (item, { now = Infinity }) => offers.priceAt(item, now),
    }),
  });
  if (worth.answered > 0) return worth;
  const { missed = 'no visit was left to ask about' } = worth;
  return { reranker: reranking.name, missed };
}

const bounds = new Set([
  ...['deadlineMs', 'timeoutMs', 'concurrency', 'cacheDays', 'sentences'],
  ...['tokensPerDay', 'costPerDay', 'inputPrice', 'outputPrice'],
]);

/** What changes the order; bounds only decide whether there is any, sentences come after it. */
export function withoutBounds(choice: RerankChoice): unknown {
  if (choice === 'none') return choice;
  return Object.fromEntries(Object.entries(choice).filter(([name]) => !bounds.has(name)));
}
