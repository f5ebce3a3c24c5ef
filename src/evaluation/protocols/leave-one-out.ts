/**
 * Leave-one-out: the last item of each row is the test, the one before it validation.
 *
 * @source Kang & McAuley, Self-attentive sequential recommendation, ICDM 2018 (the split; ranking here is full)
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { type Histories, queryOfRow, rowCount } from '../../data/histories.ts';
import type { Case, Split } from '../cases.ts';
import { keepPositions, maskedFor, type Seen } from './positions.ts';

/** Shorter rows have nothing to foresee the validation item from: they only train. */
const shortest = 3;

/**
 * Models are fitted without the last two items of a row, or with the validation item where `refit`; the test's query
 * holds it either way, as it is known by then.
 */
export function leaveOneOut(histories: Histories, options: { readonly seen: Seen; readonly refit: boolean }): Split {
  const { offsets, items } = histories;
  const test: Case[] = [];
  const validation: Case[] = [];
  const withoutTest = new Uint8Array(items.length).fill(1);
  const withoutBoth = new Uint8Array(items.length).fill(1);
  for (let row = 0; row < rowCount(histories); row++) {
    const end = offsets[row + 1]!;
    if (end - offsets[row]! < shortest) continue;
    withoutTest[end - 1] = 0;
    withoutBoth[end - 1] = 0;
    withoutBoth[end - 2] = 0;
    test.push(caseAt(histories, row, end - 1, options.seen));
    validation.push(caseAt(histories, row, end - 2, options.seen));
  }
  if (test.length === 0) {
    const message = `leave-one-out: expected users with at least ${shortest} items, found none.`;
    throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Give longer histories.');
  }
  const fitTrain = keepPositions(histories, withoutBoth);
  const seen = options.seen === 'mask' ? 'masked' : 'kept';
  const fitted = options.refit ? 'refitted on train and validation' : 'fitted on train alone';
  return {
    protocol: { cut: 'leave-one-out', details: [`seen items ${seen}`, fitted] },
    itemCount: histories.itemCount,
    train: options.refit ? keepPositions(histories, withoutTest) : fitTrain,
    test,
    fitTrain,
    validation,
  };
}

function caseAt(histories: Histories, row: number, at: number, seen: Seen): Case {
  const query = queryOfRow(histories, row, at);
  return { query, targets: histories.items.subarray(at, at + 1), masked: maskedFor(query.items, seen) };
}
