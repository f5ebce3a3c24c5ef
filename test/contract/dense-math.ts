/** What every implementation of DenseMath must do. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../src/core/random.ts';
import type { DenseMath } from '../../src/math/dense-math.ts';

export function denseMathContract(name: string, open: () => Promise<DenseMath>): void {
  describe(`dense products by ${name}`, () => {
    let math: DenseMath;
    beforeAll(async () => {
      math = await open();
    });
    afterAll(() => math.close());

    const random = new Random(11);
    const fixed = [
      [1, 1, 1],
      [4, 16, 16],
      [1, 50, 37],
      [65, 40, 130],
    ] as const;
    const drawn = Array.from(
      { length: 6 },
      () => [1, 2, 3].map(() => 1 + random.below(40)) as [number, number, number],
    );
    for (const [m, k, n] of [...fixed, ...drawn]) {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          const title = `[${m}, ${k}] by [${k}, ${n}]${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`;
          test(`${title} equals the sum of products`, async () => {
            const a = normals(m * k, m);
            const b = normals(k * n, n + 1000);
            const out = new Float32Array(m * n).fill(Number.NaN);
            await math.matmul({ a, b, m, k, n, transposeA, transposeB, out });
            const expected = product(a, b, m, k, n, transposeA, transposeB);
            for (let e = 0; e < expected.length; e++) expect(out[e]).toBeCloseTo(expected[e]!, 4);
          });
        }
      }
    }

    test('empty products are empty or zero', async () => {
      const out = Float32Array.of(5, 5, 5, 5);
      const nothing = new Float32Array(0);
      await math.matmul({ a: nothing, b: nothing, m: 2, k: 0, n: 2, out });
      expect([...out]).toEqual([0, 0, 0, 0]);
      await math.matmul({ a: nothing, b: new Float32Array(8), m: 0, k: 4, n: 2, out: nothing });
      await math.matmul({ a: new Float32Array(8), b: nothing, m: 2, k: 4, n: 0, out: nothing });
    });

    test('only the product is written where the output is longer', async () => {
      const out = Float32Array.of(5, 5, 5);
      await math.matmul({ a: Float32Array.of(2), b: Float32Array.of(3), m: 1, k: 1, n: 1, out });
      expect([...out]).toEqual([6, 5, 5]);
    });

    test('views into a larger and into a shared buffer are read and written in place', async () => {
      const shared = new Float32Array(new SharedArrayBuffer(32));
      shared.set([9, 2, 3, 9, 9, 9]);
      const out = shared.subarray(4, 6);
      await math.matmul({ a: shared.subarray(1, 3), b: Float32Array.of(10), m: 2, k: 1, n: 1, out });
      expect([...shared.subarray(0, 7)]).toEqual([9, 2, 3, 9, 20, 30, 0]);
    });

    test('products asked for at once do not disturb each other', async () => {
      const outs = Array.from({ length: 6 }, () => new Float32Array(4));
      const identity = Float32Array.of(1, 0, 0, 1);
      await Promise.all(
        outs.map((out, i) => math.matmul({ a: Float32Array.of(i, 0, 0, i), b: identity, m: 2, k: 2, n: 2, out })),
      );
      for (const [i, out] of outs.entries()) expect([...out]).toEqual([i, 0, 0, i]);
    });
  });
}

function normals(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal());
}

function product(
  a: Float32Array,
  b: Float32Array,
  m: number,
  k: number,
  n: number,
  transposeA: boolean,
  transposeB: boolean,
): Float64Array {
  const out = new Float64Array(m * n);
  for (let r = 0; r < m; r++) {
    for (let c = 0; c < n; c++) {
      for (let p = 0; p < k; p++) {
        out[r * n + c]! += a[transposeA ? p * m + r : r * k + p]! * b[transposeB ? c * k + p : p * n + c]!;
      }
    }
  }
  return out;
}
