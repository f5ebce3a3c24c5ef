import { expect, test } from 'vitest';
import { formatMoney, minorDigits } from './money.ts';

test('money prints with the digits of its currency', () => {
  expect(formatMoney(1250, 'GBP')).toBe('£12.50');
  expect(formatMoney(1250, 'JPY')).toBe('¥1,250');
  expect(formatMoney(8800, 'CNY', 'zh')).toBe('¥88.00');
});

test('an unknown currency still prints its amount', () => {
  expect(formatMoney(199, '')).toBe('1.99');
  expect(minorDigits('XXXX')).toBe(2);
});
