import { expect, test } from 'vitest';
import { recentEnd } from './recent-end.ts';

test('of few moments it is the newest, of many the .999 quantile, whatever a few wrong clocks say', () => {
  expect(recentEnd(Float64Array.of(5, 9, 7))).toBe(9);
  const many = Float64Array.from({ length: 10_000 }, (_, n) => (n * 7919) % 10_000);
  expect(recentEnd(many)).toBe(9_990);
  for (let n = 0; n < 9; n++) many[n * 1000] = 1e15;
  expect(recentEnd(many)).toBeLessThan(10_000);
  const huge = Float64Array.from({ length: 300_000 }, (_, n) => (n * 7919) % 300_000);
  expect(Math.abs(recentEnd(huge) - 299_700)).toBeLessThan(200);
});
