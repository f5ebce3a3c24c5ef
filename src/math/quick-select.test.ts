import { expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { quickSelect } from './quick-select.ts';

test('the k largest stand in front, whatever the ties and the order', () => {
  const random = new Random(3);
  for (let round = 0; round < 300; round++) {
    const count = 1 + random.below(60);
    const k = random.below(count + 3);
    const keys = Float64Array.from({ length: 100 }, () => random.below(round % 3 === 0 ? 3 : 1000));
    const indices = random.shuffle(Int32Array.from({ length: 100 }, (_, i) => i)).subarray(0, count);
    const expected = [...indices].sort((a, b) => keys[b]! - keys[a]! || b - a).slice(0, k);
    const before = [...indices].sort();
    quickSelect(indices, count, k, keys);
    expect([...indices.subarray(0, k)].sort()).toEqual(expected.sort());
    expect([...indices].sort()).toEqual(before);
  }
});

test('indices past the count stay where they are', () => {
  const indices = Int32Array.of(0, 1, 2, 3);
  quickSelect(indices, 2, 1, Float64Array.of(1, 2, 9, 8));
  expect([...indices]).toEqual([1, 0, 2, 3]);
});
