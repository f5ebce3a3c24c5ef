import { expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

function symmetric(n: number): Float64Array {
  const random = new Random(n);
  const a = new Float64Array(n * n);
  for (let r = 0; r < n; r++) for (let c = 0; c <= r; c++) a[r * n + c] = a[c * n + r] = random.normal();
  return a;
}

test.each([1, 2, 3, 10, 57])('a %i-square matrix times an eigenvector is the eigenvector, stretched', (n) => {
  const a = symmetric(n);
  const { values, vectors } = symmetricEigen(a, n);
  for (let e = 0; e < n; e++) {
    const v = vectors.subarray(e * n, (e + 1) * n);
    expect(v.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 9);
    if (e > 0) expect(values[e]!).toBeLessThanOrEqual(values[e - 1]!);
    for (let r = 0; r < n; r++) {
      const product = v.reduce((sum, x, c) => sum + a[r * n + c]! * x, 0);
      expect(product).toBeCloseTo(values[e]! * v[r]!, 9);
    }
  }
});

test('equal and zero eigenvalues are found', () => {
  const { values } = symmetricEigen(Float64Array.of(2, 0, 0, 0, 2, 0, 0, 0, 0), 3);
  expect([...values]).toEqual([2, 2, 0]);
});
