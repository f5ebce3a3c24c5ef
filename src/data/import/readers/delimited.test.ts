import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DelimitedOptions, detectDelimiter, readDelimited } from './delimited.ts';
import type { RawRow } from './raw-row.ts';

/** Cuts a text into pieces of the given sizes, again and again. */
async function* pieces(text: string, sizes: readonly number[] = [text.length]): AsyncGenerator<string> {
  let at = 0;
  for (let i = 0; at < text.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length]!);
    yield text.slice(at, at + size);
    at += size;
  }
}

async function read(
  text: string,
  sizes?: readonly number[],
  delimiter?: string,
  options: DelimitedOptions = {},
): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  for await (const batch of readDelimited(pieces(text, sizes), { delimiter, ...options })) rows.push(...batch);
  return rows;
}

const cell = fc.string({
  unit: fc.constantFrom('a', 'é', '中', ' ', ',', ';', '"', '\n', '\r\n', "'", '1'),
  maxLength: 8,
});

test('what is written by the rules comes back, wherever the chunks are cut, as another parser reads it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .integer({ min: 2, max: 4 })
        .chain((width) =>
          fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }),
        ),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom('\n', '\r\n'),
      async (table, sizes, newline) => {
        const text =
          table.map((row) => row.map((c) => `"${c.replaceAll('"', '""')}"`).join(',')).join(newline) + newline;
        const rows = await read(text, sizes, ',');
        expect(rows.map((row) => row.fields)).toEqual(table);
        expect(rows.map((row) => row.fields)).toEqual(parse(text));
        let line = 1;
        for (const [i, row] of rows.entries()) {
          expect(row.line).toBe(line);
          line += 1 + table[i]!.join('').split('\n').length - 1;
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('line numbers count quoted line ends and blank lines', async () => {
  const rows = await read('a,b\n1,"x\ny"\n\n2,z\n');
  expect(rows.map((row) => [row.line, ...row.fields])).toEqual([
    [1, 'a', 'b'],
    [2, '1', 'x\ny'],
    [5, '2', 'z'],
  ]);
});

test('a row of another width and a quote that never closes are set aside with their lines, the rest is read', async () => {
  const rows = await read('a,b\n1,2\n3\n4,"q"x\n5,6\n7,"open\n8,9', [3]);
  expect(rows.map((row) => [row.line, row.problem])).toEqual([
    [1, ''],
    [2, ''],
    [3, 'expected 2 columns, got 1'],
    [4, 'expected a delimiter after a closing quote'],
    [5, ''],
    [6, 'expected a closing quote, got none'],
    [7, ''],
  ]);
  expect(rows[5]!.text).toBe('7,"open');
});

test('a quote inside an unquoted field is a character like any other', async () => {
  expect((await read('a,b\n5" pipe,"7"" pipe"\n')).at(-1)!.fields).toEqual(['5" pipe', '7" pipe']);
});

test.each([
  ['a,b,c', ','],
  ['a;b;"c,d,e"', ';'],
  ['a\tb', '\t'],
  ['a|b|c', '|'],
  ['alone', ','],
])('the delimiter of %j is %j', (header, delimiter) => {
  expect(detectDelimiter(header)).toBe(delimiter);
});

test.each([[[1]], [[2]], [[3, 1]], [[1000]]])(
  'a delimiter of two letters, lines above the header, and the line that Excel writes, cut at %j',
  async (sizes) => {
    const cells = async (text: string, options?: DelimitedOptions): Promise<(readonly string[])[]> =>
      (await read(text, sizes, undefined, options)).map(({ fields }) => fields);
    expect(await cells('11::Tin: a "story"::5\n12::"a::b"::4\n')).toEqual([
      ['11', 'Tin: a "story"', '5'],
      ['12', 'a::b', '4'],
    ]);
    expect(await cells('sep=;\r\na;b\r\n1,5;2\r\n')).toEqual([
      ['a', 'b'],
      ['1,5', '2'],
    ]);
    const skipped = await read('Orders of May\n\na,b\n1,2\n', sizes, undefined, { skipRows: 2 });
    expect(skipped.map(({ line, fields }) => [line, ...fields])).toEqual([
      [3, 'a', 'b'],
      [4, '1', '2'],
    ]);
    expect(await cells('1:\n7,3,2005-09-06\n8,5,2005-05-13\n2:\n7,4,2005-10-19\n', { heading: /^(\d+):$/ })).toEqual([
      ['1', '7', '3', '2005-09-06'],
      ['1', '8', '5', '2005-05-13'],
      ['2', '7', '4', '2005-10-19'],
    ]);
  },
);
