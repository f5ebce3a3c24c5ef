import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { RecordingStore } from '../../../test/fakes/recording-store.ts';
import { zipOf } from '../../../test/fakes/zip.ts';
import { openDuckdb } from '../../adapters/duckdb/analytics.ts';
import { ownTag } from '../../core/scratch.ts';
import { eventFlags } from '../events.ts';
import type { ImportReport } from '../import-log.ts';
import { importFiles } from './import-files.ts';
import type { ImportOptions } from './import-options.ts';
import { releaseQuarantined } from './release.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let store: RecordingStore;
let options: ImportOptions;
beforeEach(() => {
  store = new RecordingStore();
  options = {
    store: store.port,
    folder: join(folder, 'shop'),
    openAnalytics: openDuckdb,
    now: () => Date.UTC(2026, 0, 1),
  };
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function count(report: ImportReport, step: string): [number, number] {
  const found = report.steps.find((s) => s.step === step)!;
  return [found.matched, found.acted];
}

const retail = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
const lines = [
  '1,A,MUG,6,2010-12-01 08:26:00,2.5,10,UK',
  '1,A,MUG,6,2010-12-01 08:26:00,2.5,10,UK',
  '2,K,,3,2010-12-01 09:00:00,1.25,,UK',
  '2,K,CUP,3,2010-12-02 09:00:00,1.25,11,France',
  '3,POST,POSTAGE,1,2010-12-02 09:00:00,18,11,France',
  'C4,A,MUG,-2,2010-12-03 09:00:00,2.5,10,UK',
  '5,K,CUP?,1,2010-12-03 09:00:00,0,,UK',
  '6,K,CUP,oops,2010-12-03 09:00:00,1.25,,UK',
  '7,K,CUP,1,1887-12-03 09:00:00,1.25,12,UK',
  '8,A,MUG,-5,2010-12-04 09:00:00,-1,,UK',
  '9,A,mug,1,2010-12-04 10:00:00,,test,UK',
  '9,A,MUG,,2010-12-04 10:00:00,,12,UK',
];

test('every step counts the raw rows that match and those it acted on; what is kept is clean', async () => {
  const path = file('retail.csv', retail + lines.join('\n'));
  const report = await importFiles([path], options);
  expect(report.kind).toBe('online-retail');
  expect([report.rowsRead, report.eventsKept]).toEqual([12, 5]);
  expect(count(report, 'unparsable-rows')).toEqual([1, 1]);
  expect(count(report, 'exact-duplicates')).toEqual([1, 1]);
  expect(count(report, 'non-product-lines')).toEqual([1, 1]);
  expect(count(report, 'impossible-times')).toEqual([1, 1]);
  expect(count(report, 'test-traffic')).toEqual([1, 1]);
  expect(count(report, 'zero-prices')).toEqual([1, 1]);
  expect(count(report, 'negative-prices')).toEqual([1, 1]);
  // The same row as the negative price: matched, but taken already.
  expect(count(report, 'impossible-quantities')).toEqual([1, 0]);
  expect(count(report, 'refund-pairing')).toEqual([1, 1]);
  expect(count(report, 'missing-quantities')).toEqual([1, 1]);
  expect(count(report, 'missing-prices')).toEqual([2, 1]);
  expect(count(report, 'missing-users')).toEqual([3, 1]);

  const events = store.list();
  expect(events.map((event) => [event['session_id'], event['kind'], event['quantity'], event['price_minor']])).toEqual([
    ['1', 'purchase', 6, 250],
    ['2', 'purchase', 3, 125],
    ['2', 'purchase', 3, 125],
    ['C4', 'refund', 2, 250],
    ['9', 'purchase', 1, 250],
  ]);
  expect(events.map((event) => event['flags'])).toEqual([
    eventFlags.refunded,
    eventFlags.anonymous,
    0,
    0,
    eventFlags.imputedPrice | eventFlags.imputedQuantity,
  ]);
  expect(events[1]!['visitor_id']).toBe('session:2');
  expect([...store.catalogue.values()].map((product) => [product.productId, product.title]).sort()).toEqual([
    ['A', 'MUG'],
    ['K', 'CUP'],
  ]);
  expect(store.facts.map((fact) => [fact.variantId, fact.fact === 'price' && fact.priceMinor])).toEqual([
    ['A', 250],
    ['K', 125],
  ]);
  expect(store.held.map((row) => [row.line, row.step])).toEqual([
    [3, 'exact-duplicates'],
    [6, 'non-product-lines'],
    [8, 'zero-prices'],
    [9, 'unparsable-rows'],
    [10, 'impossible-times'],
    [11, 'negative-prices'],
    [12, 'test-traffic'],
  ]);
  expect(store.held[3]!.reason).toBe('Quantity: expected a number, got "oops"');
  expect(store.held[3]!.row['StockCode']).toBe('K');
  expect(store.held[4]!.reason).toBe('time 1887-12-03T09:00:00Z is before the earliest');
  expect(existsSync(join(options.folder, 'imports', report.importId))).toBe(false);
});

test('the same content is recognised, and read again it stores nothing twice', async () => {
  const path = file('again.csv', retail + lines.join('\n'));
  const first = await importFiles([path], options);
  const second = await importFiles([path], options);
  expect([second.rowsRead, second.notes]).toEqual([0, [expect.stringContaining(first.importId)]]);
  const stored = store.events.size;
  await importFiles([path], { ...options, again: true });
  expect(store.events.size).toBe(stored);
  // An export that overlaps an earlier one brings only what is new.
  await importFiles([file('more.csv', `${retail}99,A,MUG,1,2010-12-09 08:00:00,2.5,10,UK\n${lines[0]}`)], options);
  expect(store.events.size).toBe(stored + 1);
});

test('rows of a step are released as they stood, and leave the quarantine', async () => {
  await importFiles([file('held.csv', retail + lines.join('\n'))], options);
  const before = store.events.size;
  const [report] = await releaseQuarantined({ ...options, step: 'exact-duplicates' });
  expect([report!.rowsRead, report!.eventsKept, store.events.size]).toEqual([1, 1, before + 1]);
  expect(store.held.some((row) => row.step === 'exact-duplicates')).toBe(false);
  await releaseQuarantined({ ...options, step: 'zero-prices' });
  expect(store.events.size).toBe(before + 2);
  await expect(releaseQuarantined({ ...options, step: 'zero-prices' })).rejects.toMatchObject({
    code: 'SW_INPUT_EMPTY',
  });
});

test('rows that could not be read are tried again under other settings', async () => {
  const rows = ['user_id,item_id,time', 'u,a,2020-01-02', 'u,b,2020-01-03', 'u,c,13.1.2020'];
  await importFiles([file('times.csv', rows.join('\n'))], options);
  expect(store.held.map((row) => [row.step, row.line])).toEqual([['unparsable-rows', 4]]);
  const [report] = await releaseQuarantined({ ...options, step: 'unparsable-rows', timeFormat: 'dmy' });
  expect([report!.eventsKept, store.held.length]).toEqual([1, 0]);
  expect(store.list().find((event) => event['product_id'] === 'c')!['time']).toBe(Date.UTC(2020, 0, 13));
});

test('a step that is switched off neither counts nor acts', async () => {
  const path = file('off.csv', retail + lines.join('\n'));
  const report = await importFiles([path], { ...options, without: ['zero-prices', 'exact-duplicates'] });
  expect(report.steps.map(({ step }) => step)).not.toContain('zero-prices');
  expect(report.eventsKept).toBe(7);
  expect(store.events.size).toBe(7);
  await expect(importFiles([path], { ...options, without: ['nope'] })).rejects.toMatchObject({ code: 'SW_USAGE' });
});

test('duplicates are those that a plain set finds', async () => {
  const row = fc.tuple(fc.constantFrom('u', 'v', ''), fc.constantFrom('a', 'b', 'ab'), fc.integer({ min: 1, max: 3 }));
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
      const text = rows.map(([user, item, n]) => `${user},${item},2020-01-0${n}`);
      const path = file('set.csv', `user_id,item_id,time\n${text.join('\n')}\n`);
      const { steps } = await importFiles([path], { ...options, store: new RecordingStore().port });
      expect(steps.find(({ step }) => step === 'exact-duplicates')!.matched).toBe(rows.length - new Set(text).size);
    }),
    { numRuns: 15 },
  );
});

