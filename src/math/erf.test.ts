import { expect, test } from 'vitest';
import { erf, exactErf } from './erf.ts';

test('the error function has its known values, and those of its series everywhere', () => {
  // Abramowitz & Stegun, table 7.1.
  for (const [x, value] of [
    [0, 0],
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [2, 0.995322265],
  ] as const) {
    expect(erf(x)).toBeCloseTo(value, 9);
    expect(erf(-x)).toBeCloseTo(-value, 9);
  }
  for (let x = 0; x < 7; x += 0.00137) expect(Math.abs(erf(x) - exactErf(x))).toBeLessThan(2e-12);
  expect([erf(Infinity), erf(-Infinity), erf(Number.NaN)]).toEqual([1, -1, Number.NaN]);
});
