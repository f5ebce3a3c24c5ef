/** The `interactions` layout: train.txt and test.txt of `user item item ...` without order, as NGCF's data sets have it. */
import type { Histories } from '../histories.ts';
import { badRow, ItemIndex, readIdRows, rowsByUser } from './id-rows.ts';
import { partsOf } from './parts.ts';

export interface InteractionSet {
  readonly train: Histories;
  /** Rows of the same users; empty for a user without test items. */
  readonly test: Histories;
}

export async function readInteractions(folder: string, seed: number): Promise<InteractionSet> {
  const [trainPath, testPath] = partsOf(folder, 'interactions', ['train.txt', 'test.txt']) as [string, string];
  const train = await readIdRows(trainPath, '`user item item ...`', 2);
  // The public files list users without test items too.
  const test = await readIdRows(testPath, '`user item item ...`', 1);
  const rowOf = rowsByUser(trainPath, train);
  rowsByUser(testPath, test);
  const index = new ItemIndex([train, test], 1, seed);
  const testRows: (readonly string[])[] = train.map(() => []);
  for (const { line, ids } of test) {
    const row = rowOf.get(ids[0]!);
    if (row === undefined) {
      const next = 'Remove the line or give the user train items.';
      throw badRow(testPath, line, `a user of ${trainPath}`, `user ${ids[0]}`, next);
    }
    testRows[row] = ids;
  }
  return {
    train: index.histories(
      train.map((row) => row.ids),
      1,
      false,
    ),
    test: index.histories(testRows, 1, false),
  };
}
