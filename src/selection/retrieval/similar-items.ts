/**
 * Items like given ones, whoever asks: what each model brings for a history of those alone, united by reciprocal ranks.
 *
 * @source Cormack, Clarke & Büttcher, Reciprocal rank fusion outperforms Condorcet, SIGIR 2009
 */
import { type Exclusions, Shelf } from '../../models/shelf.ts';
import type { SelectionMember } from '../learned-selection.ts';

const rankOffset = 60;
/** Models that bring the same whatever the history holds, or what it holds. */
const blind: ReadonlySet<string> = new Set(['popularity', 'recently-viewed']);

/** @returns at most `count` item indices, the most alike first; empty where no model knows the items */
export function similarItems(
  members: readonly SelectionMember[],
  items: Int32Array,
  { itemCount, exclusions, count }: { itemCount: number; exclusions: Exclusions; count: number },
): number[] {
  const shelf = new Shelf(itemCount).arrange(exclusions);
  const scores = new Map<number, number>();
  for (const { model, quota } of members) {
    if (blind.has(model.name) || quota === 0) continue;
    const own = new Set(items);
    const found = [...model.retrieve({ items }, count + items.length, shelf).items].filter((item) => !own.has(item));
    for (const [rank, item] of found.entries()) scores.set(item, (scores.get(item) ?? 0) + 1 / (rankOffset + rank + 1));
  }
  return [...scores]
    .sort(([a, left], [b, right]) => right - left || a - b)
    .slice(0, count)
    .map(([item]) => item);
}
