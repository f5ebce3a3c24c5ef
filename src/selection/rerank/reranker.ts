/**
 * The port of what reads products in words and judges the best candidates once more: a cross-encoder, a language model, or
 * any that a test writes. It knows no ids: neither of the shopper nor of the products.
 */

import type { Tokens } from './language-model.ts';

/** What the shopper did with a product, in words. */
export interface RerankTouch {
  readonly did: 'bought' | 'carted' | 'viewed' | 'rated';
  readonly words: string;
}

export interface RerankQuestion {
  /** Of the question; titles stay in theirs. */
  readonly language: 'en' | 'zh';
  /** The newest touches, oldest first; empty for a stranger. */
  readonly history: readonly RerankTouch[];
  /** What the shopper typed. */
  readonly typed?: string;
  /** Candidates in words, the likeliest first. */
  readonly candidates: readonly string[];
}

export interface RerankScores {
  /** Higher is better, on any scale; NaN for a candidate that was not judged. Shape `[candidates]`. */
  readonly scores: Float32Array;
  /** What it took, where that is counted. */
  readonly tokens?: Tokens;
  /** Handles that nobody gave, gave twice, or forgot; 0 where all was as asked. */
  readonly faults?: number;
}

export interface Reranker {
  /** With all that changes its scores: model, form, version of the prompt. */
  readonly name: string;
  /** Tokens that a question will take at most; 0 where none are counted. */
  expectedTokens?(question: RerankQuestion): Tokens;
  /** @throws ShelfwiseError `SW_RERANK` where it does not answer as it should */
  rerank(question: RerankQuestion, options: { readonly signal: AbortSignal }): Promise<RerankScores>;
}

/** Why a re-rank was left out, as answers and logs say it. */
export const rerankReasons = {
  weight_zero: 'It was measured at the last training and did not pay.',
  untaught: 'No training has learned yet what its word is worth: run `shelfwise train`.',
  nothing_to_rank: 'There were fewer than two candidates.',
  deadline: 'It did not answer in time.',
  busy: 'As many questions are out as may be.',
  breaker_open: 'It failed again and again, and is left alone for a while.',
  budget: 'The tokens or the money of the day are spent.',
  failed: 'It failed.',
  wrong_answer: 'It answered something else than was asked.',
  unavailable: 'It could not be opened.',
} as const;

export type RerankReason = keyof typeof rerankReasons;

/** What became of a question within its bounds. */
export type RerankOutcome =
  | { readonly scores: Float32Array; readonly cached: boolean; readonly ms: number; readonly faults: number }
  | { readonly missed: RerankReason; readonly ms: number; readonly text?: string };

export interface RerankLimits {
  /** Milliseconds that the asker waits; Infinity for as long as the model takes. */
  readonly leftMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Waits for its turn instead of being told that it is busy: for work that nobody watches. */
  readonly isPatient?: boolean;
}

/** The port that the engine asks: a reranker within bounds, in this thread or another. */
export interface Reranking {
  readonly name: string;
  ask(question: RerankQuestion, limits: RerankLimits): Promise<RerankOutcome>;
}
