/** Histories as a matrix of users by items: each pair once, with its strongest weight. */
import type { SparseMatrix } from '../math/sparse-matrix.ts';
import { type Histories, rowCount } from './histories.ts';

/** @param longest - only a row's newest `longest` positions count, so that a bot's row cannot cost everything */
export function userItems(histories: Histories, longest = 2000): SparseMatrix {
  const rows = rowCount(histories);
  const offsets = new Int32Array(rows + 1);
  const indices = new Int32Array(histories.items.length);
  const values = new Float32Array(histories.items.length);
  const placeOf = new Int32Array(histories.itemCount).fill(-1);
  let count = 0;
  for (let r = 0; r < rows; r++) {
    const start = count;
    const end = histories.offsets[r + 1]!;
    for (let p = Math.max(histories.offsets[r]!, end - longest); p < end; p++) {
      const item = histories.items[p]!;
      const weight = histories.weights ? histories.weights[p]! : 1;
      const place = placeOf[item]!;
      if (place >= start) {
        values[place] = Math.max(values[place]!, weight);
      } else if (weight > 0) {
        placeOf[item] = count;
        indices[count] = item;
        values[count++] = weight;
      }
    }
    offsets[r + 1] = count;
  }
  return {
    rows,
    columns: histories.itemCount,
    offsets,
    indices: indices.slice(0, count),
    values: values.slice(0, count),
  };
}
