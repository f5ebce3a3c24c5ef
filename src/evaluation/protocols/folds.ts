/**
 * Cross-validation: each user's items are dealt out over the folds, and each fold is asked about once by a model that saw the
 * others.
 */
import { Random } from '../../core/random.ts';
import { type Histories, rowCount } from '../../data/histories.ts';
import type { Split } from '../cases.ts';
import { givenUsers } from './given-users.ts';
import { keepPositions, type Seen } from './positions.ts';

/** @param folds - 2 or more; a user with fewer items is asked about in as many folds as there are items */
export function* crossValidation(
  histories: Histories,
  folds: number,
  { seed, seen }: { readonly seed: number; readonly seen: Seen },
): Iterable<Split> {
  const foldOf = new Uint16Array(histories.items.length);
  const random = new Random(seed, 0xf01d);
  for (let row = 0; row < rowCount(histories); row++) {
    const start = histories.offsets[row]!;
    const order = random.shuffle(Int32Array.from({ length: histories.offsets[row + 1]! - start }, (_, n) => n));
    // Users with few items do not all begin at the first fold.
    const first = random.below(folds);
    // A user's only item teaches in every fold.
    if (order.length === 1) foldOf[start] = folds;
    else for (const [n, position] of order.entries()) foldOf[start + position] = (first + n) % folds;
  }
  for (let fold = 0; fold < folds; fold++) {
    const isTest = Uint8Array.from(foldOf, (own) => Number(own === fold));
    const train = keepPositions(
      histories,
      isTest.map((is) => 1 - is),
    );
    const { protocol, ...split } = givenUsers(train, keepPositions(histories, isTest), { seen, seed });
    const cut = `fold ${fold + 1} of ${folds} of each user's items`;
    yield { ...split, protocol: { ...protocol, cut } };
  }
}
