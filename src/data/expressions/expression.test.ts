import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ShelfwiseError } from '../../core/errors.ts';
import { parseExpression } from './expression.ts';
import type { ProductFacts } from './product-facts.ts';

const mug: ProductFacts = {
  productId: 'mug-1',
  title: 'Blue Mug 蓝色马克杯',
  brand: 'Acme',
  categories: [['Home', 'Kitchen', 'Mugs']],
  attributes: { colour: 'Blue', 'Grösse in cm': '9' },
  language: 'zh',
  createdTime: Date.UTC(2026, 0, 31),
  priceMinor: 1999,
  currency: 'EUR',
  available: true,
};
const bare: ProductFacts = { productId: 'x', title: '', categories: [], attributes: {}, available: false };

const hold: readonly string[] = [
  'price = 19.99 and priceMinor = 1999 and currency = "eur"',
  'price < 20 and price >= 19.99 and not price > 19.99',
  'category = "mugs" and category = "Home > Kitchen" and category != "Kitchen > Mugs"',
  'brand in ("Zeta", "ACME") or brand = "none"',
  'title contains \'马克\' and title contains "blue"',
  'attributes.colour = "ｂｌｕｅ" and attributes["Grösse in cm"] = "9" and has attributes.colour',
  'created >= "2026-01-31" and created < "2026-02-01"',
  'available and available = true and not available = false',
  'NOT (brand = "Zeta" OR price > 100) AND has brand',
  'productId = "mug-1" and language in ("zh")',
  'brand = "none" or brand = "Acme" and price < 20',
];
const fail: readonly string[] = [
  'brand = "Zeta"',
  'price > 19.99',
  'has attributes.size',
  'attributes.size = "L"',
  'attributes.toString = "x"',
  'not available',
  'brand = "Acme" and (price > 100 or title contains "cup")',
  '(brand = "none" or brand = "Acme") and price > 20',
];
for (const text of hold) test(`${text} holds`, () => expect(parseExpression(text).matches(mug)).toBe(true));
for (const text of fail) test(`${text} does not hold`, () => expect(parseExpression(text).matches(mug)).toBe(false));

test('what a product lacks fulfils no comparison, and != is the opposite of =', () => {
  for (const text of ['price < 20', 'price >= 0', 'brand = "Acme"', 'brand in ("Acme")', 'created < "2030-01-01"'])
    expect(parseExpression(text).matches(bare)).toBe(false);
  for (const text of ['brand != "Acme"', 'not has price', 'price != 3'])
    expect(parseExpression(text).matches(bare)).toBe(true);
  expect(parseExpression('price = 0').matches({ ...bare, priceMinor: 0, currency: 'EUR' })).toBe(true);
  expect(parseExpression('price = 300').matches({ ...bare, priceMinor: 300, currency: 'JPY' })).toBe(true);
});

const wrong: readonly [string, number, RegExp][] = [
  ['', 1, /expected a field, got the end/],
  ['price', 6, /expected =, !=, <.*got the end/],
  ['price <', 8, /expected a number, got the end/],
  ['price < "20"', 9, /expected a number, got "20"/],
  ['price < 20 20', 12, /expected and, or, or the end/],
  ['price < 20 and', 15, /expected a field, got the end/],
  ['brand < "A"', 7, /expected =, !=, in or contains, got "<"/],
  ['brand = Acme', 9, /expected a text between quotes, got "Acme"/],
  ['brand = "Acme', 9, /expected a closing "/],
  ['(brand = "Acme"', 16, /expected \), got the end/],
  ['brand in "Acme"', 10, /expected \(/],
  ['brand in ()', 11, /expected a text/],
  ['colour = "x"', 1, /expected one of productId, .*attributes\.NAME, got "colour"/],
  ['attributes = "x"', 12, /expected \./],
  ['attributes[colour] = "x"', 12, /expected the name of an attribute/],
  ['created > "soon"', 11, /expected a date/],
  ['price contains "1"', 7, /contains after a field of text/],
  ['price < 20 ; drop', 12, /expected a field, a value or an operator, got ";"/],
  ['constructor = "x"', 1, /expected one of/],
  ['price < 1e5', 9, /expected a field, a value or an operator|expected a number/],
  [`${'('.repeat(60)}price < 1${')'.repeat(60)}`, 51, /at most 50/],
  [`brand = "${'x'.repeat(4_001)}"`, 4_001, /at most 4000 characters/],
];
for (const [text, position, message] of wrong)
  test(`${text.slice(0, 40) || 'nothing'} is refused with its place`, () => {
    let caught: unknown;
    try {
      parseExpression(text, 'boost[0].when');
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ShelfwiseError);
    const { code, message: said, details } = caught as ShelfwiseError;
    expect([code, details['position']]).toEqual(['SW_FILTER', position]);
    expect(said).toMatch(message);
    expect(said.startsWith(`boost[0].when:${position}: `)).toBe(true);
  });

test('any text is read or refused by name, and what is read answers for any product', () => {
  const pieces = [
    'price',
    'brand',
    'and',
    'or',
    'not',
    'has',
    'in',
    '(',
    ')',
    '"a"',
    '3',
    '=',
    '<',
    'contains',
    ',',
    '.',
    '中',
  ];
  const texts = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((some) => some.join(' ')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const { matches } = parseExpression(text);
        expect([true, false]).toContain(matches(mug));
        expect([true, false]).toContain(matches(bare));
      } catch (error) {
        expect(error).toMatchObject({ code: 'SW_FILTER' });
      }
    }),
    { numRuns: 2_000 },
  );
});
