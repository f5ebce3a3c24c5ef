import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDuckdb } from '../../src/adapters/duckdb/analytics.ts';
import { createMemoryStore } from '../../src/adapters/memory/memory-store.ts';
import { importFiles } from '../../src/data/import/import-files.ts';
import type { ImportReport } from '../../src/data/import-log.ts';
import type { ShopStore } from '../../src/data/shop-store.ts';
import { type DemoTruth, writeDemoStore } from '../../src/simulation/demo-store.ts';

let folder: string;
let truth: DemoTruth;
let report: ImportReport;
let store: ShopStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-import-'));
  const written = await writeDemoStore(folder, { seed: 5, products: 150, shoppers: 400, days: 183 });
  truth = written.truth;
  store = createMemoryStore();
  report = await importFiles(written.files, {
    store,
    folder: join(folder, 'shop'),
    openAnalytics: openDuckdb,
    now: () => truth.span[1],
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('importing the demo store', () => {
  test('recognises the feed and the events by their headers', () => {
    expect(report.kind).toBe('google-merchant+generic');
    expect(report.productsKept).toBe(150);
  });

  test('finds every planted fault, and takes no sound row for one', () => {
    const matched = Object.fromEntries(report.steps.map((step) => [step.step, step.matched]));
    expect(matched).toMatchObject({
      'unparsable-rows': truth.dirt.brokenRows,
      'exact-duplicates': truth.dirt.repeatedRows,
      'impossible-times': truth.dirt.futureTimes,
      'test-traffic': truth.dirt.testRows,
      'bot-traffic': truth.dirt.botRows,
      'zero-prices': truth.dirt.zeroPrices,
      'refund-pairing': truth.dirt.refundRows,
      'missing-users': truth.dirt.rowsWithoutShopper,
      'negative-prices': 0,
      outliers: 0,
    });
    const { brokenRows, repeatedRows, futureTimes, testRows, botRows, zeroPrices } = truth.dirt;
    const setAside = brokenRows + repeatedRows + futureTimes + testRows + botRows + zeroPrices;
    expect(report.eventsKept).toBe(truth.eventRows - setAside);
  });

  test('gives back the titles that were marked up or damaged', async () => {
    const titles: string[] = [];
    for await (const { title } of store.products()) titles.push(title);
    expect(titles.filter((title) => /<b>|&amp;|[\u0080-\u009f]/.test(title))).toEqual([]);
    expect(titles.filter((title) => /\p{Script=Han}/u.test(title)).length).toBe(150);
  });
});
