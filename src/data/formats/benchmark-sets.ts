/** The public data sets' own layouts: a file of sequences, a folder of interactions, a folder of sessions. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ShelfwiseError } from '../../core/errors.ts';
import type { Histories } from '../histories.ts';
import { historiesOf, ItemIndex, readIdRows } from './id-rows.ts';
import { plainOrGzipped } from './lines.ts';

export interface SequenceSet {
  readonly histories: Histories;
  /** Attribute ids of each item, from a `*item2attributes.json` beside the file. */
  readonly attributes?: readonly Int32Array[];
}

/** `user item item ...` in time order. */
export async function readSequences(path: string, seed: number): Promise<SequenceSet> {
  const rows = await readIdRows(path, '`user item item ...`');
  const users = new Map<string, number>();
  for (const { line, ids } of rows) {
    const before = users.get(ids[0]!);
    if (before !== undefined) {
      throw new ShelfwiseError(
        'SW_INPUT_ROW',
        `${path}:${line}: expected each user once, got user ${ids[0]} again (line ${before}).`,
        'Join the two lines.',
      );
    }
    users.set(ids[0]!, line);
  }
  const index = new ItemIndex(
    rows.flatMap(({ ids }) => ids.slice(1)),
    seed,
  );
  if (index.size === 0)
    throw new ShelfwiseError('SW_INPUT_EMPTY', `${path}: expected items after each user, got none.`, 'Check the file.');
  const histories = historiesOf(
    rows.map(({ ids }) => ids.slice(1).map((id) => index.of(id))),
    index.size,
    true,
  );
  const attributes = readAttributes(path, index);
  return attributes ? { histories, attributes } : { histories };
}

function readAttributes(path: string, index: ItemIndex): Int32Array[] | undefined {
  const folder = dirname(path);
  const name = path.slice(folder.length).replace(/^\//, '').replace(/\..*$/, '');
  const files = readdirSync(folder).filter((file) => /item2attributes\.json(\.gz)?$/.test(file));
  const file = files.find((f) => f.startsWith(`${name}_`)) ?? (files.length === 1 ? files[0] : undefined);
  if (!file) return undefined;
  const bytes = readFileSync(join(folder, file));
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  let parsed: Record<string, number[]>;
  try {
    parsed = JSON.parse(text) as Record<string, number[]>;
  } catch (error) {
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${join(folder, file)}: expected JSON, ${(error as Error).message}.`,
      'Correct or remove the file.',
    );
  }
  const attributes: Int32Array[] = Array.from({ length: index.size }, () => new Int32Array(0));
  for (const [item, ids] of Object.entries(parsed)) {
    const at = index.of(item);
    if (at >= 0) attributes[at] = Int32Array.from(ids);
  }
  return attributes;
}

export interface InteractionSet {
  readonly train: Histories;
  /** Rows of the same users; empty for a user without test items. */
  readonly test: Histories;
}

/** A folder with train.txt and test.txt, each `user item item ...`, without order. */
export async function readInteractions(folder: string, seed: number): Promise<InteractionSet> {
  const trainPath = partOf(folder, 'train.txt');
  const testPath = partOf(folder, 'test.txt');
  const train = await readIdRows(trainPath, '`user item item ...`');
  const test = await readIdRows(testPath, '`user item item ...`');
  const rowOf = new Map(train.map(({ ids }, row) => [ids[0]!, row]));
  const index = new ItemIndex(
    [...train, ...test].flatMap(({ ids }) => ids.slice(1)),
    seed,
  );
  const testRows: number[][] = train.map(() => []);
  for (const { line, ids } of test) {
    const row = rowOf.get(ids[0]!);
    if (row === undefined) {
      throw new ShelfwiseError(
        'SW_INPUT_ROW',
        `${testPath}:${line}: expected a user of train.txt, got ${ids[0]}.`,
        'Remove the line or add the user to train.txt.',
      );
    }
    testRows[row]!.push(...ids.slice(1).map((id) => index.of(id)));
  }
  return {
    train: historiesOf(
      train.map(({ ids }) => ids.slice(1).map((id) => index.of(id))),
      index.size,
      false,
    ),
    test: historiesOf(testRows, index.size, false),
  };
}

export interface SessionSet {
  readonly train: Histories;
  readonly test: readonly { prefix: Int32Array; next: number }[];
}

/** A folder with train_sessions.txt (`item item ...`) and test.txt (`item item ...<TAB>next item`). */
export async function readSessions(folder: string, seed: number): Promise<SessionSet> {
  const trainPath = partOf(folder, 'train_sessions.txt');
  const testPath = partOf(folder, 'test.txt');
  const train = await readIdRows(trainPath, '`item item ...`');
  const test = await readIdRows(testPath, '`item item ...<TAB>next item`');
  const index = new ItemIndex(
    [...train, ...test].flatMap(({ ids }) => ids),
    seed,
  );
  const cases = test.map(({ line, ids }) => {
    if (ids.length < 2) {
      throw new ShelfwiseError(
        'SW_INPUT_ROW',
        `${testPath}:${line}: expected a prefix and its next item, got one item.`,
        'Correct the line.',
      );
    }
    const row = Int32Array.from(ids, (id) => index.of(id));
    return { prefix: row.subarray(0, -1), next: row[row.length - 1]! };
  });
  return {
    train: historiesOf(
      train.map(({ ids }) => ids.map((id) => index.of(id))),
      index.size,
      true,
    ),
    test: cases,
  };
}

function partOf(folder: string, name: string): string {
  if (!existsSync(folder))
    throw new ShelfwiseError('SW_INPUT_NOT_FOUND', `${folder}: expected a folder, found nothing.`, 'Check the path.');
  if (!statSync(folder).isDirectory())
    throw new ShelfwiseError(
      'SW_INPUT_FORMAT',
      `${folder}: expected a folder, got a file.`,
      `Name the folder that holds ${name}.`,
    );
  const path = plainOrGzipped(join(folder, name));
  if (path) return path;
  const there = readdirSync(folder).slice(0, 10).join(', ') || 'nothing';
  throw new ShelfwiseError(
    'SW_INPUT_FORMAT',
    `${folder}: expected ${name} or ${name}.gz, found ${there}.`,
    'Check the layout.',
  );
}
