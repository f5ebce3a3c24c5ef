/** All that is known of a shopper at the moment of asking, as the query of the trained models. */
import { eventKinds } from '../data/events.ts';
import { type Query, queryOfRow, rowCount } from '../data/histories.ts';
import { type ItemIndex, shopHistories, visitGapMs } from '../data/shop-histories.ts';
import type { GenerationRecord } from './generation.ts';
import type { RecommendContext, RecommendRequest } from './recommendation.ts';

export interface ShopperQuery {
  /** With the kind of each position. */
  readonly query: Query & { readonly kinds: Uint8Array };
  /** Events of the shopper among them. */
  readonly events: number;
}

/** The history, then what is in the cart and looked at now, as positions of the current visit. */
export function shopperQuery(
  { events, now, profile, searched }: Pick<RecommendContext, 'events' | 'now' | 'profile' | 'searched'>,
  index: ItemIndex,
  { eventWeights: weights, ratingMiddle }: Pick<GenerationRecord, 'eventWeights' | 'ratingMiddle'>,
  request: Omit<RecommendRequest, 'user' | 'visitor'>,
): ShopperQuery {
  const { viewing = [], cart = [], place, device, language, page, text = searched } = request;
  const shop = events && shopHistories(events, index, { weights, targets: ['purchase'], ratingMiddle });
  const past = shop && rowCount(shop.histories) > 0 ? queryOfRow(shop.histories, 0) : undefined;
  const count = past?.items.length ?? 0;
  const lastVisit = past ? past.sessions![count - 1]! : -1;
  const goesOn = past !== undefined && now - past.times![count - 1]! <= visitGapMs;
  const visit = goesOn ? lastVisit : lastVisit + 1;
  const present = [
    ...cart.map((id) => [id, 'add_to_cart'] as const),
    ...viewing.map((id) => [id, 'view_item'] as const),
  ].flatMap(([id, kind]) => {
    const item = index.itemOf.get(id);
    const code = eventKinds.indexOf(kind);
    // An event of this visit that the shop has recorded does not count twice.
    const told = past?.kinds?.some(
      (other, p) => other === code && past.items[p] === item && past.sessions![p] === visit,
    );
    return item === undefined || told ? [] : [{ item, kind, code }];
  });
  const known = (ids: readonly string[]): Int32Array =>
    Int32Array.from(ids.flatMap((id) => index.itemOf.get(id) ?? []));
  return {
    query: {
      items: Int32Array.from([...(past?.items ?? []), ...present.map(({ item }) => item)]),
      times: Float64Array.from([...(past?.times ?? []), ...present.map(() => now)]),
      weights: Float32Array.from([...(past?.weights ?? []), ...present.map(({ kind }) => weights[kind] ?? 1)]),
      sessions: Int32Array.from([...(past?.sessions ?? []), ...present.map(() => visit)]),
      kinds: Uint8Array.from([...(past?.kinds ?? []), ...present.map(({ code }) => code)]),
      now,
      cart: known(cart),
      viewing: known(viewing),
      ...(place !== undefined && { place }),
      ...(device !== undefined && { device }),
      ...(language !== undefined && { language }),
      ...(page !== undefined && { page }),
      ...(text !== undefined && { text }),
      ...(profile && { profile }),
    },
    events: count,
  };
}
