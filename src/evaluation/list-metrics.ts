/** What a set of lists is like beside being right: how much of the catalogue it shows, how evenly, how surprising. */
import type { Histories } from '../data/histories.ts';

/** Share of all items that stand on any list. */
export function coverage(lists: readonly Int32Array[], itemCount: number): number {
  return new Set(lists.flatMap((list) => [...list])).size / itemCount;
}

/** Gini coefficient of how often items are shown: 0 all alike, towards 1 a few take everything. */
export function gini(lists: readonly Int32Array[], itemCount: number): number {
  const shown = new Float64Array(itemCount);
  for (const list of lists) for (const item of list) shown[item]!++;
  shown.sort();
  const total = shown.reduce((sum, n) => sum + n, 0);
  if (total === 0) return 0;
  let weighted = 0;
  for (let i = 0; i < itemCount; i++) weighted += (2 * (i + 1) - itemCount - 1) * shown[i]!;
  return weighted / (itemCount * total);
}

/**
 * Mean self-information `-log2 p(item)` of the items shown, p by add-one counts in train, bits.
 *
 * @source Vargas & Castells, Rank and relevance in novelty and diversity metrics, RecSys 2011
 */
export function novelty(lists: readonly Int32Array[], train: Histories): number {
  const counts = new Float64Array(train.itemCount).fill(1);
  for (const item of train.items) counts[item]!++;
  const total = train.items.length + train.itemCount;
  let bits = 0;
  let shown = 0;
  for (const list of lists) {
    for (const item of list) bits -= Math.log2(counts[item]! / total);
    shown += list.length;
  }
  return shown === 0 ? 0 : bits / shown;
}

/** Mean Jaccard distance of the attributes of two items on one list; lists of one do not count. */
export function diversity(lists: readonly Int32Array[], attributes: readonly Int32Array[]): number {
  const sets = attributes.map((ids) => new Set(ids));
  let sum = 0;
  let pairs = 0;
  for (const list of lists) {
    for (let a = 0; a < list.length; a++) {
      for (let b = a + 1; b < list.length; b++) {
        sum += 1 - jaccard(sets[list[a]!]!, sets[list[b]!]!);
        pairs++;
      }
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let both = 0;
  for (const id of a) if (b.has(id)) both++;
  const either = a.size + b.size - both;
  return either === 0 ? 0 : both / either;
}

/**
 * Mean Kullback-Leibler divergence from the mix of attributes in a history to the mix on its list, smoothed by .01 of
 * the former: 0 where the list mirrors the shopper's interests.
 *
 * @source Steck, Calibrated recommendations, RecSys 2018
 */
export function miscalibration(
  histories: readonly Int32Array[],
  lists: readonly Int32Array[],
  attributes: readonly Int32Array[],
): number {
  let sum = 0;
  let counted = 0;
  for (const [n, history] of histories.entries()) {
    const wanted = mix(history, attributes);
    if (wanted.size === 0) continue;
    const shown = mix(lists[n]!, attributes);
    for (const [id, p] of wanted) sum += p * Math.log2(p / (0.99 * (shown.get(id) ?? 0) + 0.01 * p));
    counted++;
  }
  return counted === 0 ? 0 : sum / counted;
}

function mix(items: Int32Array, attributes: readonly Int32Array[]): Map<number, number> {
  const shares = new Map<number, number>();
  let total = 0;
  for (const item of items) {
    const ids = attributes[item];
    if (!ids || ids.length === 0) continue;
    for (const id of ids) shares.set(id, (shares.get(id) ?? 0) + 1 / ids.length);
    total++;
  }
  for (const [id, share] of shares) shares.set(id, share / total);
  return shares;
}
