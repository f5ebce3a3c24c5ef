import { expect, test } from 'vitest';
import { eventKinds } from './events.ts';
import { ratingMiddle, unwished } from './ratings.ts';

const [rate, buy] = (['rate', 'purchase'] as const).map((kind) => eventKinds.indexOf(kind)) as [number, number];

/** `person kind value` for each event. */
function eventsOf(...rows: readonly (readonly [person: number, kind: number, value: number])[]) {
  return {
    length: rows.length,
    person: Float64Array.from(rows, ([person]) => person),
    kind: Uint8Array.from(rows, ([, kind]) => kind),
    value: Float32Array.from(rows, ([, , value]) => value),
  };
}

test('a rating below the mean of the person’s own is no wish, from three on; below that the shop’s mean decides', () => {
  const events = eventsOf(
    // A strict person: three is high.
    ...[1, 1, 2, 3, 3].map((value) => [1, rate, value] as const),
    // A kind one: four is low.
    ...[5, 4, 5].map((value) => [2, rate, value] as const),
    // One rating each, above and below the mean of all.
    ...([[3, rate, 5] as const, [4, rate, 1] as const] as const),
    // All alike, and neither a rating nor a value.
    ...[2.1, 2.1, 2.1].map((value) => [5, rate, value] as const),
    ...([[6, buy, Number.NaN] as const, [6, rate, Number.NaN] as const] as const),
  );
  expect(ratingMiddle(events)).toBeCloseTo((1 + 1 + 2 + 3 + 3 + 14 + 5 + 1 + 6.3) / 13, 5);
  expect([...unwished(events)]).toEqual([1, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0]);
  // One person alone is measured by what the shop knew.
  const [alone] = [eventsOf([3, rate, 4])];
  expect([[...unwished(alone)], [...unwished(alone, 4.5)]]).toEqual([[0], [1]]);
  expect(ratingMiddle(eventsOf([6, buy, Number.NaN]))).toBeUndefined();
});
