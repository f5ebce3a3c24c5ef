/** Catalogue coverage. */

/** Share of all items that stand in the first k of any list. */
export function coverage(lists: readonly Int32Array[], itemCount: number, k: number): number {
  const shown = new Uint8Array(itemCount);
  let distinct = 0;
  for (const list of lists) {
    for (let i = 0; i < Math.min(k, list.length); i++) {
      if (shown[list[i]!]) continue;
      shown[list[i]!] = 1;
      distinct++;
    }
  }
  return itemCount === 0 ? 0 : distinct / itemCount;
}
