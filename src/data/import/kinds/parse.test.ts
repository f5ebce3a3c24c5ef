import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventKindOf } from './event-names.ts';
import { parseNumber, parsePrice } from './parse-amount.ts';
import { detectTimeFormat, timeParser } from './parse-time.ts';

const at = (iso: string): number => Date.parse(iso);

test.each([
  ['iso', '2010-12-01 08:26:00', '2010-12-01T08:26:00Z'],
  ['iso', '2010-12-01T08:26:00.125+02:00', '2010-12-01T06:26:00.125Z'],
  ['iso', '2010-12-01', '2010-12-01T00:00:00Z'],
  ['iso', '20111209', '2011-12-09T00:00:00Z'],
  ['iso', '20111209125000', '2011-12-09T12:50:00Z'],
  ['iso', '2011-12-09 12:50:00 UTC', '2011-12-09T12:50:00Z'],
  ['mdy', '12/1/2010 8:26', '2010-12-01T08:26:00Z'],
  ['mdy', '12/1/10 8:26 PM', '2010-12-01T20:26:00Z'],
  ['dmy', '1.12.2010', '2010-12-01T00:00:00Z'],
  ['unix', '1291191960', '2010-12-01T08:26:00Z'],
  ['unix', '1291191960000', '2010-12-01T08:26:00Z'],
  ['unix', '1291191960000000', '2010-12-01T08:26:00Z'],
  ['unix', '1291191960.0', '2010-12-01T08:26:00Z'],
] as const)('%s reads %j as %s', (format, text, iso) => {
  expect(timeParser(format)(text)).toBe(at(iso));
});

test('no calendar has these', () => {
  for (const text of ['2011-02-29', '2011-13-01', '2011-01-32', 'soon', '2011-01-01 25:00', ''])
    expect([text, timeParser('iso')(text)]).toEqual([text, Number.NaN]);
  expect(timeParser('mdy')('13/1/2011')).toBeNaN();
});

test('every ISO time comes back, and a zone-less one is moved by the offset that is declared', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), (date) => {
      expect(timeParser('iso')(date.toISOString())).toBe(date.getTime());
      const bare = date.toISOString().slice(0, 19);
      expect(timeParser('iso', 120)(bare)).toBe(at(`${bare}Z`) - 7_200_000);
    }),
  );
});

test('the format of a column is found from what only one format allows', () => {
  expect(detectTimeFormat(['12/1/2010 8:26', '12/13/2010 9:00'])).toEqual({ format: 'mdy', sure: true });
  expect(detectTimeFormat(['1/12/2010', '13/12/2010'])).toEqual({ format: 'dmy', sure: true });
  expect(detectTimeFormat(['1/2/2010'])).toEqual({ format: 'mdy', sure: false });
  expect(detectTimeFormat(['1291191960', '1291191961'])).toEqual({ format: 'unix', sure: true });
  expect(detectTimeFormat(['20111209', '20111210'])).toEqual({ format: 'iso', sure: true });
});

test.each([
  ['2.55', 2.55],
  ['1,234.5', 1234.5],
  ['1.234,50', 1234.5],
  ['1 234,5', 1234.5],
  ['12,5', 12.5],
  ['1,234', 1234],
  ['-3', -3],
  ['abc', Number.NaN],
  ['', Number.NaN],
])('the number in %j is %d', (text, value) => {
  expect(parseNumber(text)).toBe(value);
});

test('prices carry their currency before or after', () => {
  expect(parsePrice('15.00 USD')).toEqual({ amount: 15, currency: 'USD' });
  expect(parsePrice('£2.55')).toEqual({ amount: 2.55, currency: 'GBP' });
  expect(parsePrice('7')).toEqual({ amount: 7, currency: '' });
  expect(parsePrice('free').amount).toBeNaN();
});

test('names of other systems lead to our kinds', () => {
  expect(['Product Viewed', 'addtocart', 'pv', 'Order Completed', 'scroll'].map(eventKindOf)).toEqual([
    'view_item',
    'add_to_cart',
    'view_item',
    'purchase',
    undefined,
  ]);
});
