import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { DenseMath } from './dense-math.ts';
import { principalAxes } from './principal-axes.ts';
import { openWasmDenseMath } from './wasm-dense-math.ts';

let dense: DenseMath;
beforeAll(async () => {
  dense = await openWasmDenseMath(1);
});
afterAll(() => dense.close());

test('finds the directions that rows were made of, the one of most first', async () => {
  const random = new Random(5);
  const [rows, width] = [400, 40];
  const directions = [3, 17, 31];
  const values = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let f = 0; f < width; f++) values[r * width + f] = 0.01 * (random.uniform() - 0.5);
    for (const [n, direction] of directions.entries())
      values[r * width + direction]! += (10 / 3 ** n) * (random.uniform() - 0.5);
  }
  const axes = await principalAxes(values, width, 3, { dense, seed: 1 });
  for (const [n, direction] of directions.entries()) {
    expect(Math.abs(axes[direction * 3 + n]!)).toBeGreaterThan(0.99);
    const square = Array.from({ length: width }, (_, f) => axes[f * 3 + n]! ** 2).reduce((a, b) => a + b, 0);
    expect(square).toBeCloseTo(1, 4);
  }
});

test('as many axes as there are columns keep every length, also of fewer rows than columns', async () => {
  const random = new Random(6);
  const [rows, width] = [5, 12];
  const values = Float32Array.from({ length: rows * width }, () => random.uniform() - 0.5);
  const axes = await principalAxes(values, width, width, { dense, seed: 1 });
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * width, (r + 1) * width);
    const turned = Array.from({ length: width }, (_, a) =>
      row.reduce((sum, v, f) => sum + v * axes[f * width + a]!, 0),
    );
    expect(Math.hypot(...turned)).toBeCloseTo(Math.hypot(...row), 3);
  }
});
