/** How unevenly the places on the lists are shared out among all items. */

/** Gini coefficient of the items' counts on the lists: 0 all alike, towards 1 a few take everything. */
export function gini(lists: readonly Int32Array[], itemCount: number): number {
  const shown = new Float64Array(itemCount);
  let total = 0;
  for (const list of lists) for (let i = 0; i < list.length; i++) shown[list[i]!]!++;
  shown.sort();
  let weighted = 0;
  for (let i = 0; i < itemCount; i++) {
    total += shown[i]!;
    weighted += (2 * (i + 1) - itemCount - 1) * shown[i]!;
  }
  return total === 0 ? 0 : weighted / (itemCount * total);
}
