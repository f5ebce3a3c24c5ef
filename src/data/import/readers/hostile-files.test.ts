/** No small file hangs or fills the memory: each ends in rows or in an error that names it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zipOf } from '../../../../test/fakes/zip.ts';
import { openDuckdb } from '../../../adapters/duckdb/analytics.ts';
import { ShelfwiseError } from '../../../core/errors.ts';
import type { Analytics } from '../../analytics.ts';
import { removeBoilerplate } from '../cleaning/boilerplate.ts';
import { hasEncodingDamage, repairEncoding } from '../cleaning/encoding-damage.ts';
import { hasHtml, stripHtml } from '../cleaning/html.ts';
import { parsePrice } from '../kinds/parse-amount.ts';
import { categoryPaths } from '../kinds/parse-list.ts';
import { openRows } from './open-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'hostile-files-'));
let analytics: Analytics;
beforeAll(async () => {
  analytics = await openDuckdb({ threads: 1 });
});
afterAll(async () => {
  await analytics.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly rows: number;
  readonly problems: string[];
}

/** Rows and problems of rows, or the named error of the file. */
async function read(name: string, content: string | Uint8Array): Promise<Outcome | ShelfwiseError> {
  const path = join(folder, name);
  writeFileSync(path, content);
  try {
    const opened = await openRows(path, analytics);
    let rows = 0;
    const problems: string[] = [];
    for await (const batch of opened.batches)
      for (const { problem } of batch) {
        if (problem) problems.push(problem);
        else rows++;
      }
    return { rows, problems };
  } catch (error) {
    if (error instanceof ShelfwiseError) return error;
    throw error;
  }
}

const book = (parts: Record<string, string>): Uint8Array =>
  zipOf({
    'xl/workbook.xml': '<workbook xmlns:r="r"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/worksheets/sheet1.xml':
      '<worksheet><sheetData><row r="1"><c t="str"><v>h</v></c></row></sheetData></worksheet>',
    ...parts,
  });
const sheet = (cells: string): Record<string, string> => ({
  'xl/worksheets/sheet1.xml': `<worksheet><sheetData><row r="1"><c t="str"><v>h</v></c></row>${cells}</sheetData></worksheet>`,
});

const files: readonly [string, () => string | Uint8Array, RegExp | ((outcome: Outcome) => void)][] = [
  [
    'deep.json',
    () => `[${'['.repeat(200_000)}${']'.repeat(200_000)}]`,
    ({ problems }) => expect(problems[0]).toMatch(/at most 200 levels/),
  ],
  [
    'deep.jsonl',
    () => `{"a":1}\n{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}\n{"a":2}\n`,
    ({ rows, problems }) => expect([rows, problems.length]).toEqual([2, 1]),
  ],
  [
    'number.jsonl',
    () => `{"a":1}\n{"a":${'7'.repeat(2_300_000)}}\n{"a":2}\n`,
    ({ rows, problems }) =>
      expect([rows, problems[0]]).toEqual([2, 'expected at most 1000 digits in a number, got more']),
  ],
  [
    'number.json',
    () => `[{"a":1},{"a":1.${'3'.repeat(2_300_000)}},{"a":2}]`,
    ({ rows, problems }) => expect([rows, problems.length]).toEqual([2, 1]),
  ],
  [
    'line.jsonl',
    () => `{"a":1}\n{"a":"${'x'.repeat(30 << 20)}"}\n{"a":2}\n`,
    ({ rows, problems }) => expect([rows, problems.length]).toEqual([2, 1]),
  ],
  [
    'element.json',
    () => `[{"a":1},{"a":"${'x'.repeat(30 << 20)}"},{"a":2}]`,
    ({ rows, problems }) => expect([rows, problems.length]).toEqual([2, 1]),
  ],
  ['deep.xml', () => `<rss><item>${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}</item></rss>`, /at most 200 levels/],
  [
    'columns.csv',
    () => `${Array.from({ length: 100_000 }, (_, n) => `c${n}`).join(',')}\n${'1,'.repeat(99_999)}1\n`,
    /at most 10000 columns, got 100000/,
  ],
  [
    'line.csv',
    () => `a,b\n1,2\n${'x'.repeat(30 << 20)},3\n4,5\n`,
    ({ rows, problems }) =>
      expect([rows, problems]).toEqual([2, ['expected at most 4194304 characters in a row, got more']]),
  ],
  [
    'quote.csv',
    () => `a,b\n1,2\n"${'x'.repeat(3 << 20)}\n4,5\n`,
    ({ rows, problems }) => expect([rows, problems.length]).toEqual([2, 1]),
  ],
  ['quotes.csv', () => `a,b\n${'"x\n'.repeat(100_000)}`, ({ problems }) => expect(problems.length).toBeGreaterThan(0)],
  [
    'one-column.csv',
    () => `id\n${Array.from({ length: 300_000 }, (_, n) => n).join('\n')}\n`,
    ({ rows }) => expect(rows).toBe(300_000),
  ],
  ['one-line.csv.gz', () => gzipSync(Buffer.alloc(300 << 20, 97)), /at most 4194304 characters in a row/],
  [
    'rows.csv.gz',
    () => gzipSync(Buffer.alloc(300 << 20, `1,${'x'.repeat(100_000)}\n`)),
    /at most 250 bytes for each packed one/,
  ],
  [
    'format.xlsx',
    () =>
      book({
        'xl/styles.xml': `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="${'['.repeat(400_000)}"/></numFmts><cellXfs><xf numFmtId="164"/></cellXfs></styleSheet>`,
      }),
    ({ rows }) => expect(rows).toBe(0),
  ],
  ['cell.xlsx', () => book(sheet('<row r="2"><c r="ZZZZZZZ50" t="str"><v>x</v></c></row>')), /past 10000 columns/],
  [
    'strings.xlsx',
    () => book({ 'xl/sharedStrings.xml': `<sst>${`<si><t>${'x'.repeat(1 << 20)}</t></si>`.repeat(300)}</sst>` }),
    /at most 250 bytes for each packed one/,
  ],
];

