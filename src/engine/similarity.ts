/** How alike two items are, for diversity: by what the catalogue says of them, else by who chose both. */

import type { Similarity } from '../selection/compose/mmr.ts';
import { attributeSimilarity, neighbourSimilarity } from '../selection/compose/similarity.ts';
import type { LearnedSelection } from '../selection/learned-selection.ts';
import type { ItemFacts } from '../selection/signals/signal.ts';

/** Undefined where nothing tells; a slate is then in pure order. */
export function itemSimilarity({ members }: LearnedSelection, { attributes }: ItemFacts): Similarity | undefined {
  if (attributes) return attributeSimilarity(attributes);
  for (const { model } of members)
    if ('table' in model) return neighbourSimilarity(model.table as Parameters<typeof neighbourSimilarity>[0]);
  return undefined;
}
