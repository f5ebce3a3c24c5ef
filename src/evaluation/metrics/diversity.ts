/**
 * Intra-list diversity.
 *
 * @source Ziegler et al., Improving recommendation lists through topic diversification, WWW 2005
 */

/**
 * Mean Jaccard distance of the attributes over the pairs of a list; items without attributes are left out.
 *
 * @returns shape `[lists]`; NaN where a list has no pair
 */
export function diversity(lists: readonly Int32Array[], attributes: readonly Int32Array[]): Float64Array {
  const sorted = attributes.map((ids) => Int32Array.from(new Set(ids)).sort());
  return Float64Array.from(lists, (list) => {
    let sum = 0;
    let pairs = 0;
    for (let a = 0; a < list.length; a++) {
      const first = sorted[list[a]!]!;
      if (first.length === 0) continue;
      for (let b = a + 1; b < list.length; b++) {
        const second = sorted[list[b]!]!;
        if (second.length === 0) continue;
        sum += 1 - jaccard(first, second);
        pairs++;
      }
    }
    return sum / pairs;
  });
}

/** Of two ascending sets, not both empty. */
function jaccard(a: Int32Array, b: Int32Array): number {
  let both = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i]! === b[j]!) {
      both++;
      i++;
      j++;
    } else if (a[i]! < b[j]!) i++;
    else j++;
  }
  return both / (a.length + b.length - both);
}
