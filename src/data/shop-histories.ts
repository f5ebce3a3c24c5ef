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
  /** Random key of the person of each row; shape `[rows]`. */
  readonly people: Float64Array;
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

/**
 * @param seed - shuffles item indices, so that their order carries nothing
 * @param spare - rows at the end that wait for products to come
 */
export function itemIndex(productIds: readonly string[], seed: number, spare = 0): ItemIndex {
  const places = new Random(seed, 0x17e3).shuffle(Int32Array.from(productIds.keys()));
  const products: string[] = new Array(productIds.length + spare).fill(noProduct);
  for (let p = 0; p < places.length; p++) products[places[p]!] = productIds[p]!;
  return indexOf(products);
}

/** Stands in the index for a row that waits for a product. */
export const noProduct = '';

/** @param products - product ids in the order of their item indices */
export function indexOf(products: readonly string[]): ItemIndex {
  const itemOf = new Map<string, number>();
  for (const [item, product] of products.entries()) if (product !== noProduct) itemOf.set(product, item);
  return { products, itemOf };
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
  const wanted = Uint8Array.from(eventKinds, (kind) => (targetKinds.includes(kind) ? 1 : 0));
  const counted = wanted.map((isWanted, kind) => (isWanted === 1 || weightOf[kind]! > 0 ? 1 : 0));
  const itemOfCode = Int32Array.from(events.products, (product) => itemOf.get(product) ?? -1);
  const kept = keptEvents(events, options.ratingMiddle, (event) => {
    const product = events.product[event]!;
    return product >= 0 && itemOfCode[product]! >= 0 && counted[events.kind[event]!] === 1;
  });
  const positions = kept.length;
  const offsets: number[] = [];
  const people: number[] = [];
  const [items, sessions] = [new Int32Array(positions), new Int32Array(positions)];
  const [times, strengths] = [new Float64Array(positions), new Float32Array(positions)];
  const [kinds, isTarget] = [new Uint8Array(positions), new Uint8Array(positions)];
  let visit = -1;
  for (let n = 0; n < positions; n++) {
    const [e, before] = [kept[n]!, n > 0 ? kept[n - 1]! : -1];
    const kind = events.kind[e]!;
    const samePerson = before >= 0 && events.person[before] === events.person[e];
    if (!samePerson) {
      offsets.push(n);
      people.push(events.person[e]!);
    }
    if (!samePerson || !sameVisit(events, before, e)) visit++;
    items[n] = itemOfCode[events.product[e]!]!;
    times[n] = events.time[e]!;
    strengths[n] = weightOf[kind]!;
    sessions[n] = visit;
    kinds[n] = kind;
    isTarget[n] = wanted[kind]!;
  }
  offsets.push(positions);
  const columns = { items, times, weights: strengths, sessions, kinds };
  return {
    histories: { itemCount: products.length, offsets: Int32Array.from(offsets), ...columns, ordered: true },
    people: Float64Array.from(people),
    targets: isTarget,
    targetKinds,
  };
}

/** Events that speak for their product: a rating below the person's middle does not, nor does what was taken back. */
function keptEvents(events: EventColumns, middle: number | undefined, speaks: (event: number) => boolean): Int32Array {
  const disliked = unwished(events, middle);
  const back = takenBack(events);
  const kept = new Int32Array(events.length);
  let count = 0;
  for (let e = 0; e < events.length; e++) if (disliked[e] === 0 && back[e] === 0 && speaks(e)) kept[count++] = e;
  return kept.subarray(0, count);
}

function strongestKind(events: EventColumns): readonly EventKind[] {
  const kinds = ['purchase', 'add_to_cart', 'view_item', 'rate'] as const;
  return [kinds.find((kind) => events.kind.includes(eventKinds.indexOf(kind))) ?? 'purchase'];
}

function sameVisit(events: EventColumns, a: number, b: number): boolean {
  if (events.session[a]! >= 0 || events.session[b]! >= 0) return events.session[a] === events.session[b];
  return events.time[b]! - events.time[a]! <= visitGapMs;
}
