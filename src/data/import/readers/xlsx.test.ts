import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { zipOf } from '../../../../test/fakes/zip.ts';
import { readXlsx } from './xlsx.ts';

const folder = mkdtempSync(join(tmpdir(), 'xlsx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const workbook = {
  'xl/workbook.xml':
    '<workbook xmlns:r="r"><sheets><sheet name="Other" sheetId="1" r:id="rId1"/><sheet name="Sales" sheetId="2" r:id="rId2"/></sheets></workbook>',
  'xl/_rels/workbook.xml.rels':
    '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>',
  'xl/sharedStrings.xml':
    '<sst><si><t>InvoiceNo</t></si><si><r><t>Tea &amp; </t></r><r><t>cake</t></r><rPh><t>x</t></rPh></si></sst>',
  'xl/styles.xml':
    '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="m/d/yyyy\\ h:mm"/><numFmt numFmtId="165" formatCode="[Red]0.00"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>',
  'xl/worksheets/sheet1.xml': '<worksheet><sheetData><row r="1"><c t="str"><v>h</v></c></row></sheetData></worksheet>',
  'xl/worksheets/sheet2.xml': `<worksheet><sheetData>
    <row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>Date</t></is></c><c r="C1" t="str"><v>Price</v></c></row>
    <row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" s="1"><v>40513.351388888892</v></c><c r="C2" s="2"><v>2.55</v></c></row>
    <row r="5"><c r="B5" s="1"><v>40514</v></c></row>
  </sheetData></worksheet>`,
};

async function rows(files: Record<string, string>, sheet?: string): Promise<unknown[]> {
  const path = join(folder, 'book.xlsx');
  writeFileSync(path, zipOf(files));
  const read: unknown[] = [];
  for await (const batch of readXlsx(path, sheet)) for (const row of batch) read.push([row.line, ...row.fields]);
  return read;
}

test('cells, shared and inline strings, dates and gaps come back with their row numbers', async () => {
  expect(await rows(workbook, 'Sales')).toEqual([
    [1, 'InvoiceNo', 'Date', 'Price'],
    [2, 'Tea & cake', '2010-12-01T08:26:00', '2.55'],
    [5, '', '2010-12-02T00:00:00', ''],
  ]);
  expect(await rows(workbook)).toEqual([[1, 'h']]);
});

test('one impossible date is that cell’s fault alone, and a failed formula is an empty cell', async () => {
  const sheet = `<worksheet><sheetData>
    <row r="1"><c r="A1" t="str"><v>Date</v></c><c r="B1" t="str"><v>User</v></c></row>
    <row r="2"><c r="A2" s="1"><v>1e300</v></c><c r="B2" t="e"><v>#N/A</v></c></row>
    <row r="3"><c r="A3" s="1"><v>40514</v></c><c r="B3" t="str"><v>ann</v></c></row>
  </sheetData></worksheet>`;
  expect(await rows({ ...workbook, 'xl/worksheets/sheet1.xml': sheet })).toEqual([
    [1, 'Date', 'User'],
    [2, '1e300', ''],
    [3, '2010-12-02T00:00:00', 'ann'],
  ]);
});

test('a zip that is no workbook, a damaged sheet and an unknown sheet are refused', async () => {
  await expect(rows({ 'a.csv': 'a,b' })).rejects.toMatchObject({ code: 'SW_INPUT_FORMAT' });
  await expect(rows(workbook, 'Nope')).rejects.toThrow('Other, Sales');
  await expect(rows({ ...workbook, 'xl/worksheets/sheet1.xml': '<worksheet><row>' })).rejects.toThrow('damaged');
});
