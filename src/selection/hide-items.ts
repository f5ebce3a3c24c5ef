/**
 * A world in which some items have never been met: their events are taken out of histories and queries, and nothing else.
 * Choices made there teach what a new product is worth by its texts and attributes alone, since which of them people then
 * took is known.
 *
 * @source Volkovs, Yu & Poutanen, DropoutNet: Addressing Cold Start in Recommender Systems, NIPS 2017 (behaviour is hidden
 *   while learning)
 */
import { Random } from '../core/random.ts';
import type { Histories, Query } from '../data/histories.ts';
import type { Case } from '../evaluation/cases.ts';
import { keepPositions } from '../evaluation/protocols/positions.ts';

/** Some of the items that somebody met, by chance from the seed. @returns 1 for the hidden ones; shape `[items]` */
export function hiddenItems({ itemCount, items }: Histories, share: number, seed: number): Uint8Array {
  const met = new Uint8Array(itemCount);
  for (const item of items) met[item] = 1;
  const random = new Random(seed, 0x41de);
  return met.map((known) => (random.uniform() < share && known === 1 ? 1 : 0));
}

/** The same rows, some of them shorter. */
export function withoutItems(histories: Histories, hidden: Uint8Array): Histories {
  return keepPositions(
    histories,
    Uint8Array.from(histories.items, (item) => 1 - hidden[item]!),
  );
}

/** The case as it would have been asked there; what was chosen stays. */
export function caseWithout({ query, masked, ...rest }: Case, hidden: Uint8Array): Case {
  const kept = (item: number): boolean => hidden[item] !== 1;
  return { ...rest, query: queryWithout(query, hidden), masked: masked.filter(kept) };
}

function queryWithout(query: Query, hidden: Uint8Array): Query {
  const { items } = query;
  const at = (_: unknown, position: number): boolean => hidden[items[position]!] !== 1;
  const { times, weights, sessions, kinds, cart, viewing } = query;
  const kept = (item: number): boolean => hidden[item] !== 1;
  return {
    ...query,
    items: items.filter(at),
    ...(times && { times: times.filter(at) }),
    ...(weights && { weights: weights.filter(at) }),
    ...(sessions && { sessions: sessions.filter(at) }),
    ...(kinds && { kinds: kinds.filter(at) }),
    ...(cart && { cart: cart.filter(kept) }),
    ...(viewing && { viewing: viewing.filter(kept) }),
  };
}
