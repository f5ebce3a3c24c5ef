/**
 * A shop's own events as timed histories, one row per person: what models are fitted on and, for one person, what a
 * request knows of the shopper. Both come from here, so that serving cannot drift from training.
 */
import { Random } from '../core/random.ts';
import type { EventColumns } from './event-store.ts';
import { type EventKind, eventKinds } from './events.ts';
import type { Histories } from './histories.ts';
import { unwished } from './ratings.ts';
import { takenBack } from './refunds.ts';

export interface ShopHistoryOptions {
  /** How strongly an event of each kind speaks for its product; absent kinds are left out of the histories. */
  readonly weights?: Readonly<Partial<Record<EventKind, number>>> | undefined;
  /** Kinds whose products are the answers; by default purchases, else carts, else views, else ratings, whichever the shop has. */
  readonly targets?: readonly EventKind[] | undefined;
  /** Mean of all the shop's ratings; of the events given where absent. */
  readonly ratingMiddle?: number | undefined;
}

export interface ShopHistories {
  readonly histories: Histories;
  /** 1 at positions that count as answers. */
  readonly targets: Uint8Array;
  /** Names the kinds that count as answers. */
  readonly targetKinds: readonly EventKind[];
}

/** Products by dense item index. */
export interface ItemIndex {
  /** Product id of each item index. */
  readonly products: readonly string[];
  readonly itemOf: ReadonlyMap<string, number>;
}

const defaultWeights: Readonly<Partial<Record<EventKind, number>>> = {
  view_item: 1,
  add_to_cart: 2,
  purchase: 3,
  rate: 2,
  review: 2,
};
/** Events of unknown session are one visit while they follow each other within this. */
export const visitGapMs: number = 30 * 60_000;

/** @param seed - shuffles item indices, so that their order carries nothing */
export function itemIndex(productIds: readonly string[], seed: number): ItemIndex {
  const places = new Random(seed, 0x17e3).shuffle(Int32Array.from(productIds.keys()));
  const products: string[] = new Array(productIds.length);
  for (let p = 0; p < places.length; p++) products[places[p]!] = productIds[p]!;
  return indexOf(products);
}

/** @param products - product ids in the order of their item indices */
export function indexOf(products: readonly string[]): ItemIndex {
  return { products, itemOf: new Map(products.map((product, item) => [product, item])) };
}

/**
 * One row per person, oldest first; a position's session is its visit. Products that the index lacks are left out, and so
 * are purchases that were taken back whole: a product that was only bought and returned was not wished for.
 */
export function shopHistories(
  events: EventColumns,
  { products, itemOf }: ItemIndex,
  options: ShopHistoryOptions,
): ShopHistories {
  const weights = options.weights ?? defaultWeights;
  const weightOf = eventKinds.map((kind) => weights[kind] ?? 0);
  const targetKinds = options.targets ?? strongestKind(events);
  const wanted = new Set(targetKinds.map((kind) => eventKinds.indexOf(kind)));
  const itemOfCode = Int32Array.from(events.products, (product) => itemOf.get(product) ?? -1);
  // A rating below the person's middle is no wish: neither history nor answer.
  const disliked = unwished(events, options.ratingMiddle);
  const back = takenBack(events);
  const kept = Int32Array.from({ length: events.length }, (_, e) => e).filter(
    (e) =>
      events.product[e]! >= 0 &&
      disliked[e] === 0 &&
      back[e] === 0 &&
      itemOfCode[events.product[e]!]! >= 0 &&
      (weightOf[events.kind[e]!]! > 0 || wanted.has(events.kind[e]!)),
  );
  const offsets: number[] = [];
  const sessions = new Int32Array(kept.length);
  let visit = -1;
  for (let n = 0; n < kept.length; n++) {
    const [e, before] = [kept[n]!, n > 0 ? kept[n - 1]! : -1];
    const samePerson = before >= 0 && events.person[before] === events.person[e];
    if (!samePerson) offsets.push(n);
    if (!samePerson || !sameVisit(events, before, e)) visit++;
    sessions[n] = visit;
  }
  offsets.push(kept.length);
  return {
    histories: {
      itemCount: products.length,
      offsets: Int32Array.from(offsets),
      items: kept.map((e) => itemOfCode[events.product[e]!]!),
      times: Float64Array.from(kept, (e) => events.time[e]!),
      weights: Float32Array.from(kept, (e) => weightOf[events.kind[e]!]!),
      sessions,
      kinds: Uint8Array.from(kept, (e) => events.kind[e]!),
      ordered: true,
    },
    targets: Uint8Array.from(kept, (e) => (wanted.has(events.kind[e]!) ? 1 : 0)),
    targetKinds,
  };
}

function strongestKind(events: EventColumns): readonly EventKind[] {
  const there = new Set(events.kind);
  const kinds = ['purchase', 'add_to_cart', 'view_item', 'rate'] as const;
  return [kinds.find((kind) => there.has(eventKinds.indexOf(kind))) ?? 'purchase'];
}

function sameVisit(events: EventColumns, a: number, b: number): boolean {
  if (events.session[a]! >= 0 || events.session[b]! >= 0) return events.session[a] === events.session[b];
  return events.time[b]! - events.time[a]! <= visitGapMs;
}
