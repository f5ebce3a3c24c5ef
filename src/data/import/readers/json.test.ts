import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonArray, readJsonLines } from './json.ts';
import type { RawRow } from './raw-row.ts';

async function collect(
  read: (text: AsyncIterable<string>) => AsyncIterable<RawRow[]>,
  text: string,
  size = 5,
): Promise<RawRow[]> {
  async function* chunks(): AsyncGenerator<string> {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
  }
  const rows: RawRow[] = [];
  for await (const batch of read(chunks())) rows.push(...batch);
  return rows;
}

test('JSON lines and arrays come back value by value with their lines, wherever the chunks are cut', async () => {
  const values = fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(values, fc.integer({ min: 1, max: 11 }), async (list, size) => {
      const plain = JSON.parse(JSON.stringify(list));
      const lines = await collect(readJsonLines, list.map((value) => `${JSON.stringify(value)}\n`).join(''), size);
      expect(lines.map((row) => row.value)).toEqual(plain);
      expect(lines.map((row) => row.line)).toEqual(list.map((_, i) => i + 1));
      const array = await collect(
        readJsonArray,
        `[\n${list.map((value) => JSON.stringify(value)).join(',\n')}\n]\n`,
        size,
      );
      expect(array.map((row) => row.value)).toEqual(plain);
      expect(array.map((row) => row.line)).toEqual(list.map((_, i) => i + 2));
    }),
  );
});

test('a broken line is set aside with its number, an array that ends early says so', async () => {
  const lines = await collect(readJsonLines, '{"a":1}\n{"a":\n\n{"a":2}');
  expect(lines.map((row) => [row.line, row.problem === ''])).toEqual([
    [1, true],
    [2, false],
    [4, true],
  ]);
  const array = await collect(readJsonArray, '[{"a":1},{"a"');
  expect(array.map((row) => row.problem)).toEqual(['', expect.stringContaining('end of the JSON array')]);
});

test('a list inside one object is read element by element, wherever the chunks are cut', async () => {
  const text = '{"title": "a [list]",\n "data": [\n{"a": 1},\n{"a": [2, {"b": "]"}]}\n], "more": [3]}\n';
  for (const size of [1, 2, 7, 1000]) {
    const rows = await collect((chunks) => readJsonArray(chunks, undefined, true), text, size);
    expect(rows.map(({ line, value }) => [line, value])).toEqual([
      [3, { a: 1 }],
      [4, { a: [2, { b: ']' }] }],
    ]);
  }
});

test('whole numbers beyond 2^53 keep their digits, and no other value changes', async () => {
  const [row] = await collect(
    readJsonLines,
    '{"id": 99561197970982479, "same": 9007199254740993, "n": -1234567890123456789, "safe": 4503599627370496, "x": 0.1234567890123456, "text": "12345678901234567890"}\n',
  );
  expect(row!.value).toEqual({
    ...{ id: '99561197970982479', same: '9007199254740993', n: '-1234567890123456789' },
    ...{ safe: 4503599627370496, x: 0.1234567890123456, text: '12345678901234567890' },
  });
});

test('lines of Python literals are read as JSON', async () => {
  const rows = await collect(
    readJsonLines,
    String.raw`{'id': '0001', u'title': u'Jane\'s "Cup" \u4e2d\n', 'rank': {'Toys': 12}, 'also': [('a', None), True, 1.5e3]}` +
      "\n{'id': \"it's\"}\n{'broken': \n",
  );
  expect(rows[0]!.value).toEqual({
    ...{ id: '0001', title: 'Jane\'s "Cup" 中\n', rank: { Toys: 12 } },
    also: [['a', null], true, 1500],
  });
  expect(rows[1]!.value).toEqual({ id: "it's" });
  expect(rows[2]!.problem).toMatch(/^expected JSON, got/);
});
