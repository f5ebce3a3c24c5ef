/**
 * Train and test as the data set gives them, for the same users, without order; validation is a random tenth of each
 * user's train items.
 *
 * @source Wang et al., Neural graph collaborative filtering, SIGIR 2019 (the files and the protocol)
 */
import { Random } from '../../core/random.ts';
import { type Histories, queryOfRow, rowCount } from '../../data/histories.ts';
import type { Case, Split } from '../cases.ts';
import { distinct, keepPositions, maskedFor, type Seen } from './positions.ts';

export function givenUsers(
  train: Histories,
  test: Histories,
  options: { readonly seen: Seen; readonly seed: number; readonly heldOut?: number },
): Split {
  const kept = holdOut(train, options.heldOut ?? 0.1, new Random(options.seed, 0x5a11));
  const fitTrain = keepPositions(train, kept);
  const held = keepPositions(
    train,
    kept.map((one) => 1 - one),
  );
  const seen = options.seen === 'mask' ? 'masked' : 'kept';
  return {
    protocol: { cut: 'given train and test', details: [`train items ${seen}`, 'fitted on train alone'] },
    itemCount: train.itemCount,
    train,
    test: casesOf(train, test, options.seen),
    fitTrain,
    validation: casesOf(fitTrain, held, options.seen),
  };
}

function casesOf(known: Histories, wanted: Histories, seen: Seen): Case[] {
  const cases: Case[] = [];
  for (let row = 0; row < rowCount(wanted); row++) {
    const targets = distinct(wanted.items.subarray(wanted.offsets[row], wanted.offsets[row + 1]));
    if (targets.length === 0) continue;
    const query = queryOfRow(known, row);
    cases.push({ query, targets, masked: maskedFor(query.items, seen) });
  }
  return cases;
}

/** 0 at the positions held out: a share of each row, the fraction of an item by chance, never the whole row. */
function holdOut(histories: Histories, share: number, random: Random): Uint8Array {
  const kept = new Uint8Array(histories.items.length).fill(1);
  for (let row = 0; row < rowCount(histories); row++) {
    const start = histories.offsets[row]!;
    const length = histories.offsets[row + 1]! - start;
    const wanted = share * length;
    const count = Math.min(length - 1, Math.floor(wanted) + (random.uniform() < wanted % 1 ? 1 : 0));
    const order = random.shuffle(Int32Array.from({ length }, (_, i) => i));
    for (let n = 0; n < count; n++) kept[start + order[n]!] = 0;
  }
  return kept;
}
