import { expect, test } from 'vitest';
import { PartTimes } from './part-times.ts';

test('seconds go to the part that was told of last, and parts that come again are summed', () => {
  let now = 0;
  const times = new PartTimes(() => now);
  const told: [number, string][] = [
    ...([
      [100, 'reading'],
      [1_100, 'als'],
      [3_100, 'learning'],
      [4_100, 'held-out loss 2.1'],
      [4_600, 'als'],
    ] as const),
    [9_600, 'als'],
  ] as [number, string][];
  for (const [at, note] of told) {
    now = at;
    times.note(note);
  }
  now = 10_600;
  expect(times.done()).toEqual({ als: 8, learning: 1.5, reading: 1 });
  expect(Object.keys(times.done())).toEqual(['als', 'learning', 'reading']);
});
