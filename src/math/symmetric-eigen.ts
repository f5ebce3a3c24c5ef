/**
 * All eigenvalues and eigenvectors of a symmetric matrix in float64: Householder reflections to three diagonals, then
 * QL steps with implicit shifts. About 9 n³ operations.
 *
 * @source Golub & Van Loan, Matrix Computations, 4th ed., §8.3
 */
import { ShelfwiseError } from '../core/errors.ts';

export interface SymmetricEigen {
  /** Largest first, shape `[n]`. */
  readonly values: Float64Array;
  /** Row r is the unit eigenvector of `values[r]`, shape `[n, n]`. */
  readonly vectors: Float64Array;
}

/** @param matrix - shape `[n, n]`, symmetric; not changed */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const { diagonal, below, reflectors } = tridiagonalise(matrix.slice(), n);
  const vectors = new Float64Array(n * n);
  for (let r = 0; r < n; r++) vectors[r * n + r] = 1;
  diagonalise(diagonal, below, vectors, n);
  for (let r = 0; r < n; r++) reflect(vectors.subarray(r * n, (r + 1) * n), reflectors, n);
  const order = [...diagonal.keys()].sort((a, b) => diagonal[b]! - diagonal[a]! || a - b);
  const sorted = new Float64Array(n * n);
  for (const [r, from] of order.entries()) sorted.set(vectors.subarray(from * n, (from + 1) * n), r * n);
  return { values: Float64Array.from(order, (r) => diagonal[r]!), vectors: sorted };
}

/** `a = Q T Qᵀ`, Q the product of `I - 2 v vᵀ` over the unit vectors v in the rows of `reflectors`; overwrites a. */
function tridiagonalise(a: Float64Array, n: number) {
  const below = new Float64Array(n);
  const reflectors = new Float64Array(n * n);
  const q = new Float64Array(n);
  for (let k = 0; k + 2 < n; k++) {
    const v = reflectors.subarray(k * n, (k + 1) * n);
    let norm = 0;
    for (let r = k + 1; r < n; r++) {
      v[r] = a[r * n + k]!;
      norm += v[r]! ** 2;
    }
    norm = Math.sqrt(norm);
    const target = v[k + 1]! > 0 ? -norm : norm;
    below[k] = target;
    const length = Math.sqrt(2 * norm * (norm + Math.abs(v[k + 1]!)));
    if (length === 0) continue;
    v[k + 1]! -= target;
    for (let r = k + 1; r < n; r++) v[r]! /= length;
    // a := (I - 2vvᵀ) a (I - 2vvᵀ) = a - v qᵀ - q vᵀ, with q = 2 (a v - (vᵀ a v) v)
    let projection = 0;
    for (let r = k + 1; r < n; r++) {
      let sum = 0;
      for (let c = k + 1; c < n; c++) sum += a[r * n + c]! * v[c]!;
      q[r] = sum;
      projection += sum * v[r]!;
    }
    for (let r = k + 1; r < n; r++) q[r] = 2 * (q[r]! - projection * v[r]!);
    for (let r = k + 1; r < n; r++) {
      const [vr, qr] = [v[r]!, q[r]!];
      for (let c = k + 1; c < n; c++) a[r * n + c]! -= vr * q[c]! + qr * v[c]!;
    }
  }
  if (n > 1) below[n - 2] = a[(n - 1) * n + n - 2]!;
  const diagonal = Float64Array.from({ length: n }, (_, r) => a[r * n + r]!);
  return { diagonal, below, reflectors };
}

/** Applies Q to one vector. */
function reflect(vector: Float64Array, reflectors: Float64Array, n: number): void {
  for (let k = n - 3; k >= 0; k--) {
    const row = k * n;
    let sum = 0;
    for (let r = k + 1; r < n; r++) sum += reflectors[row + r]! * vector[r]!;
    sum *= 2;
    for (let r = k + 1; r < n; r++) vector[r]! -= sum * reflectors[row + r]!;
  }
}

/** QL steps until the subdiagonal `e` is gone; the rotations gather in the rows of `z`. */
function diagonalise(d: Float64Array, e: Float64Array, z: Float64Array, n: number): void {
  for (let l = 0; l < n; l++) {
    for (let step = 0; ; step++) {
      let m = l;
      while (m < n - 1 && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
      if (m === l) break;
      if (step === 60)
        throw new ShelfwiseError('SW_INTERNAL', 'eigenvalues: expected to converge in 60 steps, did not.');
      qlStep(d, e, z, n, l, m);
    }
  }
}

function qlStep(d: Float64Array, e: Float64Array, z: Float64Array, n: number, l: number, m: number): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.sqrt(g * g + 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g < 0 ? -root : root));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    const t = (d[i]! - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    const [row, next] = [i * n, (i + 1) * n];
    for (let k = 0; k < n; k++) {
      const upper = z[row + k]!;
      const lower = z[next + k]!;
      z[next + k] = s * upper + c * lower;
      z[row + k] = c * upper - s * lower;
    }
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}
