/** Parts of histories with all their columns: what every protocol is cut from. */
import { type Histories, rowCount } from '../../data/histories.ts';

/** How a protocol treats what the shopper has already seen. */
export type Seen = 'mask' | 'keep';

export const nothing: Int32Array = new Int32Array(0);

export function distinct(items: Int32Array): Int32Array {
  return items.length < 2 ? items : Int32Array.from(new Set(items));
}

export function maskedFor(items: Int32Array, seen: Seen): Int32Array {
  return seen === 'mask' ? distinct(items) : nothing;
}

/** The positions with a 1 in `kept` (shape `[positions]`); rows stay where they are, empty where nothing is kept. */
export function keepPositions(histories: Histories, kept: Uint8Array): Histories {
  const rows = rowCount(histories);
  const offsets = new Int32Array(rows + 1);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    for (let p = histories.offsets[row]!; p < histories.offsets[row + 1]!; p++) count += kept[p]!;
    offsets[row + 1] = count;
  }
  const keep = (_: number, p: number): boolean => kept[p] === 1;
  return {
    itemCount: histories.itemCount,
    offsets,
    items: histories.items.filter(keep),
    ...(histories.times && { times: histories.times.filter(keep) }),
    ...(histories.weights && { weights: histories.weights.filter(keep) }),
    ...(histories.sessions && { sessions: histories.sessions.filter(keep) }),
    ...(histories.kinds && { kinds: histories.kinds.filter(keep) }),
    ordered: histories.ordered,
  };
}
