/** Likeness of two items from what is known of them: shared attributes, vectors, or who chose both. */
import type { NeighbourTable } from '../../models/neighbour-table.ts';
import type { Similarity } from './mmr.ts';

/** Jaccard index of two rows of attribute ids; 0 where either has none. */
export function attributeSimilarity(rows: readonly Int32Array[]): Similarity {
  const sets = rows.map((ids) => Int32Array.from(new Set(ids)).sort());
  return (a, b) => {
    const left = sets[a];
    const right = sets[b];
    if (!left?.length || !right?.length) return 0;
    let both = 0;
    for (let i = 0, j = 0; i < left.length && j < right.length; ) {
      if (left[i] === right[j]) both++;
      if (left[i]! <= right[j]!) i++;
      else j++;
    }
    return both / (left.length + right.length - both);
  };
}

/** Cosine of two rows of `vectors`, shape `[itemCount, dimensions]`; below 0 counts as 0. */
export function vectorSimilarity(vectors: Float32Array, dimensions: number): Similarity {
  const count = Math.floor(vectors.length / dimensions);
  const norms = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let squares = 0;
    for (let d = 0; d < dimensions; d++) squares += vectors[i * dimensions + d]! ** 2;
    norms[i] = Math.sqrt(squares);
  }
  return (a, b) => {
    let dot = 0;
    for (let d = 0; d < dimensions; d++) dot += vectors[a * dimensions + d]! * vectors[b * dimensions + d]!;
    return dot > 0 ? Math.min(1, dot / (norms[a]! * norms[b]!)) : 0;
  };
}

/** Cosine of two items' rows of neighbours: alike where they lead to the same items. */
export function neighbourSimilarity({ itemCount, offsets, indices, values }: NeighbourTable): Similarity {
  /** Of rows that were asked for; NaN before. */
  const norms = new Float64Array(itemCount).fill(Number.NaN);
  const normOf = (item: number): number => {
    if (Number.isNaN(norms[item]!)) {
      let squares = 0;
      for (let n = offsets[item]!; n < offsets[item + 1]!; n++) squares += values[n]! ** 2;
      norms[item] = Math.sqrt(squares);
    }
    return norms[item]!;
  };
  const row = new Float64Array(itemCount);
  let spread = -1;
  return (a, b) => {
    // The row of one item stays laid out while many are compared with it, as MMR does with the item last placed.
    if (spread !== b) {
      if (spread >= 0) for (let n = offsets[spread]!; n < offsets[spread + 1]!; n++) row[indices[n]!] = 0;
      for (let n = offsets[b]!; n < offsets[b + 1]!; n++) row[indices[n]!] = values[n]!;
      spread = b;
    }
    let dot = 0;
    for (let n = offsets[a]!; n < offsets[a + 1]!; n++) dot += row[indices[n]!]! * values[n]!;
    return dot > 0 ? Math.min(1, dot / (normOf(a) * normOf(b))) : 0;
  };
}
