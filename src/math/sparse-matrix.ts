/** Sparse rows of float32: row r holds entries `offsets[r] .. offsets[r + 1] - 1`. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Shape `[rows + 1]`. */
  readonly offsets: Int32Array;
  /** Shape `[entries]`. */
  readonly indices: Int32Array;
  /** Shape `[entries]`. */
  readonly values: Float32Array;
}

export function transpose(matrix: SparseMatrix): SparseMatrix {
  const { rows, columns, offsets, indices, values } = matrix;
  const outOffsets = new Int32Array(columns + 1);
  for (const column of indices) outOffsets[column + 1]!++;
  for (let c = 0; c < columns; c++) outOffsets[c + 1]! += outOffsets[c]!;
  const next = outOffsets.slice(0, columns);
  const outIndices = new Int32Array(indices.length);
  const outValues = new Float32Array(indices.length);
  for (let r = 0; r < rows; r++) {
    for (let p = offsets[r]!; p < offsets[r + 1]!; p++) {
      const at = next[indices[p]!]!++;
      outIndices[at] = r;
      outValues[at] = values[p]!;
    }
  }
  return { rows: columns, columns: rows, offsets: outOffsets, indices: outIndices, values: outValues };
}

/** Number of entries in each column, shape `[columns]`. */
export function columnCounts(matrix: SparseMatrix): Float64Array {
  const counts = new Float64Array(matrix.columns);
  for (const column of matrix.indices) counts[column]!++;
  return counts;
}

/** Sum of squares of each column, shape `[columns]`. */
export function columnSquares(matrix: SparseMatrix): Float64Array {
  const sums = new Float64Array(matrix.columns);
  for (let p = 0; p < matrix.indices.length; p++) sums[matrix.indices[p]!]! += matrix.values[p]! ** 2;
  return sums;
}
