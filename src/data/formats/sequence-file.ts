/** The `sequence` layout: one file of `user item item ...` in time order, the layout of S3-Rec's data sets. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ShelfwiseError } from '../../core/errors.ts';
import type { Histories } from '../histories.ts';
import { ItemIndex, readIdRows, rowsByUser } from './id-rows.ts';

export interface SequenceSet {
  readonly histories: Histories;
  /** Attribute ids of each item, from a `*item2attributes.json` beside the file. */
  readonly attributes?: readonly Int32Array[];
}

export async function readSequences(path: string, seed: number): Promise<SequenceSet> {
  const expected = 'a file of `user item item ...` lines (the sequence layout)';
  if (existsSync(path) && statSync(path).isDirectory()) {
    const there = readdirSync(path).slice(0, 10).join(', ') || 'nothing';
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${path}: expected ${expected}, got a folder with ${there}.`,
      'Name the file, or choose the task whose layout this is: interactions or session.',
    );
  }
  const rows = await readIdRows(path, '`user item item ...`', 2);
  rowsByUser(path, rows);
  const index = new ItemIndex([rows], 1, seed);
  const histories = index.histories(
    rows.map((row) => row.ids),
    1,
    true,
  );
  const attributes = readAttributes(path, index);
  return attributes ? { histories, attributes } : { histories };
}

/** From `NAME_item2attributes.json[.gz]` for `NAME.txt`, or the folder's only such file. */
function readAttributes(path: string, index: ItemIndex): Int32Array[] | undefined {
  const folder = dirname(path);
  const name = basename(path).replace(/\..*$/, '');
  const fitting = readdirSync(folder).filter((file) => /item2attributes\.json(\.gz)?$/.test(file));
  const file =
    fitting.find((candidate) => candidate.startsWith(`${name}_`)) ?? (fitting.length === 1 ? fitting[0] : undefined);
  if (!file) return undefined;
  const where = join(folder, file);
  const attributes: Int32Array[] = Array.from({ length: index.size }, () => new Int32Array(0));
  for (const [item, ids] of Object.entries(parseObject(where))) {
    if (!Array.isArray(ids) || !ids.every((id) => Number.isSafeInteger(id))) {
      throw new ShelfwiseError(
        'SW_INPUT_FORMAT',
        `${where}: expected an array of attribute numbers for item ${item}, got ${JSON.stringify(ids).slice(0, 60)}.`,
        'Correct or remove the file.',
      );
    }
    const at = index.of(item);
    if (at >= 0) attributes[at] = Int32Array.from(ids);
  }
  return attributes;
}

function parseObject(path: string): Record<string, unknown> {
  try {
    const bytes = readFileSync(path);
    const parsed: unknown = JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('it is no object');
    return parsed as Record<string, unknown>;
  } catch (error) {
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${path}: expected a JSON object of item -> attribute numbers, ${(error as Error).message}.`,
      'Correct or remove the file.',
    );
  }
}