test('bots lose their browsing, by rate and by breadth; a far quantity is an outlier; missing times keep the order', async () => {
  const rows = ['user_id,item_id,event,time,quantity'];
  for (let i = 0; i < 150; i++)
    rows.push(`fast,p${i % 7},view,2020-01-01 10:00:${String(i % 60).padStart(2, '0')}.${i},`);
  for (let i = 0; i < 60; i++) rows.push(`wide,w${i},view,2020-01-01 ${10 + (i % 10)}:${(i % 50) + 10}:01,`);
  for (let i = 0; i < 30; i++) rows.push(`person${i},p1,buy,2020-01-02 10:${i + 10}:07,${1 + (i % 3)}`);
  rows.push('person1,p1,buy,2020-01-03 10:00:07,90000');
  const report = await importFiles([file('bots.csv', rows.join('\n'))], {
    ...options,
    cleaning: { botProductsPerDay: 50 },
  });
  expect(count(report, 'bot-traffic')).toEqual([210, 210]);
  expect(count(report, 'outliers')).toEqual([1, 1]);
  expect(report.eventsKept).toBe(30);

  const bare = new RecordingStore();
  await importFiles([file('bare.csv', 'user_id,item_id\nu,a\nu,b\nu,c\n')], {
    ...options,
    store: bare.port,
    timeFormat: 'none',
  });
  expect(bare.list().map((event) => event['product_id'])).toEqual(['a', 'b', 'c']);
  expect(bare.list().every((event) => event['flags'] === eventFlags.imputedTime)).toBe(true);
});

