/**
 * Maximal marginal relevance: places are filled one by one with the item that is relevant and unlike what stands there,
 * `λ·relevance - (1 - λ)·largest similarity to the slate`. The largest similarities are kept between places and completed
 * only for items that could still be the best, so k places of n items cost at most k·n similarities, and mostly far fewer.
 *
 * @source Carbonell & Goldstein, The use of MMR, diversity-based reranking, SIGIR 1998
 */

/** Likeness of two items, symmetric, in [0, 1]. */
export type Similarity = (a: number, b: number) => number;

/**
 * @param items - item indices, best first; earlier ones win ties
 * @param relevance - in [0, 1], shape `[items]`
 * @param lambda - 1 for relevance alone, 0 for difference alone
 * @returns places in `items` in the order of the slate, at most `count`
 */
export function mmrOrder(
  items: Int32Array,
  relevance: Float64Array,
  count: number,
  lambda: number,
  similarity: Similarity,
): Int32Array {
  const places = Math.min(count, items.length);
  const nearest = new Float64Array(items.length);
  /** Items of the slate that `nearest` knows of; more of them can only lower a value. */
  const compared = new Int32Array(items.length);
  const taken = new Uint8Array(items.length);
  const order = new Int32Array(places);
  for (let n = 0; n < places; n++) {
    let best = -1;
    let bestValue = -Infinity;
    for (let c = 0; c < items.length; c++) {
      if (taken[c] === 1) continue;
      let value = lambda * relevance[c]! - (1 - lambda) * nearest[c]!;
      // What is no better than the best by what is known already is not compared any further.
      if (!(value > bestValue)) continue;
      if (lambda < 1) {
        for (let s = compared[c]!; s < n; s++)
          nearest[c] = Math.max(nearest[c]!, similarity(items[c]!, items[order[s]!]!));
        compared[c] = n;
        value = lambda * relevance[c]! - (1 - lambda) * nearest[c]!;
      }
      if (value > bestValue) {
        best = c;
        bestValue = value;
      }
    }
    order[n] = best;
    taken[best] = 1;
  }
  return order;
}
