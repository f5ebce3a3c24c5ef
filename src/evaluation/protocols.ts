/**
 * Protocols: how a data set is cut into train, validation and test. Each keeps test out of everything that is chosen;
 * validation is always taken from train.
 */
import { Random } from '../core/random.ts';
import { type Histories, queryOfRow, rowCount } from '../data/histories.ts';
import type { Case, Split } from './cases.ts';

export type Seen = 'mask' | 'keep';

const nothing: Int32Array = new Int32Array(0);

export function caseAt(histories: Histories, row: number, end: number, targets: Int32Array, seen: Seen): Case {
  const query = queryOfRow(histories, row, end);
  return { query, targets, masked: seen === 'mask' ? distinct(query.items) : nothing };
}

/**
 * Leave-one-out: the last item of a row is the test, the one before validation. Models are fitted without both, or with
 * the validation items where `refit`. Rows shorter than three only train.
 */
export function leaveOneOut(histories: Histories, options: { seen: Seen; refit: boolean }): Split {
  const test: Case[] = [];
  const validation: Case[] = [];
  for (let row = 0; row < rowCount(histories); row++) {
    const start = histories.offsets[row]!;
    const end = histories.offsets[row + 1]!;
    if (end - start < 3) continue;
    test.push(caseAt(histories, row, end - 1, histories.items.subarray(end - 1, end), options.seen));
    validation.push(caseAt(histories, row, end - 2, histories.items.subarray(end - 2, end - 1), options.seen));
  }
  const held = (count: number) => cutRows(histories, (length) => (length < 3 ? length : length - count));
  const fitTrain = held(2);
  return {
    protocol: `leave-one-out, full ranking, seen items ${options.seen === 'mask' ? 'masked' : 'kept'}, ${options.refit ? 'refitted on train and validation' : 'fitted on train only'}`,
    itemCount: histories.itemCount,
    train: options.refit ? held(1) : fitTrain,
    test,
    fitTrain,
    validation,
  };
}

/** Given train and test rows of the same users; validation is a tenth of each user's train items. */
export function givenUsers(train: Histories, test: Histories, options: { seen: Seen; seed: number }): Split {
  const random = new Random(options.seed, 0x5a11);
  const validation: Case[] = [];
  const kept: number[][] = [];
  for (let row = 0; row < rowCount(train); row++) {
    const items = [...train.items.subarray(train.offsets[row], train.offsets[row + 1])];
    const share = items.length / 10;
    const count = items.length < 2 ? 0 : Math.floor(share) + (random.uniform() < share % 1 ? 1 : 0);
    const order = random.shuffle(items.map((_, i) => i));
    const out = new Set(order.slice(0, count));
    const rest = items.filter((_, i) => !out.has(i));
    kept.push(rest);
    if (count === 0 || rest.length === 0) continue;
    const query = { row, items: Int32Array.from(rest) };
    const targets = Int32Array.from(items.filter((_, i) => out.has(i)));
    validation.push({ query, targets: distinct(targets), masked: options.seen === 'mask' ? query.items : nothing });
  }
  const cases: Case[] = [];
  for (let row = 0; row < rowCount(test); row++) {
    const targets = distinct(test.items.subarray(test.offsets[row], test.offsets[row + 1]));
    if (targets.length > 0) cases.push(caseAt(train, row, train.offsets[row + 1]!, targets, options.seen));
  }
  const fitTrain = rowsOf(kept, train.itemCount, train.ordered);
  return {
    protocol: `given train and test, full ranking, train items ${options.seen === 'mask' ? 'masked' : 'kept'}`,
    itemCount: train.itemCount,
    train,
    test: cases,
    fitTrain,
    validation,
  };
}

/** Given train sessions and test prefixes with their next item; validation is the prefixes of the last train sessions. */
export function givenSessions(
  train: Histories,
  test: readonly { prefix: Int32Array; next: number }[],
  options: { seen: Seen; held?: number },
): Split {
  const rows = rowCount(train);
  const held = Math.min(options.held ?? 16_000, Math.floor(rows / 5));
  const validation: Case[] = [];
  for (let row = rows - held; row < rows; row++) {
    for (let p = train.offsets[row]! + 1; p < train.offsets[row + 1]!; p++) {
      const { items } = queryOfRow(train, row, p);
      validation.push({
        query: { items },
        targets: train.items.subarray(p, p + 1),
        masked: options.seen === 'mask' ? distinct(items) : nothing,
      });
    }
  }
  const cases = test.map(({ prefix, next }): Case => {
    return {
      query: { items: prefix },
      targets: Int32Array.of(next),
      masked: options.seen === 'mask' ? distinct(prefix) : nothing,
    };
  });
  return {
    protocol: `given sessions and prefixes, full ranking, seen items ${options.seen === 'mask' ? 'masked' : 'kept'}`,
    itemCount: train.itemCount,
    train,
    test: cases,
    fitTrain: firstRows(train, rows - held),
    validation,
  };
}

function cutRows(histories: Histories, keep: (length: number) => number): Histories {
  const rows: number[][] = [];
  for (let row = 0; row < rowCount(histories); row++) {
    const start = histories.offsets[row]!;
    const length = keep(histories.offsets[row + 1]! - start);
    rows.push([...histories.items.subarray(start, start + length)]);
  }
  return rowsOf(rows, histories.itemCount, histories.ordered);
}

function firstRows(histories: Histories, rows: number): Histories {
  const end = histories.offsets[rows]!;
  return { ...histories, offsets: histories.offsets.subarray(0, rows + 1), items: histories.items.subarray(0, end) };
}

function rowsOf(rows: readonly (readonly number[])[], itemCount: number, ordered: boolean): Histories {
  const offsets = new Int32Array(rows.length + 1);
  for (const [r, row] of rows.entries()) offsets[r + 1] = offsets[r]! + row.length;
  const items = new Int32Array(offsets[rows.length]!);
  for (const [r, row] of rows.entries()) items.set(row, offsets[r]);
  return { itemCount, offsets, items, ordered };
}

export function distinct(items: Int32Array): Int32Array {
  return Int32Array.from(new Set(items));
}
