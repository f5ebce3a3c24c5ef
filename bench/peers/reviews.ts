/** Chinese reviews of ten categories (online-shopping-10-cats), and which of them teach. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { Random } from '../../src/core/random.ts';

export interface Reviews {
  readonly texts: readonly string[];
  readonly categories: Int32Array;
  readonly sentiments: Int32Array;
}

/** @param data - folder of the public data sets */
export function readReviews(data: string): Reviews {
  const path = join(data, 'online-shopping-10-cats', 'online_shopping_10_cats.csv.gz');
  const rows = parse(gunzipSync(readFileSync(path)), { columns: true, bom: true }) as Record<string, string>[];
  const names = [...new Set(rows.map((row) => row['cat']!))].sort();
  return {
    texts: rows.map((row) => row['review'] ?? ''),
    categories: Int32Array.from(rows, (row) => names.indexOf(row['cat']!)),
    sentiments: Int32Array.from(rows, (row) => Number(row['label'])),
  };
}

export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** 80% teach, 20% measure. */
export function splitOf(count: number, seed: number): Split {
  const order = new Random(seed).shuffle(Int32Array.from({ length: count }, (_, n) => n));
  const cut = Math.floor(0.8 * count);
  return { train: order.subarray(0, cut), test: order.subarray(cut) };
}
