/**
 * The whole second selection as one scorer: the composed slate stands first, in its order, and all other items below by
 * the choice's order. What the store would really show is then what evaluation ranks.
 */
import type { Query, Scorer } from '../../data/histories.ts';
import type { LearnedSelection } from '../learned-selection.ts';
import { composeSlate, type SlateRules } from './compose-slate.ts';

export class SlateScorer implements Scorer {
  readonly name: string;
  readonly itemCount: number;
  readonly selection: LearnedSelection;
  readonly #rules: SlateRules;

  constructor(name: string, selection: LearnedSelection, rules: SlateRules) {
    this.name = name;
    this.itemCount = selection.itemCount;
    this.selection = selection;
    this.#rules = rules;
  }

  get summary(): Readonly<Record<string, unknown>> {
    return this.selection.summary;
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    await this.selection.scoreAndVisit(queries, out, (_n, { candidates, q }, row) => {
      const { items } = composeSlate(candidates, q, this.#rules);
      let most = 0;
      for (let c = 0; c < candidates.length; c++) most = Math.max(most, row[candidates[c]!]!);
      for (const [place, item] of items.entries()) row[item] = most + items.length - place;
    });
  }
}
