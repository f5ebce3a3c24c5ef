/**
 * The whole second selection as one scorer: the composed slate stands first, in its order, and all other items below by
 * the choice's order. What the store would really show is then what evaluation ranks.
 */
import type { Query, Scorer } from '../../data/histories.ts';
import type { Ranked } from '../../math/best.ts';
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

  /** The slate in its order, then what the choice puts below it. */
  async retrieve(query: Query, k: number): Promise<Ranked> {
    const { selection } = this;
    const gathered = selection.gather(query);
    const { candidates, q } = selection.judge(gathered, await selection.prepare(gathered, { leftMs: Infinity }));
    const slate = this.#slate(query, candidates, q);
    const shown = new Set(slate);
    const below = Array.from(q.keys())
      .filter((c) => !shown.has(candidates[c]!))
      .sort((a, b) => q[b]! - q[a]! || a - b);
    const items = Int32Array.from([...slate, ...below.map((c) => candidates[c]!)]).subarray(0, k);
    return { items, scores: Float32Array.from(items, (_, place) => items.length - place) };
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    await this.selection.scoreAndVisit(queries, out, (n, { candidates, q }, row) => {
      const items = this.#slate(queries[n]!, candidates, q);
      let most = 0;
      for (let c = 0; c < candidates.length; c++) most = Math.max(most, row[candidates[c]!]!);
      for (const [place, item] of items.entries()) row[item] = most + items.length - place;
    });
  }

  #slate({ now }: Query, candidates: Int32Array, q: Float64Array): Int32Array {
    const similarity = this.#similarityAt?.(now);
    return composeSlate(candidates, q, { ...this.#rules, ...(similarity && { similarity }) }).items;
  }
}
