import { expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import { partitionLargest, topK } from './top-k.ts';

test('the k largest come sorted, ties by the lower index; what is no number or -Infinity never counts', () => {
  const random = new Random(4);
  for (let round = 0; round < 300; round++) {
    const scores = Float32Array.from(
      { length: 1 + random.below(80) },
      () => [Number.NaN, -Infinity, 0, random.below(5) - 2, random.normal()][random.below(5)]!,
    );
    const k = random.below(scores.length + 3);
    const counted = [...scores.keys()].filter((i) => scores[i]! > -Infinity);
    const expected = counted.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, k);
    const told: number[] = [];
    expect([...topK(scores, k, (index) => told.push(index))]).toEqual(expected);
    if (k > 0) expect(told).toEqual([...scores.keys()].filter((i) => Number.isNaN(scores[i])));
  }
});

test('the k largest stand in front, whatever the ties and the order', () => {
  const random = new Random(3);
  for (let round = 0; round < 300; round++) {
    const count = 1 + random.below(60);
    const k = random.below(count + 3);
    const keys = Float64Array.from({ length: 100 }, () => random.below(round % 3 === 0 ? 3 : 1000));
    const indices = random.shuffle(Int32Array.from({ length: 100 }, (_, i) => i)).subarray(0, count);
    const expected = [...indices].sort((a, b) => keys[b]! - keys[a]! || b - a).slice(0, k);
    const before = [...indices].sort();
    partitionLargest(indices, count, k, keys);
    expect([...indices.subarray(0, k)].sort()).toEqual(expected.sort());
    expect([...indices].sort()).toEqual(before);
  }
});

test('indices past the count stay where they are', () => {
  const indices = Int32Array.of(0, 1, 2, 3);
  partitionLargest(indices, 2, 1, Float64Array.of(1, 2, 9, 8));
  expect([...indices]).toEqual([1, 0, 2, 3]);
});
