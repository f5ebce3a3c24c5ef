/** Likeness of two items, for diversity: by their attributes, else by the shoppers who chose both. */
import type { ItemAttributes } from '../../data/item-attributes.ts';
import type { LearnedSelection } from '../learned-selection.ts';
import type { Similarity } from './mmr.ts';
import { attributeSimilarity, neighbourSimilarity } from './similarity.ts';

/** The likeness of items as they were described at a time; today where it is absent. */
export type SimilarityAt = (time?: number) => Similarity;

/** Undefined where nothing tells; a slate is then in pure order. */
export function itemSimilarity(
  { members }: LearnedSelection,
  attributes: ItemAttributes | undefined,
): SimilarityAt | undefined {
  if (attributes) {
    const ofRows = attributeSimilarity(attributes.rows);
    return (time) => (a, b) => ofRows(attributes.rowAt(a, time), attributes.rowAt(b, time));
  }
  for (const { model } of members)
    if ('table' in model) {
      const similarity = neighbourSimilarity(model.table as Parameters<typeof neighbourSimilarity>[0]);
      return () => similarity;
    }
  return undefined;
}
