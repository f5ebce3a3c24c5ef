import { expect, test } from 'vitest';
import { PersonMentions } from './person-mentions.ts';

const named = (ids: string[], row: Record<string, string>, reason = ''): boolean =>
  new PersonMentions({ ids }).in(row, { reason });

test.each<[string, string[], Record<string, string>, boolean]>([
  ['a long id in any column', ['customer-17'], { A: 'x', B: 'customer-17' }, true],
  ['a long id inside a text', ['ann@example.org'], { note: 'call ann@example.org today' }, true],
  ['a long id that is part of another', ['ann@example.org'], { email: 'joann@example.org' }, false],
  ['a short id in a column of people', ['7'], { Customer: '7', Quantity: '3' }, true],
  ['a short id as a quantity', ['7'], { Customer: '9', Quantity: '7' }, false],
  ['a short id where no column is about people', ['7'], { kdnr: '7', n: '1' }, true],
  ['a short id with blanks', ['7'], { user_id: ' 7 ' }, true],
  ["a spreadsheet's number", ['850'], { CustomerID: '850.0' }, true],
  ['a Chinese column', ['王五'], { 会员: '王五', 数量: '1' }, true],
  ['an id with quotes', ['o"neil'], { user: 'o"neil' }, true],
  ['an id with a regular expression in it', ['a.*b('], { user: 'a.*b(' }, true],
  ['an id with a regular expression in it, elsewhere', ['a.*b('], { user: 'axxb(' }, false],
  ['an id that is escaped in JSON', ['zoë'], { json: '{"user":{"id":"zo\\u00eb"}}' }, true],
  ['an id with quotes in JSON', ['o"neil\\x'], { json: '{"userId":"o\\"neil\\\\x"}' }, true],
  ['a short number in JSON', ['42'], { json: '{"customer":{"id":42},"qty":1}' }, true],
  ['a short number in JSON that is no person', ['42'], { json: '{"customer":{"id":1},"qty":42}' }, false],
  ['an id of 19 digits in JSON', ['1234567890123456789'], { json: '{"customer":{"id":1234567890123456789}}' }, true],
  ['its neighbour', ['1234567890123456788'], { json: '{"customer":{"id":1234567890123456789}}' }, false],
  ['an id as a key of JSON', ['ann-smith'], { json: '{"carts":{"ann-smith":[1]}}' }, true],
  ['JSON in a cell', ['ab'], { user_properties: '[{"key":"user","value":"ab"}]', n: '1' }, true],
  ['a broken line', ['7'], { line: '9;7;"broken' }, true],
  ['a broken line that names another', ['7'], { line: '9;77;"broken' }, false],
  ['a broken line with doubled quotes', ['o"n'], { line: '1,"o""n,x' }, true],
  ['a broken line of JSON with escapes', ['zoë'], { line: '{"user":"zo\\u00eb", ' }, true],
  ['a broken element of XML', ['a&b'], { line: '<user>a&amp;b</user' }, true],
  ['a session that stands for a visitor', ['session:s-9'], { ga_session_id: 's-9' }, true],
])('%s', (_, ids, row, expected) => {
  expect(named(ids, row)).toBe(expected);
});

test('a reason that quotes the row, and sessions that are kept as a hash, tell as well', () => {
  expect(named(['customer-17'], { A: '1' }, 'expected a number, got "customer-17"')).toBe(true);
  const short = new PersonMentions({ ids: ['7'] });
  expect(short.in({ kdnr: '7', customer_name: 'Ann' })).toBe(false);
  expect(short.in({ kdnr: '7', customer_name: 'Ann' }, { columns: ['kdnr'] })).toBe(true);
  const mentions = new PersonMentions({ ids: ['ann'], isSession: (id) => id === 's1' });
  expect(mentions.in({ session_id: 's1', n: '3' })).toBe(true);
  expect(mentions.in({ session_id: 's2', n: '3' })).toBe(false);
  expect(mentions.in({ product: 's1', user: '' })).toBe(false);
});
