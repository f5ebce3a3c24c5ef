/**
 * Whatever a file holds and whichever steps run, an import ends in a report that adds up or in a named error, and what it
 * stored can be read back and trained on.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openDuckdb } from '../../adapters/duckdb/analytics.ts';
import { createMemoryStore } from '../../adapters/memory/memory-store.ts';
import { ShelfwiseError } from '../../core/errors.ts';
import { refuseProduct } from '../door.ts';
import type { ImportReport } from '../import-log.ts';
import { itemIndex, shopHistories } from '../shop-histories.ts';
import { stepNames } from './cleaning/steps.ts';
import { importFiles } from './import-files.ts';
import type { ImportOptions } from './import-options.ts';

const folder = mkdtempSync(join(tmpdir(), 'hostile-imports-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const now = Date.UTC(2026, 0, 1);
/** Steps that can be left out. */
const always = ['unparsable-rows', 'unknown-events', 'unmatched-lines', 'impossible-values', 'missing-times'];
const steps = stepNames.filter((name) => !always.includes(name));

interface Outcome {
  readonly report?: ImportReport;
  readonly error?: ShelfwiseError;
  readonly events: number;
  readonly aside: number;
}

async function importOne(path: string, options: Partial<ImportOptions> = {}): Promise<Outcome> {
  const store = createMemoryStore();
  try {
    const report = await importFiles([path], {
      store,
      folder: join(folder, 'shop'),
      openAnalytics: ({ spillFolder }) => openDuckdb({ threads: 1, memoryLimitBytes: 2 ** 28, spillFolder }),
      now: () => now,
      ...options,
    });
    const events = await store.readEvents();
    shopHistories(events, itemIndex(events.products, 1), {
      weights: { purchase: 1, view_item: 1 },
      targets: undefined,
    });
    for await (const product of store.products()) expect(refuseProduct(product)).toBeUndefined();
    expect(
      events.time.filter((time) => !(time >= Date.UTC(1970, 0, 1) && time <= now + 86_400_000)),
      path,
    ).toEqual(new Float64Array());
    expect(events.quantity.every((quantity) => Number.isFinite(quantity))).toBe(true);
    expect(events.priceMinor.every((price) => Number.isNaN(price) || Number.isSafeInteger(price))).toBe(true);
    let aside = 0;
    for await (const _ of store.quarantined()) aside++;
    return { report, events: events.length, aside };
  } catch (error) {
    if (!(error instanceof ShelfwiseError)) throw error;
    expect((await store.status()).liveEvents + (await store.status()).sealedEvents).toBe(0);
    return { error, events: 0, aside: 0 };
  }
}

/** Cells that people have, and cells that nobody should have. */
const cells: Readonly<Record<string, readonly string[]>> = {
  order_id: ['1', '2', 'C2', '', 'R-9', '１２', "1'--", '1e999', '-1', '=1+1'],
  user_id: ['ann', 'ben', '', 'test', 'NULL', '0', '__proto__', 'constructor', 'a\u0000b', '😀', 'x'.repeat(5000)],
  product_id: ['mug', 'cup', '', 'POST', 'mug?', '__proto__', 'toString', '007', '1.23E+11', '茶壶', '<b>mug</b>'],
  title: ['Mug', 'CafÃ© cup', '<p>Tea &amp; <script>', '&#0;&#x110000;', '\uFFFD', '  ', '"', 'a,b', '| '.repeat(2000)],
  time: [
    ...['2024-05-01', '2024-05-01 10:00', '2024-05-02T10:00:00Z', '1714557600', '1714557600000', '', '0', '-1'],
    ...['9999-12-31', '1899-12-30', 'soon', '2024-02-31', '1e20', '31/12/2024', 'NaN'],
  ],
  quantity: ['1', '2', '-1', '-2', '0', '', '1e308', '1e39', 'NaN', '0x10', '١', '1,5', '99999999999999999999'],
  price: ['9.99', '10', '0', '-3', '', '1e308', 'Infinity', '£5', '1.234,50', "1'000", '9007199254740993', 'free'],
  event: ['purchase', 'view_item', 'add_to_cart', 'refund', '', 'rate', 'search', '__proto__'],
};
const columns = Object.keys(cells);
const row = fc.tuple(...columns.map((column) => fc.constantFrom(...cells[column]!)));
const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

