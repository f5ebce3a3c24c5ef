import { expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { selectLargest } from './select-largest.ts';

test('selects what a full sort would, lower places first among equals', () => {
  const random = new Random(3);
  for (let round = 0; round < 50; round++) {
    const length = 1 + random.below(60);
    const values = Float32Array.from({ length }, () => (random.below(3) ? random.uniform() : random.below(4) / 4));
    const k = 1 + random.below(length + 3);
    const sorted = [...values.keys()].filter((i) => values[i]! > 0).sort((a, b) => values[b]! - values[a]! || a - b);
    const out = new Int32Array(k);
    const count = selectLargest(values, k, out);
    expect([...out.subarray(0, count)]).toEqual(sorted.slice(0, k).sort((a, b) => a - b));
  }
});

test('zeros are never selected', () => {
  expect(selectLargest(Float32Array.of(0, 0, 0), 2, new Int32Array(2))).toBe(0);
});