describe('hostile files', () => {
  test.each(files)(
    '%s',
    async (name, content, expected) => {
      const bytes = content();
      const before = process.memoryUsage().rss;
      const outcome = await read(name, bytes);
      expect(process.memoryUsage().rss - before).toBeLessThan(1.2e9);
      if (typeof expected === 'function') {
        if (outcome instanceof ShelfwiseError) throw outcome;
        expected(outcome);
      } else {
        expect(outcome).toBeInstanceOf(ShelfwiseError);
        expect((outcome as ShelfwiseError).message).toMatch(expected);
        expect((outcome as ShelfwiseError).hint).not.toBe('');
      }
    },
    30_000,
  );

  test('texts and cells of one repeated part are cleaned in one pass', () => {
    const parts = [
      ' ',
      '<',
      '<!--',
      '<!',
      '<a',
      '<script>',
      '<p',
      '&',
      '&#',
      '> ',
      ' >',
      '.',
      '. ',
      '\n',
      '|',
      '[',
      '/',
      'Ã',
      '"',
    ];
    for (const part of parts) {
      const text = part.repeat(Math.ceil(800_000 / part.length));
      for (const one of [text, `x${text}`, `${text}x`]) {
        hasHtml(one);
        stripHtml(one);
        hasEncodingDamage(one);
        repairEncoding(one);
        categoryPaths(one);
        parsePrice(one);
        removeBoilerplate([one], { minProducts: 1, minShare: 0 });
      }
    }
  }, 60_000);
});

describe('mutated files', () => {
  const sound: readonly [string, Uint8Array][] = [
    ['a.csv', Buffer.from('id,title,price\n1,"Tea ""pot""",2.50\n2,Cup,3\n'.repeat(20))],
    ['a.jsonl', Buffer.from('{"id":1,"a":{"b":[1,2,"x\\n"]}}\n{"id":2}\n'.repeat(20))],
    ['a.json', Buffer.from(`[${'{"id":1,"a":[{}]},'.repeat(20)}{"id":2}]`)],
    [
      'a.xml',
      Buffer.from(
        `<rss><channel>${'<item><id>1</id><g:price xmlns:g="g">2</g:price></item>'.repeat(20)}</channel></rss>`,
      ),
    ],
    ['a.xlsx', book(sheet('<row r="2"><c r="A2" t="str"><v>x</v></c></row>'.repeat(20)))],
    ['a.csv.gz', gzipSync('id,title\n1,Tea\n2,Cup\n'.repeat(50))],
    ['b.tsv', Buffer.from('id\ttitle\n1\t茶壶\n2\tCup\n'.repeat(20))],
  ];
  test.each(sound)(
    '%s with bytes changed, cut, doubled or moved ends in rows or a named error',
    async (name, bytes) => {
      const edit = fc.record({
        at: fc.nat({ max: bytes.length - 1 }),
        length: fc.nat({ max: 40 }),
        what: fc.constantFrom('flip', 'cut', 'double', 'zero', 'noise'),
        byte: fc.nat({ max: 255 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
          let changed = Buffer.from(bytes);
          for (const { at, length, what, byte } of edits) {
            const from = Math.min(at, changed.length);
            const part = changed.subarray(from, from + length);
            if (what === 'flip' && part.length > 0) changed[from]! ^= 1 << (byte & 7);
            else if (what === 'cut')
              changed = Buffer.concat([changed.subarray(0, from), changed.subarray(from + length)]);
            else if (what === 'double')
              changed = Buffer.concat([changed.subarray(0, from), part, part, changed.subarray(from + length)]);
            else if (what === 'zero') part.fill(0);
            else part.fill(byte);
          }
          const outcome = await read(`m-${name}`, changed);
          if (outcome instanceof ShelfwiseError) expect(outcome.code).toMatch(/^SW_INPUT_/);
          else expect(outcome.rows).toBeGreaterThanOrEqual(0);
        }),
        { numRuns: 150 },
      );
    },
    60_000,
  );
});
