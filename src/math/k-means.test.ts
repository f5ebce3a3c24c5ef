import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { DenseMath } from './dense-math.ts';
import { normaliseTo1, sphericalKMeans } from './k-means.ts';
import { openWasmDenseMath } from './wasm-dense-math.ts';

let dense: DenseMath;
beforeAll(async () => {
  dense = await openWasmDenseMath(1);
});
afterAll(() => dense.close());

/** Vectors around `k` axes of d dimensions; vector r belongs to axis `r % k`. */
function aroundAxes(n: number, d: number, k: number): Float32Array {
  const random = new Random(8);
  const vectors = Float32Array.from({ length: n * d }, () => 0.1 * random.normal());
  for (let r = 0; r < n; r++) {
    vectors[r * d + (r % k)]! += 1;
    normaliseTo1(vectors.subarray(r * d, (r + 1) * d));
  }
  return vectors;
}

test('finds the axes that the vectors lie around', async () => {
  const [n, d, k] = [300, 8, 5];
  const options = { dense, random: new Random(2), iterations: 20 };
  const { groups, centres } = await sphericalKMeans(aroundAxes(n, d, k), d, k, options);
  for (let r = k; r < n; r++) expect(groups[r]).toBe(groups[r % k]);
  expect(new Set(groups).size).toBe(k);
  for (let axis = 0; axis < k; axis++) expect(centres[groups[axis]! * d + axis]!).toBeGreaterThan(0.95);
});

test('the same seed gives the same groups, and no group stays empty among equal vectors', async () => {
  const vectors = new Float32Array(12 * 2).map((_, i) => (i % 2 === 0 ? 1 : 0));
  const run = () => sphericalKMeans(vectors, 2, 3, { dense, random: new Random(1), iterations: 5 });
  const first = await run();
  expect(new Set(first.groups).size).toBe(3);
  expect(await run()).toEqual(first);
});
