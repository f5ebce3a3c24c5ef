import { expect, test } from 'vitest';
import type { EventColumns } from './event-store.ts';
import { Searches, searchHoldsMs } from './searches.ts';

const searches = (rows: readonly (readonly [person: number, time: number, text: string | undefined])[]): Searches => {
  const values = [...new Set(rows.flatMap(([, , text]) => text ?? []))].sort();
  return new Searches({
    length: rows.length,
    person: Float64Array.from(rows, ([person]) => person),
    time: Float64Array.from(rows, ([, time]) => time),
    text: { values, codes: Int32Array.from(rows, ([, , text]) => (text === undefined ? -1 : values.indexOf(text))) },
  } as EventColumns & { text: { values: string[]; codes: Int32Array<ArrayBuffer> } });
};

test('the last words of a person until a moment are told, while they hold', () => {
  const found = searches([
    [7, 1_000, 'wok'],
    [7, 5_000, 'pan'],
    [7, 6_000, undefined],
    [2, 4_000, 'soap'],
  ]);
  expect(found.lastOf(7, 4_999)).toBe('wok');
  expect(found.lastOf(7, 5_000)).toBe('pan');
  // Without words a search says nothing new.
  expect(found.lastOf(7, 7_000)).toBe('pan');
  expect(found.lastOf(7, 999)).toBeUndefined();
  expect(found.lastOf(7, 5_000 + searchHoldsMs)).toBe('pan');
  expect(found.lastOf(7, 6_001 + searchHoldsMs)).toBeUndefined();
  expect(found.lastOf(2, 4_500)).toBe('soap');
  expect(found.lastOf(1, 4_500)).toBeUndefined();
});
