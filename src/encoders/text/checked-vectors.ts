/** What a model or an endpoint answered, looked at before it is believed. */
import { ShelfwiseError } from '../../core/errors.ts';
import { type DenseVectors, normalizeRows } from './text-encoder.ts';

/** @throws ShelfwiseError `SW_ENCODER` where it is not one row of finite numbers for each text */
export function checkedVectors(
  where: string,
  rows: readonly ArrayLike<number>[],
  count: number,
  dimensions: number,
): DenseVectors {
  const refuse = (expected: string, got: string): never => {
    const message = `${where}: expected ${expected}, got ${got}.`;
    throw new ShelfwiseError('SW_ENCODER', message, 'Check which model answers there, or name another encoder.');
  };
  if (rows.length !== count) refuse(`a vector for each of ${count} texts`, `${rows.length}`);
  const values = new Float32Array(count * dimensions);
  for (const [n, row] of rows.entries()) {
    if (row.length !== dimensions) refuse(`vectors of ${dimensions} numbers`, `one of ${row.length}`);
    for (let d = 0; d < dimensions; d++) {
      if (!Number.isFinite(row[d])) refuse('finite numbers', `${row[d]}`);
      values[n * dimensions + d] = row[d]!;
    }
  }
  normalizeRows(values, (row) => row * dimensions, count);
  return { form: 'dense', count, dimensions, values };
}

/**
 * Encodes texts in batches, those of a length together, so that none waits for a much longer one; a text without a visible
 * character gets zeros and is never asked about.
 *
 * @param encode - one batch
 */
export async function inBatches(
  texts: readonly string[],
  dimensions: number,
  batch: number,
  encode: (some: readonly string[]) => Promise<DenseVectors>,
): Promise<DenseVectors> {
  const values = new Float32Array(texts.length * dimensions);
  const order = texts.flatMap((text, n) => (/\S/u.test(text) ? [n] : []));
  order.sort((a, b) => texts[a]!.length - texts[b]!.length || a - b);
  for (let from = 0; from < order.length; from += batch) {
    const some = order.slice(from, from + batch);
    const made = await encode(some.map((n) => texts[n]!));
    for (const [row, n] of some.entries())
      values.set(made.values.subarray(row * dimensions, (row + 1) * dimensions), n * dimensions);
  }
  return { form: 'dense', count: texts.length, dimensions, values };
}
