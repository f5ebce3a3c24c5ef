import fc from 'fast-check';
import { expect, test } from 'vitest';
import { removeBoilerplate } from './boilerplate.ts';
import { hasEncodingDamage, repairEncoding } from './encoding-damage.ts';
import { hasHtml, stripHtml } from './html.ts';
import { TextCleaner } from './text-cleaner.ts';

const windows1252 = (text: string): string => new TextDecoder('windows-1252').decode(new TextEncoder().encode(text));

test('UTF-8 read as Windows-1252, once or twice, is taken back', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', ' ', 'é', 'ü', '’', '€', '£', '中', '杯'), minLength: 1 }),
      (text) => {
        // "é€£" could be a damaged 連 itself: nothing can tell, so such texts are left out.
        fc.pre(/[^\u0020-\u007e]/.test(text) && !hasEncodingDamage(text));
        expect(hasEncodingDamage(windows1252(text))).toBe(true);
        expect(repairEncoding(windows1252(text))).toBe(text);
      },
    ),
  );
  expect(repairEncoding(windows1252(windows1252('Café')))).toBe('Café');
});

test('sound text is left alone; what is lost stays and is known', () => {
  for (const text of ['Café crème', 'Ångström', 'MÜNCHEN', '陶瓷杯子', 'plain', '£40.00'])
    expect([hasEncodingDamage(text), repairEncoding(text)]).toEqual([false, text]);
  expect(hasEncodingDamage('caf\uFFFD')).toBe(true);
  expect(repairEncoding('caf\uFFFD')).toBe('caf\uFFFD');
  expect(hasEncodingDamage('锟斤拷杯')).toBe(true);
});

test.each([
  ['<p>Tea &amp; <b>cake</b></p><script>x()</script>', 'Tea & cake'],
  ['one<br/>two &#163;5 &#x4e2d;', 'one two £5 中'],
  ['<!-- note -->Mug&nbsp;<i>big</i>', 'Mug big'],
])('%j becomes %j', (html, text) => {
  expect(hasHtml(html)).toBe(true);
  expect(stripHtml(html)).toBe(text);
});

test('signs of everyday text are no markup', () => {
  for (const text of ['5 < 6 & 7 > 3', 'I <3 tea', 'salt & pepper', 'R&D;'])
    expect([text, hasHtml(text)]).toEqual([text, false]);
});

test('a sentence pasted under many products goes, the product’s own words stay', () => {
  const own = Array.from({ length: 12 }, (_, i) => `Mug number ${i} holds tea.`);
  const pasted = own.map((text) => `${text} Free shipping over £50!`);
  expect(removeBoilerplate(pasted, { minProducts: 10, minShare: 0.05 })).toEqual(own);
  expect(removeBoilerplate(pasted, { minProducts: 13, minShare: 0.05 })).toEqual(pasted);
  const only = Array.from({ length: 12 }, () => 'Free shipping!');
  expect(removeBoilerplate(only, { minProducts: 10, minShare: 0.05 })).toEqual(only);
});

test('a row is counted once however many of its texts match', () => {
  const cleaner = new TextCleaner({ encoding: true, html: false });
  cleaner.startRow();
  expect(cleaner.clean('CafÃ©')).toBe('Café');
  expect(cleaner.clean('caf\uFFFD')).toBe('caf\uFFFD');
  expect(cleaner.clean('<b>x</b>')).toBe('<b>x</b>');
  cleaner.startRow();
  cleaner.clean('caf\uFFFD');
  expect(cleaner.encoding).toEqual({ matched: 2, acted: 1 });
  expect(cleaner.html).toEqual({ matched: 1, acted: 0 });
});
