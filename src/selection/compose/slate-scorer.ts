/**
 * The whole second selection as one scorer: the composed slate stands first, in its order, and all other items below by
 * the choice's order. What the store would really show is then what evaluation ranks.
 */
import type { Query, Scorer } from '../../data/histories.ts';
import type { LearnedSelection } from '../learned-selection.ts';
import { composeSlate, type SlateRules } from './compose-slate.ts';
import type { SimilarityAt } from './item-similarity.ts';

export class SlateScorer implements Scorer {
  readonly name: string;
  readonly itemCount: number;
  readonly selection: LearnedSelection;
  readonly #rules: SlateRules;
  readonly #similarityAt: SimilarityAt | undefined;

  /** @param similarityAt - likeness at the moment of a query */
  constructor(name: string, selection: LearnedSelection, rules: SlateRules, similarityAt?: SimilarityAt) {
    this.name = name;
    this.itemCount = selection.itemCount;
    this.selection = selection;
    this.#rules = rules;
    this.#similarityAt = similarityAt;
  }

  get summary(): Readonly<Record<string, unknown>> {
    return this.selection.summary;
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    await this.selection.scoreAndVisit(queries, out, (n, { candidates, q }, row) => {
      const similarity = this.#similarityAt?.(queries[n]!.now);
      const { items } = composeSlate(candidates, q, { ...this.#rules, ...(similarity && { similarity }) });
      let most = 0;
      for (let c = 0; c < candidates.length; c++) most = Math.max(most, row[candidates[c]!]!);
      for (const [place, item] of items.entries()) row[item] = most + items.length - place;
    });
  }
}
