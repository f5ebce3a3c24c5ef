/** Likeness of two items, for diversity: by their attributes, else by the shoppers who chose both. */
import type { LearnedSelection } from '../learned-selection.ts';
import type { Similarity } from './mmr.ts';
import { attributeSimilarity, neighbourSimilarity } from './similarity.ts';

/** Undefined where nothing tells; a slate is then in pure order. */
export function itemSimilarity(
  { members }: LearnedSelection,
  attributes: readonly Int32Array[] | undefined,
): Similarity | undefined {
  if (attributes) return attributeSimilarity(attributes);
  for (const { model } of members)
    if ('table' in model) return neighbourSimilarity(model.table as Parameters<typeof neighbourSimilarity>[0]);
  return undefined;
}
