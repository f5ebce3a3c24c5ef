/**
 * Mean self-information of what is shown.
 *
 * @source Zhou et al., Solving the apparent diversity-accuracy dilemma of recommender systems, PNAS 2010
 * @source Vargas & Castells, Rank and relevance in novelty and diversity metrics, RecSys 2011
 */
import type { Histories } from '../../data/histories.ts';

/**
 * Mean of `-log2 p(item)` over each list, p by add-one counts in train.
 *
 * @returns bits, shape `[lists]`; NaN for an empty list
 */
export function novelty(lists: readonly Int32Array[], train: Histories): Float64Array {
  const bits = new Float64Array(train.itemCount).fill(1);
  for (let p = 0; p < train.items.length; p++) bits[train.items[p]!]!++;
  const total = train.items.length + train.itemCount;
  for (let i = 0; i < bits.length; i++) bits[i] = -Math.log2(bits[i]! / total);
  return Float64Array.from(lists, (list) => {
    let sum = 0;
    for (let i = 0; i < list.length; i++) sum += bits[list[i]!]!;
    return sum / list.length;
  });
}
