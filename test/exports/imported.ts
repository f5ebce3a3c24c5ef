/** Imports small files and answers with what was stored, as lines that are easily read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckdb } from '../../src/adapters/duckdb/analytics.ts';
import type { Product, TimedFact } from '../../src/data/catalogue.ts';
import { importFiles } from '../../src/data/import/import-files.ts';
import type { ImportOptions } from '../../src/data/import/import-options.ts';
import type { ImportReport } from '../../src/data/import-log.ts';
import { type EventRow, RecordingStore } from '../fakes/recording-store.ts';

/** The clock of the imports. */
export const now: number = Date.UTC(2026, 5, 1);

export interface Imported {
  readonly report: ImportReport;
  /** `kind who order product/variant quantity x price currency =value time`, what is absent left out. */
  readonly events: readonly string[];
  /** `product "title" [categories] {variants} (attributes) hidden`. */
  readonly products: readonly string[];
  /** `variant@place price currency list` and `variant stock n`. */
  readonly facts: readonly string[];
  readonly people: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** `step: reason`. */
  readonly aside: readonly string[];
  readonly notes: string;
  readonly unused: readonly string[];
}

/**
 * @param files - name to content; several arrays of files are imports one after another
 * @throws what the last import throws
 */
export async function imported(
  files: Readonly<Record<string, string | Uint8Array>> | readonly Readonly<Record<string, string | Uint8Array>>[],
  options: Partial<ImportOptions> = {},
): Promise<Imported> {
  const folder = mkdtempSync(join(tmpdir(), 'exports-'));
  const store = new RecordingStore();
  try {
    let report: ImportReport | undefined;
    for (const one of [files].flat()) {
      const paths = Object.entries(one).map(([name, content]) => {
        writeFileSync(join(folder, name), content);
        return join(folder, name);
      });
      report = await importFiles(paths, {
        store: store.port,
        folder: join(folder, 'shop'),
        openAnalytics: ({ spillFolder }) => openDuckdb({ threads: 1, memoryLimitBytes: 2 ** 28, spillFolder }),
        now: () => now,
        ...options,
      });
    }
    return {
      report: report!,
      events: store
        .list()
        .toSorted((a, b) => Number(a['arrival']) - Number(b['arrival']))
        .map(eventLine),
      products: [...store.catalogue.values()].map(productLine),
      facts: store.facts.map(factLine),
      people: Object.fromEntries([...store.profiles.values()].map((user) => [user.userId, user.attributes])),
      aside: store.held.map(({ step, reason }) => `${step}: ${reason}`),
      notes: (report!.notes ?? []).join('\n'),
      unused: (report!.readings ?? []).flatMap(({ unused }) => unused),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function eventLine(row: EventRow): string {
  const who = row['user_id'] ?? row['visitor_id'] ?? '';
  const product =
    row['variant_id'] === row['product_id'] ? row['product_id'] : `${row['product_id']}/${row['variant_id']}`;
  const time = new Date(Number(row['time']))
    .toISOString()
    .replace(/\.000Z$/, '')
    .replace('T00:00:00', '');
  return [
    ...[
      row['kind'],
      who,
      row['session_id'] && `#${String(row['session_id']).replace(/^#/, '')}`,
      row['product_id'] && product,
    ],
    row['quantity'] !== null && `${row['quantity']}`,
    row['price_minor'] !== null && `x ${row['price_minor']} ${row['currency']}`,
    row['value'] !== null && `=${row['value']}`,
    time,
  ]
    .filter((part) => part !== null && part !== false && part !== undefined && part !== '')
    .join(' ');
}

function productLine({ productId, title, categories, brand, variants, attributes, images, hidden }: Product): string {
  const shown = variants.map(({ variantId, options, gtin }) =>
    [variantId, ...Object.entries(options).map(([name, value]) => `${name}=${value}`), gtin && `gtin=${gtin}`]
      .filter(Boolean)
      .join(' '),
  );
  return [
    `${productId} "${title}"`,
    brand && `by ${brand}`,
    categories.length > 0 && `[${categories.map((path) => path.join(' > ')).join(' | ')}]`,
    (shown.length > 1 || shown[0] !== productId) && `{${shown.join(', ')}}`,
    Object.keys(attributes).length > 0 &&
      `(${Object.entries(attributes)
        .map(([name, value]) => `${name}=${value}`)
        .join('; ')})`,
    images.length > 0 && `${images.length} images`,
    hidden && 'hidden',
  ]
    .filter(Boolean)
    .join(' ');
}

function factLine(fact: TimedFact): string {
  const where = fact.place === '' ? fact.variantId : `${fact.variantId}@${fact.place}`;
  if (fact.fact === 'stock') return `${where} stock ${fact.unitsOnHand}`;
  if (fact.fact === 'promotion') return `${where} promotion ${fact.promotionId}`;
  return `${where} ${fact.priceMinor} ${fact.currency}${fact.listPriceMinor === undefined ? '' : ` of ${fact.listPriceMinor}`}`;
}
