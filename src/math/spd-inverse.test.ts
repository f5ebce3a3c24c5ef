import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { DenseMath } from './dense-math.ts';
import { invertSpd } from './spd-inverse.ts';
import { openWasmDenseMath } from './wasm-dense-math.ts';

let dense: DenseMath;
beforeAll(async () => {
  dense = await openWasmDenseMath(2);
});
afterAll(() => dense.close());

/** XᵀX + 5 I of a random X of twice as many rows, shape `[n, n]`. */
function gram(n: number): Float32Array {
  const random = new Random(n);
  const x = Array.from({ length: 2 * n }, () => Float64Array.from({ length: n }, () => random.normal()));
  const out = new Float32Array(n * n);
  for (const row of x) for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i * n + j]! += row[i]! * row[j]!;
  for (let i = 0; i < n; i++) out[i * n + i]! += 5;
  return out;
}

test.each([1, 2, 127, 128, 129, 301])(
  'the inverse of a %i-square matrix times the matrix is the identity',
  async (n) => {
    const matrix = gram(n);
    const inverse = matrix.slice();
    await invertSpd(inverse, n, dense);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < n; p++) sum += inverse[i * n + p]! * matrix[p * n + j]!;
        expect(Math.abs(sum - Number(i === j))).toBeLessThan(1e-3);
        expect(inverse[i * n + j]).toBeCloseTo(inverse[j * n + i]!, 6);
      }
    }
  },
);

test('a matrix that is not positive definite is refused', async () => {
  const matrix = Float32Array.of(1, 2, 2, 1);
  await expect(invertSpd(matrix, 2, dense)).rejects.toMatchObject({ code: 'SW_MODEL_LIMIT' });
});

test('a long inversion stops on request and tells its progress', async () => {
  const shares: number[] = [];
  await invertSpd(gram(300), 300, dense, { onProgress: (share) => shares.push(share) });
  expect(shares.length).toBeGreaterThan(1);
  expect(Math.max(...shares)).toBeLessThanOrEqual(1);
  await expect(invertSpd(gram(300), 300, dense, { signal: AbortSignal.abort() })).rejects.toThrow();
});
