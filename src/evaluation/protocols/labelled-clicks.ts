/**
 * Labelled pairs from choices alone: as many items that a user did not choose, drawn by chance, beside those that were; then all
 * pairs are cut by chance into 6 parts that teach, 2 to stop by and 2 that are tested. So KGCN, RippleNet and others have it.
 *
 * The draw leaks: as each user has as many of both, an item that was drawn often and chosen rarely is the less likely. The AUC
 * within users stands beside for that.
 *
 * @source Wang et al., Knowledge graph convolutional networks for recommender systems, WWW 2019 (the protocol)
 */
import { Random } from '../../core/random.ts';
import type { LabelledPairs } from '../../data/labelled-pairs.ts';

export interface ClickSplit {
  readonly train: LabelledPairs;
  readonly validation: LabelledPairs;
  readonly test: LabelledPairs;
}

const [taught, stopped] = [0.6, 0.2];

export function labelledClicks(
  set: {
    readonly userCount: number;
    readonly itemCount: number;
    readonly users: Int32Array;
    readonly items: Int32Array;
  },
  seed: number,
): ClickSplit {
  const random = new Random(seed, 0x1abe1);
  const chosen: Set<number>[] = Array.from({ length: set.userCount }, () => new Set());
  for (const [n, user] of set.users.entries()) chosen[user]!.add(set.items[n]!);
  const pairs: (readonly [user: number, item: number, label: number])[] = [];
  for (const [user, own] of chosen.entries()) {
    for (const item of own) pairs.push([user, item, 1]);
    const drawn = new Set<number>();
    const most = Math.min(own.size, set.itemCount - own.size);
    while (drawn.size < most) {
      const item = random.below(set.itemCount);
      if (!own.has(item)) drawn.add(item);
    }
    for (const item of drawn) pairs.push([user, item, 0]);
  }
  const order = random.shuffle(Int32Array.from(pairs.keys()));
  const cut = (from: number, to: number): LabelledPairs => {
    const part = [...order.subarray(Math.floor(from * pairs.length), Math.floor(to * pairs.length))];
    const column = (place: 0 | 1 | 2): number[] => part.map((n) => pairs[n]![place]);
    return {
      users: Int32Array.from(column(0)),
      items: Int32Array.from(column(1)),
      labels: { click: Uint8Array.from(column(2)) },
    };
  };
  return { train: cut(0, taught), validation: cut(taught, taught + stopped), test: cut(taught + stopped, 1) };
}
