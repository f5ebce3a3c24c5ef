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

/**
 * @param expected - what a line holds, as errors say it
 * @param least - ids on a line at least
 * @param fits - what else the line has to be
 * @throws ShelfwiseError `SW_INPUT_ROW` for an empty or short line or a token that is no id, `SW_INPUT_EMPTY` for a
 *   file without rows
 */
export async function readIdRows(
  path: string,
  expected: string,
  least: number,
  fits: (text: string) => boolean = () => true,
): Promise<IdRow[]> {
  const rows: IdRow[] = [];
  let blank = 0;
  for await (const { line, text } of readLines(path)) {
    const trimmed = text.trim();
    if (trimmed === '') {
      blank ||= line;
      continue;
    }
    if (blank > 0) throw badRow(path, blank, expected, 'an empty line', 'Remove the line.');
    const ids = trimmed.split(/\s+/);
    if (!/^[\w.:\s-]+$/.test(trimmed)) {
      const bad = ids.find((id) => !/^[\w.:-]+$/.test(id))!;
      throw badRow(
        path,
        line,
        expected,
        JSON.stringify(bad.slice(0, 40)),
        'Ids are letters, digits and any of _ . : -',
      );
    }
    if (ids.length < least || !fits(text)) {
      throw badRow(path, line, expected, JSON.stringify(trimmed.slice(0, 60)), 'Correct or remove the line.');
    }
    rows.push({ line, ids });
  }
  if (rows.length === 0) {
    throw new ShelfwiseError(
      'SW_INPUT_EMPTY',
      `${path}: expected ${expected} on each line, the file is empty.`,
      'Check the file.',
    );
  }
  return rows;
}

/**
 * Rows by their first id, which may come once.
 *
 * @throws ShelfwiseError `SW_INPUT_ROW`
 */
export function rowsByUser(path: string, rows: readonly IdRow[]): Map<string, number> {
  const rowOf = new Map<string, number>();
  for (const [row, { line, ids }] of rows.entries()) {
    const before = rowOf.get(ids[0]!);
    if (before !== undefined) {
      const got = `user ${ids[0]} again (first on line ${rows[before]!.line})`;
      throw badRow(path, line, 'each user once', got, 'Join the two lines.');
    }
    rowOf.set(ids[0]!, row);
  }
  return rowOf;
}

export function badRow(path: string, line: number, expected: string, got: string, next: string): ShelfwiseError {
  return new ShelfwiseError('SW_INPUT_ROW', `${path}:${line}: expected ${expected}, got ${got}.`, next, { path, line });
}

/** Dense item indices, assigned in a random order. */
export class ItemIndex {
  readonly #indexOf: Map<string, number> = new Map();

  /** @param from - ids before this place in a row are users */
  constructor(files: readonly (readonly IdRow[])[], from: number, seed: number) {
    const distinct = new Set<string>();
    for (const rows of files) {
      for (const { ids } of rows) for (let n = from; n < ids.length; n++) distinct.add(ids[n]!);
    }
    const shuffled = new Random(seed, 0x17e3).shuffle([...distinct]);
    for (const [index, id] of shuffled.entries()) this.#indexOf.set(id, index);
  }

  get size(): number {
    return this.#indexOf.size;
  }

  /** -1 where the id is unknown. */
  of(id: string): number {
    return this.#indexOf.get(id) ?? -1;
  }

  /** @param from - ids before this place in a row are users */
  histories(rows: readonly (readonly string[])[], from: number, ordered: boolean): Histories {
    const offsets = new Int32Array(rows.length + 1);
    for (const [r, row] of rows.entries()) offsets[r + 1] = offsets[r]! + Math.max(0, row.length - from);
    const items = new Int32Array(offsets[rows.length]!);
    let at = 0;
    for (const row of rows) for (let n = from; n < row.length; n++) items[at++] = this.of(row[n]!);
    return { itemCount: this.size, offsets, items, ordered };
  }
}
