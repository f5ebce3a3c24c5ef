import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coverage } from './coverage.ts';
import { diversity } from './diversity.ts';
import { gini } from './gini.ts';
import { miscalibration } from './miscalibration.ts';
import { novelty } from './novelty.ts';

const list = (...items: number[]): Int32Array => Int32Array.from(items);

describe('metrics of lists', () => {
  test('coverage counts each item once, up to the cut-off', () => {
    expect(coverage([list(0, 1, 2), list(1, 3)], 10, 20)).toBe(0.4);
    expect(coverage([list(0, 1, 2), list(1, 3)], 10, 1)).toBe(0.2);
  });

  test('Gini is 0 where all items are shown alike and (n - 1) / n where one takes all', () => {
    expect(gini([list(0, 1), list(2, 3)], 4)).toBeCloseTo(0, 12);
    expect(gini([list(2), list(2), list(2)], 4)).toBeCloseTo(3 / 4, 12);
  });

  test('Gini is half the relative mean absolute difference', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 }), (items) => {
        const counts = Array.from({ length: 10 }, (_, i) => items.filter((item) => item === i).length);
        const differences = counts.flatMap((a) => counts.map((b) => Math.abs(a - b)));
        const expected = differences.reduce((a, b) => a + b, 0) / (2 * 10 * 10 * (items.length / 10));
        expect(gini([Int32Array.from(items)], 10)).toBeCloseTo(expected, 10);
      }),
    );
  });

  test('novelty is the mean of -log2 p with add-one counts', () => {
    const train = { itemCount: 3, offsets: list(0, 5), items: list(0, 0, 0, 1, 1), ordered: true };
    expect([...novelty([list(0), list(0, 2)], train)]).toEqual([1, (1 + 3) / 2]);
    expect(novelty([list()], train)[0]).toBeNaN();
  });

  test('diversity is the mean Jaccard distance over pairs with attributes', () => {
    const attributes = [list(1, 2), list(2, 3), list(9), list()];
    const [three, bare] = diversity([list(0, 1, 2, 3), list(0, 3)], attributes);
    expect(three).toBeCloseTo((2 / 3 + 1 + 1) / 3, 12);
    expect(bare).toBeNaN();
  });

  test('calibration is 0 where the list mirrors the history, and largest where it shows none of it', () => {
    const attributes = [list(1), list(2), list(1), list(2), list(7)];
    const values = miscalibration([list(0, 1), list(0, 1), list(0, 1)], [list(2, 3), list(4), list(0, 2)], attributes);
    expect(values[0]).toBeCloseTo(0, 12);
    expect(values[1]).toBeCloseTo(Math.log2(1 / 0.01), 12);
    // p = (½, ½), smoothed q = (.995, .005).
    expect(values[2]).toBeCloseTo(0.5 * Math.log2(0.5 / 0.995) + 0.5 * Math.log2(0.5 / 0.005), 12);
  });
});
