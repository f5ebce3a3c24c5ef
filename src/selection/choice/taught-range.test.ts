import { expect, test } from 'vitest';
import { ChoiceDataBuilder } from './choice-data.ts';
import { keepWithin, taughtRange } from './taught-range.ts';

test('features are followed as far as they were taught, and where nothing was taught as they are', () => {
  const builder = new ChoiceDataBuilder(3, Infinity, 1);
  builder.add(Float32Array.of(0, 5, 1, 2, 5, 1 + 1e-5), Uint8Array.of(1, 0), 1);
  const range = taughtRange(3, builder.build());
  const features = Float32Array.of(9, 9, 9, -9, -9, -9, 1, 5, 1);
  keepWithin(features, range);
  expect([...features]).toEqual([2, 9, Math.fround(1 + 1e-5), 0, -9, 1, 1, 5, 1]);
});