describe('hostile imports', () => {
  test('any rows, with any steps left out, end in a report that adds up or in a named error', async () => {
    let stored = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 40 }),
        fc.subarray(steps, { maxLength: 3 }),
        async (rows, without) => {
          // Sound rows beside them, or most of the files would be refused whole.
          const sound = rows.map((_, n) => [
            `s${n}`,
            'ann',
            'mug',
            'Mug',
            `2024-04-${10 + (n % 20)}`,
            '1',
            '5',
            'purchase',
          ]);
          const path = join(folder, 'rows.csv');
          writeFileSync(path, [columns, ...rows, ...sound].map((cell) => cell.map(quoted).join(',')).join('\n'));
          const { report, error, events, aside } = await importOne(path, { without });
          if (error) expect(error.code, error.message).toMatch(/^SW_INPUT_/);
          else {
            expect(events).toBe(report!.eventsKept);
            expect(report!.rowsRead).toBe(2 * rows.length);
            expect(aside).toBe(
              report!.steps.filter(({ action }) => action === 'set-aside').reduce((sum, { acted }) => sum + acted, 0),
            );
            for (const { acted, matched } of report!.steps) expect(acted).toBeLessThanOrEqual(matched);
            expect(report!.steps.some(({ step }) => without.includes(step))).toBe(false);
            stored += events;
          }
        },
      ),
      { numRuns: 50 },
    );
    expect(stored).toBeGreaterThan(90);
  }, 120_000);

  const cases = join(process.env['SHELFWISE_DATA'] ?? join(import.meta.dirname, '../../../../shared/data'), '../cases');
  const real = ['import', 'import-passing']
    .map((kind) => join(cases, kind))
    .filter((kind) => existsSync(kind))
    .flatMap((kind) => readdirSync(kind, { recursive: true, encoding: 'utf8' }).map((name) => join(kind, name)))
    .filter((path) => !path.endsWith('README.md') && statSync(path).isFile())
    .filter((path) => statSync(path).size > 0 && statSync(path).size < 200_000)
    .sort();
  if (real.length === 0) console.log(`hostile-imports: skipped, because ${cases} holds no files of stores.`);

  test.skipIf(real.length === 0)(
    'files of real stores, with bytes changed, do not break an import',
    async () => {
      let [reports, errors] = [0, 0];
      for (const [n, path] of real.entries()) {
        const bytes = readFileSync(path);
        const edits = fc.sample(
          fc.record({
            at: fc.nat(bytes.length - 1),
            length: fc.nat(60),
            what: fc.constantFrom('flip', 'cut', 'double'),
          }),
          { numRuns: 3, seed: n + 1 },
        );
        let changed = Buffer.from(bytes);
        for (const { at, length, what } of edits) {
          const part = changed.subarray(at, at + length);
          const [head, tail] = [changed.subarray(0, at), changed.subarray(at + length)];
          if (what === 'flip' && part.length > 0) changed[at]! ^= 1 << (length & 7);
          else changed = Buffer.concat(what === 'cut' ? [head, tail] : [head, part, part, tail]);
        }
        const copy = join(folder, basename(path));
        writeFileSync(copy, changed);
        const { report, error } = await importOne(copy);
        if (error) expect(error.code).toMatch(/^SW_(INPUT_|USAGE)/);
        if (report) reports++;
        else errors++;
        rmSync(copy);
      }
      expect(reports).toBeGreaterThan(10);
      expect(reports + errors).toBe(real.length);
    },
    120_000,
  );
});