test('files of several kinds and formats make one import; a catalogue’s title stands before an event’s', async () => {
  const feed = `<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
    <item><g:id>A</g:id><title>Caf&#233; &lt;b&gt;Mug&lt;/b&gt;</title><g:price>3.00 GBP</g:price><g:availability>in_stock</g:availability></item>
  </channel></rss>`;
  const segment = JSON.stringify({ type: 'identify', userId: '10', traits: { plan: 'gold' } });
  const report = await importFiles(
    [
      file('feed.xml.gz', gzipSync(feed)),
      file('orders.csv', retail + lines.slice(0, 4).join('\n')),
      file('s.jsonl', segment),
    ],
    options,
  );
  expect(report.kind).toBe('google-merchant+online-retail+segment');
  expect(store.catalogue.get('A')!.title).toBe('Café Mug');
  expect(store.catalogue.get('K')!.title).toBe('CUP');
  expect(count(report, 'html')).toEqual([1, 1]);
  expect(store.profiles.get('10')!.attributes).toEqual({ plan: 'gold' });
  // The catalogue prices A: what orders paid is no second source.
  expect(store.facts.filter((fact) => fact.variantId === 'A' && fact.fact === 'price')).toHaveLength(1);
  await importFiles([file('later.csv', `${retail}50,A,OTHER,1,2011-01-01 08:00:00,2.5,10,UK\n`)], options);
  expect(store.catalogue.get('A')!.title).toBe('Café Mug');
});

test('Parquet is read, flat and nested', async () => {
  const analytics = await openDuckdb();
  const flat = join(folder, 'flat.parquet');
  const nested = join(folder, 'nested.parquet');
  await analytics.execute(
    `COPY (SELECT 'u' || x AS user_id, 'p' AS item_id, TIMESTAMP '2020-01-01 00:00:00' + to_minutes(x) AS time FROM range(3) r(x)) TO '${flat}' (FORMAT parquet)`,
  );
  await analytics.execute(
    `COPY (SELECT 'purchase' AS event_name, 1609459200123456 AS event_timestamp, 'v' AS user_pseudo_id, [{'item_id': 'a', 'price': 2.5, 'quantity': 1}] AS items) TO '${nested}' (FORMAT parquet)`,
  );
  await analytics.close();
  const report = await importFiles([flat, nested], options);
  expect([report.kind, report.eventsKept]).toEqual(['generic+ga4', 4]);
  expect(store.list().map((event) => event['time'])).toEqual([
    1577836800000, 1577836860000, 1577836920000, 1609459200123,
  ]);
});

