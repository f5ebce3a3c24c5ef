import { expect, test } from 'vitest';
import { eventKinds } from '../../data/events.ts';
import { markCounts, marksOf, momentCode, sinceCode } from './position-marks.ts';

test('times since the last position grow by doublings', () => {
  const minute = 60_000;
  expect([-1, Number.NaN].map(sinceCode)).toEqual([0, 0]);
  expect([0, 0.9, 1, 3, 7, 1e12].map((minutes) => sinceCode(minutes * minute))).toEqual([1, 1, 2, 3, 4, 22]);
  expect(sinceCode(Infinity)).toBeLessThan(markCounts.since);
});

test('moments are quarters of the days of a week', () => {
  const codes = Array.from({ length: 56 }, (_, n) => momentCode(Date.UTC(2026, 0, 1) + n * 6 * 3_600_000));
  expect(new Set(codes).size).toBe(28);
  expect(codes.slice(28)).toEqual(codes.slice(0, 28));
  expect(Math.max(...codes)).toBeLessThan(markCounts.moment);
  expect(momentCode(-1)).toBeGreaterThan(0);
  expect(momentCode(Number.NaN)).toBe(0);
});

test('a row begins without a position before it, and an unknown kind is none', () => {
  const times = Float64Array.of(0, 60_000, 60_000);
  const kinds = Uint8Array.of(0, 255, eventKinds.length - 1);
  const marks = marksOf({ times, kinds }, (position) => position === 0 || position === 2);
  expect([...marks.since!]).toEqual([0, 2, 0]);
  expect([...marks.kind!]).toEqual([1, 0, eventKinds.length]);
  expect(marksOf({}, () => false)).toEqual({});
});
