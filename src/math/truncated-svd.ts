/**
 * The leading right singular vectors of a sparse matrix by randomised subspace iteration: products with a tall block on
 * the wasm kernels, orthonormalised by shifted Cholesky QR, and one Rayleigh-Ritz step at the end.
 *
 * @source Halko, Martinsson & Tropp, Finding structure with randomness, SIAM Review 2011, algorithms 4.4 and 5.1;
 *   Fukaya et al., Shifted Cholesky QR for computing the QR factorization of ill-conditioned matrices, SISC 2020
 */
import { Random } from '../core/random.ts';
import { choleskyFactor, invertLower } from './cholesky.ts';
import type { DenseMath } from './dense-math.ts';
import { withKernels } from './kernels/kernel-pool.ts';
import { type SparseMatrix, transpose } from './sparse-matrix.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

export interface RightSingularVectors {
  /** How many were found: at most what was asked for, and at most the rank of the matrix. */
  readonly rank: number;
  /** Shape `[columns, rank]`, orthonormal columns. */
  readonly vectors: Float32Array;
  /** Singular values, largest first, shape `[rank]`. */
  readonly values: Float64Array;
}

export interface TruncatedSvdOptions {
  readonly compute: { readonly threads: number; readonly dense: DenseMath };
  readonly seed: number;
  /** Products with MᵀM; more separate near singular values better. */
  readonly iterations: number;
  readonly oversampling?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number) => void;
}

export async function rightSingularVectors(
  matrix: SparseMatrix,
  rank: number,
  options: TruncatedSvdOptions,
): Promise<RightSingularVectors> {
  const { rows, columns } = matrix;
  const { compute, signal } = options;
  const width = Math.ceil(Math.min(columns, rank + (options.oversampling ?? 16)) / 4) * 4;
  const transposed = transpose(matrix);
  return withKernels(compute.threads, async (pool) => {
    const upload = (m: SparseMatrix) => [pool.i32(m.offsets), pool.i32(m.indices), pool.f32(m.values)];
    const [forward, backward] = [upload(matrix), upload(transposed)];
    const start = randomSigns(columns * width, new Random(options.seed, 1));
    // q is [columns, width], y is [rows, width].
    const q = pool.f32(await orthonormal(start, columns, width, compute.dense));
    const y = pool.f32(rows * width);
    for (let iteration = 0; iteration < options.iterations; iteration++) {
      await pool.run('sparseTimesDense', rows, [...forward, q, width, y], { signal });
      await pool.run('sparseTimesDense', columns, [...backward, y, width, q], { signal });
      q.set(await orthonormal(q.slice(), columns, width, compute.dense));
      options.onProgress?.((iteration + 1) / (options.iterations + 1));
    }
    await pool.run('sparseTimesDense', rows, [...forward, q, width, y], { signal });
    return ritz(q.slice(), y.slice(), columns, rows, width, rank, compute.dense);
  });
}

/** Plus and minus one, 32 of a draw. */
export function randomSigns(length: number, random: Random): Float32Array {
  const signs = new Float32Array(length);
  let bits = 0;
  for (let at = 0; at < length; at++) {
    if (at % 32 === 0) bits = random.uint32();
    signs[at] = bits & 1 ? 1 : -1;
    bits >>>= 1;
  }
  return signs;
}

/** Turns the orthonormal basis q so that its columns are singular vectors; `y = M q`. */
async function ritz(
  q: Float32Array,
  y: Float32Array,
  columns: number,
  rows: number,
  width: number,
  most: number,
  dense: DenseMath,
): Promise<RightSingularVectors> {
  const gram = await gramOf(y, rows, width, dense);
  const { values, vectors } = symmetricEigen(gram, width);
  const floor = Math.max(values[0] ?? 0, 0) * 1e-9;
  let rank = 0;
  while (rank < most && rank < width && values[rank]! > floor) rank++;
  const turn = Float32Array.from(vectors.subarray(0, rank * width));
  const turned = new Float32Array(columns * rank);
  await dense.matmul({ a: q, b: turn, m: columns, k: width, n: rank, transposeB: true, out: turned });
  return { rank, vectors: turned, values: values.slice(0, rank).map(Math.sqrt) };
}

/** An orthonormal basis of the columns of `block`, shape `[n, width]`; two passes of shifted Cholesky QR. */
export async function orthonormal(
  block: Float32Array,
  n: number,
  width: number,
  dense: DenseMath,
): Promise<Float32Array> {
  let from = block;
  for (let pass = 0; pass < 2; pass++) {
    const l = await gramOf(from, n, width, dense);
    let largest = 0;
    for (let c = 0; c < width; c++) largest = Math.max(largest, l[c * width + c]!);
    if (largest === 0) return from;
    for (let c = 0; c < width; c++) l[c * width + c]! += 1e-6 * largest;
    choleskyFactor(l, width);
    invertLower(l, width);
    const inverse = new Float32Array(width * width);
    for (let r = 0; r < width; r++) for (let c = 0; c <= r; c++) inverse[r * width + c] = l[r * width + c]!;
    const out = new Float32Array(n * width);
    await dense.matmul({ a: from, b: inverse, m: n, k: width, n: width, transposeB: true, out });
    from = out;
  }
  return from;
}

/** `BᵀB` of a block `[n, width]`, shape `[width, width]`. */
export async function gramOf(block: Float32Array, n: number, width: number, dense: DenseMath): Promise<Float64Array> {
  const out = new Float32Array(width * width);
  await dense.matmul({ a: block, b: block, m: width, k: n, n: width, transposeA: true, out });
  for (let r = 0; r < width; r++) for (let c = 0; c < r; c++) out[c * width + r] = out[r * width + c]!;
  return Float64Array.from(out);
}