test('a Parquet file is read by its name, not by a pattern or as columns', async () => {
  const analytics = await openDuckdb();
  const within = join(folder, 'price=9');
  mkdirSync(within);
  const names = ['*.parquet', 'orders[1].parquet', 'orders1.parquet', 'what?.parquet'];
  for (const [n, name] of names.entries())
    await analytics.execute(
      `COPY (SELECT 'u${n}' AS user_id, 'p${n}' AS item_id, TIMESTAMP '2020-01-01 00:00:00' AS time) TO '${join(within, name)}' (FORMAT parquet)`,
    );
  await analytics.close();
  // DuckDB cannot be told such a name: it is refused by what is wrong with it.
  copyFileSync(join(within, 'orders1.parquet'), join(within, 'a\\b[1].parquet'));
  await expect(importFiles([join(within, 'a\\b[1].parquet')], options)).rejects.toMatchObject({
    code: 'SW_USAGE',
    hint: 'Rename the file or folder.',
  });
  for (const [n, name] of names.entries()) {
    await importFiles([join(within, name)], options);
    const stored = store.list();
    expect(stored.length).toBe(n + 1);
    expect(stored.filter((event) => event['user_id'] === `u${n}` && event['price_minor'] === null).length).toBe(1);
  }
});

test.each([
  ['a missing file', 'nowhere.csv', undefined, 'SW_INPUT_NOT_FOUND', /expected a file, got none/],
  ['an empty file', 'empty.csv', '', 'SW_INPUT_EMPTY', /got an empty file/],
  ['a header alone', 'header.csv', retail, 'SW_INPUT_EMPTY', /only a header/],
  [
    'binary junk',
    'junk.csv',
    Uint8Array.from({ length: 400 }, (_, i) => (i * 7919) % 251),
    'SW_INPUT_FORMAT',
    /binary data/,
  ],
  ['a wrong header', 'wrong.csv', 'foo,bar\n1,2\n', 'SW_INPUT_FORMAT', /neither products nor people/],
  ['a zip that is no workbook', 'fake.xlsx', zipOf({ 'a.txt': 'x' }), 'SW_INPUT_FORMAT', /expected an XLSX workbook/],
  ['a text named XLSX', 'text.xlsx', 'a,b\n1,2\n', 'SW_INPUT_FORMAT', /named XLSX/],
  [
    'an archive named CSV',
    'archive.csv',
    Buffer.concat([Buffer.alloc(257, 97), Buffer.from('ustar  ')]),
    'SW_INPUT_FORMAT',
    /tar archive/,
  ],
  [
    'a truncated gzip',
    'cut.csv.gz',
    gzipSync(retail + lines.join('\n').repeat(99)).subarray(0, -40),
    'SW_INPUT_FORMAT',
    /ends early/,
  ],
  [
    'broken XML',
    'broken.xml',
    '<?xml version="1.0"?><rss><item><id>1</id></rss>',
    'SW_INPUT_FORMAT',
    /broken\.xml:1: expected well-formed XML/,
  ],
  [
    'mostly unreadable rows',
    'bad.jsonl',
    '{"user_id":"u","item_id":"i","time":"2026-01-01"}\n{oops\n{oops\n',
    'SW_INPUT_FORMAT',
    /got 2 of 3 that cannot; the first at line 2/,
  ],
])('%s is refused with what to do next, and nothing is stored', async (_, name, content, code, message) => {
  const path = content === undefined ? join(folder, name) : file(name, content);
  const failure = await importFiles([path], options).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code, message: expect.stringMatching(message), hint: expect.stringMatching(/\w/) });
  expect([store.reports.length, store.events.size]).toEqual([0, 0]);
  expect(existsSync(join(options.folder, 'imports')) ? readdirSync(join(options.folder, 'imports')) : []).toEqual([]);
});

test('a folder is refused', async () => {
  await expect(importFiles([folder], options)).rejects.toThrow('got a folder');
});

