/**
 * The `session` layout: train_sessions.txt of `item item ...`, oldest session first, and test.txt of
 * `item item ...<TAB>next item`.
 */
import type { Histories } from '../histories.ts';
import { ItemIndex, readIdRows } from './id-rows.ts';
import { partsOf } from './parts.ts';

export interface SessionSet {
  readonly train: Histories;
  readonly test: readonly { readonly prefix: Int32Array; readonly next: number }[];
}

export async function readSessions(folder: string, seed: number): Promise<SessionSet> {
  const names = ['train_sessions.txt', 'test.txt'];
  const [trainPath, testPath] = partsOf(folder, 'session', names) as [string, string];
  const train = await readIdRows(trainPath, '`item item ...`', 1);
  const test = await readIdRows(testPath, '`item item ...<TAB>next item`', 2, (text) =>
    /^[^\t]*\S[^\t]*\t\s*\S+\s*$/.test(text),
  );
  const index = new ItemIndex([train, test], 0, seed);
  return {
    train: index.histories(
      train.map((row) => row.ids),
      0,
      true,
    ),
    test: test.map(({ ids }) => {
      const row = Int32Array.from(ids, (id) => index.of(id));
      return { prefix: row.subarray(0, -1), next: row[row.length - 1]! };
    }),
  };
}
