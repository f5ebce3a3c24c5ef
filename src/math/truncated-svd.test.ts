import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { DenseMath } from './dense-math.ts';
import type { SparseMatrix } from './sparse-matrix.ts';
import { rightSingularVectors } from './truncated-svd.ts';
import { openWasmDenseMath } from './wasm-dense-math.ts';

let dense: DenseMath;
beforeAll(async () => {
  dense = await openWasmDenseMath(2);
});
afterAll(() => dense.close());

function sparse(rows: number[][]): SparseMatrix {
  const columns = rows[0]!.length;
  const offsets = new Int32Array(rows.length + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (const [r, row] of rows.entries()) {
    for (const [c, value] of row.entries()) {
      if (value === 0) continue;
      indices.push(c);
      values.push(value);
    }
    offsets[r + 1] = indices.length;
  }
  return { rows: rows.length, columns, offsets, indices: Int32Array.from(indices), values: Float32Array.from(values) };
}

const options = () => ({ compute: { threads: 2, dense }, seed: 4, iterations: 4 });

test('finds the known singular values and vectors of a diagonal matrix', async () => {
  const { rank, values, vectors } = await rightSingularVectors(
    sparse([
      [3, 0, 0, 0],
      [0, 0, 5, 0],
      [0, 1, 0, 0],
    ]),
    2,
    options(),
  );
  expect(rank).toBe(2);
  expect(values[0]).toBeCloseTo(5, 4);
  expect(values[1]).toBeCloseTo(3, 4);
  expect([0, 1, 2, 3].map((i) => Math.abs(vectors[i * 2]!)).map((x) => Math.round(x * 1e4) / 1e4)).toEqual([
    0, 0, 1, 0,
  ]);
});

test('a matrix of low rank gives no more vectors than its rank, and they rebuild it', async () => {
  const random = new Random(9);
  const [left, right] = [40, 30].map((n) => Array.from({ length: n }, () => [random.normal(), random.normal()]));
  const rows = left!.map((a) => right!.map((b) => a[0]! * b[0]! + a[1]! * b[1]!));
  const { rank, vectors } = await rightSingularVectors(sparse(rows), 8, options());
  expect(rank).toBe(2);
  for (const row of rows) {
    const parts = [0, 1].map((f) => row.reduce((sum, x, i) => sum + x * vectors[i * 2 + f]!, 0));
    for (const [i, x] of row.entries()) {
      expect(parts[0]! * vectors[i * 2]! + parts[1]! * vectors[i * 2 + 1]!).toBeCloseTo(x, 3);
    }
  }
});

test('an empty matrix has no singular vectors', async () => {
  expect((await rightSingularVectors(sparse([[0, 0]]), 2, options())).rank).toBe(0);
});