test('an import that is stopped stores nothing and leaves nothing behind', async () => {
  const stop = new AbortController();
  const path = file('stop.csv', retail + lines.join('\n'));
  const stopped = importFiles([path], {
    ...options,
    signal: stop.signal,
    onProgress: ({ phase }) => {
      if (phase === 'clean') stop.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'SW_CANCELLED' });
  expect(store.reports).toEqual([]);
  expect(existsSync(join(options.folder, 'imports'))).toBe(false);
});

test('scratch of an import whose process is gone is removed by the next one', async () => {
  const imports = join(options.folder, 'imports');
  const [dead, alive, own] = ['20260101T000000Z-aaaaaa', '20260101T000000Z-bbbbbb', 'my-notes'];
  const gone = `spill-${ownTag.replace(/-\d+-/, '-4194303-')}`;
  mkdirSync(join(imports, dead, gone), { recursive: true });
  mkdirSync(join(imports, alive, `spill-${ownTag}`), { recursive: true });
  // Names that Shelfwise does not give are not its own to remove, and do not stop an import.
  mkdirSync(join(imports, own, gone), { recursive: true });
  writeFileSync(join(imports, '.DS_Store'), 'x');
  await importFiles([file('clean.csv', retail + lines.join('\n'))], options);
  expect(readdirSync(imports).sort()).toEqual(['.DS_Store', alive, own]);
  rmSync(join(options.folder, 'imports'), { recursive: true });
});

test('prices in several currencies are compared within each', async () => {
  const rows = ['user_id,item_id,price,currency,time'];
  for (let i = 0; i < 60; i++)
    rows.push(`u${i},p,${i % 2 ? 1500 + i : 10 + i / 60},${i % 2 ? 'JPY' : 'USD'},2020-01-01 10:00:${10 + (i % 50)}`);
  rows.push('u,p,1500,USD,2020-01-01', 'u,p,1500,JPY,2020-01-01');
  const report = await importFiles([file('money.csv', rows.join('\n'))], options);
  expect(count(report, 'outliers')).toEqual([1, 1]);
  expect(store.held[0]!.row['currency']).toBe('USD');
  expect(store.list().find((event) => event['currency'] === 'JPY')!['price_minor']).toBeGreaterThan(1400);
  expect(store.list().find((event) => event['currency'] === 'USD')!['price_minor']).toBeLessThan(1200);
});

const data = process.env['SHELFWISE_DATA'] ?? join(import.meta.dirname, '../../../../shared/data');
const onlineRetail = join(data, 'online-retail', 'online_retail.csv.gz');
if (!existsSync(onlineRetail)) console.log('Online Retail: skipped, because SHELFWISE_DATA does not hold it.');

test.skipIf(!existsSync(onlineRetail))(
  'Online Retail reports the counts of its raw rows',
  async () => {
    const stored = { events: 0, held: 0 };
    // Half a million events are counted where they are staged.
    store.commitImport = async ({ report: told, events, quarantine }) => {
      const { analytics } = events!;
      const [row] = await analytics.rows<{ events: number; held: number }>(
        `SELECT (SELECT count(DISTINCT event_id) FROM ${events!.table}) AS events,
                (SELECT count(*) FROM ${quarantine!.table}) AS held`,
      );
      Object.assign(stored, row);
      return told;
    };
    const report = await importFiles([onlineRetail], options);
    expect(report.rowsRead).toBe(541_909);
    expect(count(report, 'refund-pairing')[0]).toBe(9_288);
    expect(count(report, 'missing-users')[0]).toBe(135_080);
    expect(count(report, 'exact-duplicates')).toEqual([5_268, 5_268]);
    expect(count(report, 'zero-prices')[0]).toBe(2_515);
    expect(count(report, 'negative-prices')[0]).toBe(2);
    const setAside = report.steps
      .filter(({ action }) => action === 'set-aside')
      .reduce((sum, { acted }) => sum + acted, 0);
    expect(report.eventsKept + setAside).toBe(report.rowsRead);
    expect(stored).toEqual({ events: report.eventsKept, held: setAside });
  },
  300_000,
);
