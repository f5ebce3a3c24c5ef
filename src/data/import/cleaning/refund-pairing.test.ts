import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pairRefunds, type Trade } from './refund-pairing.ts';

const sale = (quantity: number): Trade => ({ refund: false, quantity });
const refund = (quantity: number): Trade => ({ refund: true, quantity });

test('a refund takes the sale of its own quantity, not merely the latest', () => {
  expect(pairRefunds([sale(6), sale(2), refund(6)])).toEqual([true, false, true]);
});

test('part of a sale may be taken back, and one refund may take several sales', () => {
  expect(pairRefunds([sale(10), refund(3), refund(7), refund(1)])).toEqual([true, true, true, false]);
  expect(pairRefunds([sale(4), sale(3), refund(6)])).toEqual([true, true, true]);
});

test('a refund of an unknown quantity takes the latest sale; a refund before any sale finds none', () => {
  expect(pairRefunds([sale(4), sale(3), refund(Number.NaN)])).toEqual([false, true, true]);
  expect(pairRefunds([refund(2), sale(2)])).toEqual([false, false]);
});

/** The rule as it is said, unit by unit: each unit of a sale is an object, taken from the end. */
function naive(trades: readonly Trade[]): boolean[] {
  const matched = trades.map(() => false);
  let units: number[] = [];
  for (const [i, { refund: isRefund, quantity }] of trades.entries()) {
    if (!isRefund) {
      for (let u = 0; u < quantity; u++) units.push(i);
      continue;
    }
    const left = new Map<number, number>();
    for (const unit of units) left.set(unit, (left.get(unit) ?? 0) + 1);
    const exact = [...left].filter(([, n]) => n === quantity).at(-1)?.[0];
    for (let u = 0; u < quantity; u++) {
      const at = exact === undefined ? units.length - 1 : units.lastIndexOf(exact);
      if (at < 0) break;
      matched[units[at]!] = true;
      matched[i] = true;
      units = units.toSpliced(at, 1);
    }
  }
  return matched;
}

test('pairing agrees with the rule followed unit by unit', () => {
  const trade = fc.record({ refund: fc.boolean(), quantity: fc.integer({ min: 1, max: 5 }) });
  fc.assert(
    fc.property(fc.array(trade, { maxLength: 14 }), (trades) => {
      expect(pairRefunds(trades)).toEqual(naive(trades));
    }),
    { numRuns: 500 },
  );
});
