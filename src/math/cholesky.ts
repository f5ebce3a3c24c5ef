/** Small symmetric positive definite systems in float64. Matrices are square, row-major; only the lower half is read. */

/** Replaces the lower half of `a` (shape `[n, n]`) by L with `L Lᵀ = a`; false where a is not positive definite. */
export function choleskyFactor(a: Float64Array, n: number): boolean {
  for (let c = 0; c < n; c++) {
    const rowC = c * n;
    let pivot = a[rowC + c]!;
    for (let p = 0; p < c; p++) pivot -= a[rowC + p]! ** 2;
    if (!(pivot > 0)) return false;
    const diagonal = Math.sqrt(pivot);
    a[rowC + c] = diagonal;
    const inverse = 1 / diagonal;
    let r = c + 1;
    // Four rows at a time: independent sums keep the processor's pipeline full.
    for (; r + 3 < n; r += 4) {
      const [row0, row1, row2, row3] = [r * n, (r + 1) * n, (r + 2) * n, (r + 3) * n];
      let [sum0, sum1, sum2, sum3] = [a[row0 + c]!, a[row1 + c]!, a[row2 + c]!, a[row3 + c]!];
      for (let p = 0; p < c; p++) {
        const value = a[rowC + p]!;
        sum0 -= a[row0 + p]! * value;
        sum1 -= a[row1 + p]! * value;
        sum2 -= a[row2 + p]! * value;
        sum3 -= a[row3 + p]! * value;
      }
      a[row0 + c] = sum0 * inverse;
      a[row1 + c] = sum1 * inverse;
      a[row2 + c] = sum2 * inverse;
      a[row3 + c] = sum3 * inverse;
    }
    for (; r < n; r++) {
      let sum = a[r * n + c]!;
      for (let p = 0; p < c; p++) sum -= a[r * n + p]! * a[rowC + p]!;
      a[r * n + c] = sum * inverse;
    }
  }
  return true;
}

/** Solves `L Lᵀ x = b` in place of b (shape `[n]`). */
export function choleskySolve(l: Float64Array, n: number, b: Float64Array): void {
  for (let r = 0; r < n; r++) {
    let sum = b[r]!;
    for (let p = 0; p < r; p++) sum -= l[r * n + p]! * b[p]!;
    b[r] = sum / l[r * n + r]!;
  }
  for (let r = n - 1; r >= 0; r--) {
    const value = b[r]! / l[r * n + r]!;
    b[r] = value;
    for (let p = 0; p < r; p++) b[p]! -= l[r * n + p]! * value;
  }
}

/** Replaces the lower half of `l` by that of L⁻¹. */
export function invertLower(l: Float64Array, n: number): void {
  for (let r = 0; r < n; r++) {
    const inverse = 1 / l[r * n + r]!;
    for (let c = 0; c < r; c++) {
      let sum = 0;
      for (let p = c; p < r; p++) sum += l[r * n + p]! * l[p * n + c]!;
      l[r * n + c] = -sum * inverse;
    }
    l[r * n + r] = inverse;
  }
}
