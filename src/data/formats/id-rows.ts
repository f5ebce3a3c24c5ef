/**
 * Files of ids: `user item item ...` (or `item item ...`) a line. Items get dense indices in a shuffled order, so that
 * nothing can be learned from the order of ids: in public data sets it often follows time or popularity.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { Random } from '../../core/random.ts';
import type { Histories } from '../histories.ts';
import { readLines } from './lines.ts';

export interface IdRow {
  readonly line: number;
  readonly ids: readonly string[];
}

/** @throws ShelfwiseError `SW_INPUT_ROW` for a token that is no id, `SW_INPUT_EMPTY` for a file without rows */
export async function readIdRows(path: string, expected: string): Promise<IdRow[]> {
  const rows: IdRow[] = [];
  for await (const { line, text } of readLines(path)) {
    const ids = text.trim().split(/\s+/);
    if (ids[0] === '') continue;
    const bad = ids.find((id) => !/^[\w.:-]+$/.test(id));
    if (bad !== undefined) {
      const shown = JSON.stringify(bad.slice(0, 40));
      throw new ShelfwiseError(
        'SW_INPUT_ROW',
        `${path}:${line}: expected ${expected}, got ${shown}.`,
        'Correct the line.',
      );
    }
    rows.push({ line, ids });
  }
  if (rows.length === 0)
    throw new ShelfwiseError(
      'SW_INPUT_EMPTY',
      `${path}: expected ${expected} on each line, the file is empty.`,
      'Check the file.',
    );
  return rows;
}

/** Dense item indices, assigned in a random order. */
export class ItemIndex {
  readonly #indexOf: Map<string, number> = new Map();

  constructor(ids: Iterable<string>, seed: number) {
    const shuffled = new Random(seed, 0x17e3).shuffle([...new Set(ids)]);
    for (const [index, id] of shuffled.entries()) this.#indexOf.set(id, index);
  }

  get size(): number {
    return this.#indexOf.size;
  }

  of(id: string): number {
    return this.#indexOf.get(id) ?? -1;
  }
}

export function historiesOf(rows: readonly (readonly number[])[], itemCount: number, ordered: boolean): Histories {
  const offsets = new Int32Array(rows.length + 1);
  for (const [r, row] of rows.entries()) offsets[r + 1] = offsets[r]! + row.length;
  const items = new Int32Array(offsets[rows.length]!);
  for (const [r, row] of rows.entries()) items.set(row, offsets[r]);
  return { itemCount, offsets, items, ordered };
}
