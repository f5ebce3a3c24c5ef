import { expect, test } from 'vitest';
import { parseNumber, parsePrice } from './parse-amount.ts';

test('numbers are what people and programs write, and nothing else is one', () => {
  const numbers: readonly [string, number][] = [
    ['12', 12],
    [' -1.5 ', -1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1,234.5', 1234.5],
    ['1.234,50', 1234.5],
    ['1 234,5', 1234.5],
    ["1'234.5", 1234.5],
    ['+7', 7],
  ];
  for (const [text, value] of numbers) expect([text, parseNumber(text)]).toEqual([text, value]);
  for (const text of [
    '',
    ' ',
    "'",
    '.',
    ',',
    '-',
    '0x10',
    '0b1',
    '0o7',
    'Infinity',
    '-Infinity',
    'NaN',
    '1e',
    'e5',
    '12a',
    '1_000',
    '１２',
  ])
    expect([text, parseNumber(text)]).toEqual([text, Number.NaN]);
});

test('prices may carry their currency before or after', () => {
  expect(parsePrice('15.00 USD')).toEqual({ amount: 15, currency: 'USD' });
  expect(parsePrice('usd 1,234.50')).toEqual({ amount: 1234.5, currency: 'USD' });
  expect(parsePrice('£9.99')).toEqual({ amount: 9.99, currency: 'GBP' });
  expect(parsePrice('9,99 €')).toEqual({ amount: 9.99, currency: 'EUR' });
  expect(parsePrice('7')).toEqual({ amount: 7, currency: '' });
  for (const text of ['', '£', 'USD', 'free', '0x10 USD', 'Infinity USD', 'abcd 5'])
    expect(parsePrice(text).amount).toBeNaN();
});

test('a long cell of blanks, points or digits is told at once', () => {
  for (const part of [' ', '.', ',', '1 ', '1.', "'", '€ ', 'USD ', '-']) {
    const text = part.repeat(200_000);
    parseNumber(text);
    parsePrice(text);
    parsePrice(`${text}x`);
  }
}, 20_000);
