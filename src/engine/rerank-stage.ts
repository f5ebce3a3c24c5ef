/** The re-rank of one answer: asked within the request's time, weighed as the training learned, told whatever came of it. */
import { withoutAddresses } from '../core/addresses.ts';
import type { CatalogueStore } from '../data/catalogue-store.ts';
import { softmax } from '../selection/choice/softmax.ts';
import type { Reader } from '../selection/explain/sentence-writer.ts';
import type { ChoiceSet } from '../selection/learned-selection.ts';
import type { RerankChoice } from '../selection/rerank/rerank-choice.ts';
import { askAbout } from '../selection/rerank/rerank-set.ts';
import { type RerankLimits, type RerankReason, rerankReasons } from '../selection/rerank/reranker.ts';
import type { RequestTime } from './request-time.ts';
import { itemWords } from './rerank-words.ts';
import type { ServingGeneration } from './serving-generation.ts';

/** The port that opens rerankers. */
export type OpenReranking = (choice: Exclude<RerankChoice, 'none'>) => Promise<Reader>;

/** What a request asks of the reranker that the settings name. */
export interface ServingRerank {
  readonly choice: Exclude<RerankChoice, 'none'>;
  readonly store: Pick<CatalogueStore, 'product'>;
  /** Rejects where it could not be opened. */
  open(): Promise<Reader>;
  /** True where the answer is for the next request: it waits for its turn, and asks about more candidates. */
  readonly isAhead?: boolean;
}

/** What became of the re-rank of one answer. */
export interface RerankAnswer {
  /** `used`: it counted. `unused`: it was not asked, and would change nothing. `missed`: it was past a bound, or failed. */
  readonly status: 'used' | 'unused' | 'missed';
  readonly model?: string;
  /** Milliseconds that were waited. */
  readonly ms: number;
  /** True where the answer was known from before. */
  readonly cached: boolean;
  /** Why it was not used. */
  readonly reason?: RerankReason;
  /** The same in words, with what failed. */
  readonly text?: string;
  /** With `signals`: the slate as it would have been without, product ids. */
  readonly before?: readonly string[];
}

/** So many times the candidates of a request are asked about ahead of it. */
const aheadShare = 1.5;
/** Of the request's time, what composing and reasons take. */
const restMs = 15;

export interface Reranked {
  readonly set: ChoiceSet;
  /** What it adds to q of each candidate; absent where it does not count. */
  readonly added?: Float64Array;
  readonly answer: RerankAnswer;
}

export async function rerankSet(
  set: ChoiceSet,
  { trained: { record }, index }: ServingGeneration,
  { choice, store, open, isAhead = false }: ServingRerank,
  { time, priceOf }: { time: RequestTime; priceOf: (item: number) => number },
): Promise<Reranked> {
  const worth = record.rerank;
  const named = worth && { model: worth.reranker };
  const without = (status: 'unused' | 'missed', reason: RerankReason, ms = 0, text?: string): Reranked => ({
    set,
    answer: { status, ...named, ms, cached: false, reason, text: withoutAddresses(text ?? rerankReasons[reason]) },
  });
  if (!worth) return without('unused', 'untaught');
  if (worth.weight === 0) return without('unused', 'weight_zero');
  let reranking: Reader;
  try {
    reranking = await open();
  } catch (error) {
    return without('missed', 'unavailable', 0, (error as Error).message);
  }
  // Weights of another model say nothing of this one.
  if (reranking.name !== worth.reranker) return without('unused', 'untaught');
  const limits: RerankLimits = { leftMs: Math.max(0, time.leftMs - restMs), signal: time.signal, isPatient: isAhead };
  if (limits.leftMs === 0) return without('missed', 'deadline');
  const words = itemWords({ store, products: index.products, priceOf, currency: record.currency });
  // By then others may have come among the likeliest.
  const top = isAhead ? Math.ceil(aheadShare * worth.top) : worth.top;
  const ask = { top, language: choice.language ?? 'en', words } as const;
  const outcome = await askAbout(set, ask, reranking, limits);
  if ('missed' in outcome) {
    const status = outcome.missed === 'nothing_to_rank' ? 'unused' : 'missed';
    return without(status, outcome.missed, outcome.ms, outcome.text);
  }
  const added = outcome.z!.map((z) => worth.weight * z);
  const q = set.q.map((own, c) => own + added[c]!);
  const { ms, cached } = outcome;
  return {
    set: { ...set, q, probabilities: softmax(q) },
    added,
    answer: { status: 'used', model: worth.reranker, ms, cached },
  };
}

/** What could not be opened is tried again after this time. */
const retryMs = 60_000;

/** Each reranker is opened once, and closed by nobody: it lasts as long as its thread. */
export function openedOnce(open: OpenReranking): OpenReranking {
  const opened = new Map<string, { readonly reranking: Promise<Reader>; failedAt?: number }>();
  return (choice) => {
    const key = JSON.stringify(choice);
    const known = opened.get(key);
    if (known && performance.now() - (known.failedAt ?? Infinity) < retryMs) return known.reranking;
    const made: { readonly reranking: Promise<Reader>; failedAt?: number } = { reranking: open(choice) };
    opened.set(key, made);
    made.reranking.catch(() => {
      made.failedAt = performance.now();
    });
    return made.reranking;
  };
}
