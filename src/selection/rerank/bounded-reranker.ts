/** A reranker within the bounds of its calls, with a memory of what it said of each candidate to each history. */
import { ShelfwiseError } from '../../core/errors.ts';
import { type BoundedCalls, hashOf } from './bounded-calls.ts';
import type { Reranker, Reranking, RerankLimits, RerankOutcome, RerankQuestion, RerankScores } from './reranker.ts';

/** Of the candidates asked for, so many known ones are enough. */
const enoughKnown = 0.8;

export class BoundedReranker implements Reranking {
  readonly name: string;
  readonly #reranker: Reranker;
  readonly #calls: BoundedCalls;

  constructor(reranker: Reranker, calls: BoundedCalls) {
    this.name = reranker.name;
    this.#reranker = reranker;
    this.#calls = calls;
  }

  async ask(question: RerankQuestion, limits: RerankLimits): Promise<RerankOutcome> {
    const started = performance.now();
    const ms = (): number => performance.now() - started;
    if (question.candidates.length < 2) return { missed: 'nothing_to_rank', ms: ms() };
    const key = hashOf([this.name, question.language, question.history, question.typed ?? '']);
    const known = this.#known(key, question);
    if (known) return { scores: known, cached: true, ms: ms(), faults: 0 };
    const call = {
      expected: this.#reranker.expectedTokens?.(question),
      run: async (signal: AbortSignal) => {
        const answer = await this.#reranker.rerank(question, { signal });
        checkScores(answer, question.candidates.length, this.name);
        this.#keep(key, question, answer.scores);
        return { value: answer, tokens: answer.tokens };
      },
    };
    const outcome = await this.#calls.ask<RerankScores>(hashOf([key, question.candidates]), call, limits);
    if ('missed' in outcome) return { ...outcome, ms: ms() };
    const { scores, faults = 0 } = outcome.value;
    return { scores, cached: false, ms: ms(), faults };
  }

  #known(key: string, { candidates }: RerankQuestion): Float32Array | undefined {
    const known = this.#calls.known(key);
    if (!Array.isArray(known)) return undefined;
    const kept = new Map(known as [string, number][]);
    const scores = Float32Array.from(candidates, (words) => kept.get(hashOf(words)) ?? Number.NaN);
    const found = scores.reduce((sum, score) => sum + Number(!Number.isNaN(score)), 0);
    return found >= enoughKnown * candidates.length && found > 1 ? scores : undefined;
  }

  #keep(key: string, { candidates }: RerankQuestion, scores: Float32Array): void {
    const judged = candidates.flatMap((words, c) => (Number.isNaN(scores[c]!) ? [] : [[hashOf(words), scores[c]!]]));
    this.#calls.keep(key, judged);
  }
}

/** @throws ShelfwiseError `SW_RERANK` where nothing that can be compared came */
function checkScores({ scores, tokens }: RerankScores, count: number, name: string): void {
  let judged = 0;
  for (const score of scores) if (Number.isFinite(score)) judged++;
  if (scores.length === count && judged > 1 && !scores.some((score) => Math.abs(score) === Infinity)) return;
  const message = `rerank "${name}": expected a finite score for each of ${count} candidates, got ${judged} among ${scores.length}.`;
  throw new ShelfwiseError('SW_RERANK', message, 'Name another model, or leave `rerank` out.', {
    ...{ kind: 'wrong_answer', tokens },
  });
}
