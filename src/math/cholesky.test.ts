import { expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { choleskyFactor, choleskySolve, invertLower } from './cholesky.ts';

function positive(n: number): Float64Array {
  const random = new Random(n);
  const x = Array.from({ length: n + 2 }, () => Float64Array.from({ length: n }, () => random.normal()));
  const a = new Float64Array(n * n);
  for (const row of x) for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j]! += row[i]! * row[j]!;
  for (let i = 0; i < n; i++) a[i * n + i]! += 0.5;
  return a;
}

test.each([1, 2, 5, 8, 13])('a solved system of %i unknowns gives back its right side', (n) => {
  const a = positive(n);
  const l = a.slice();
  expect(choleskyFactor(l, n)).toBe(true);
  const x = Float64Array.from({ length: n }, (_, i) => i - 1.5);
  const b = x.map((_, r) => x.reduce((sum, value, c) => sum + a[r * n + c]! * value, 0));
  choleskySolve(l, n, b);
  for (let i = 0; i < n; i++) expect(b[i]).toBeCloseTo(x[i]!, 9);
  const inverse = l.slice();
  invertLower(inverse, n);
  for (let r = 0; r < n; r++) {
    for (let c = 0; c <= r; c++) {
      let sum = 0;
      for (let p = c; p <= r; p++) sum += l[r * n + p]! * inverse[p * n + c]!;
      expect(sum).toBeCloseTo(Number(r === c), 9);
    }
  }
});

test('an indefinite matrix is recognised', () => {
  expect(choleskyFactor(Float64Array.of(1, 0, 2, 1), 2)).toBe(false);
});
