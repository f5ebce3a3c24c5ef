/** Names that other systems give to our event kinds. */
import type { EventKind } from '../../events.ts';
import { plainName } from './kind.ts';

const names: Readonly<Record<EventKind, readonly string[]>> = {
  view_item_list: ['view_item_list', 'product list viewed', 'list view'],
  view_item: [
    'view_item',
    'view',
    'pv',
    'click',
    'clk',
    'detail',
    'product viewed',
    'product clicked',
    'select_item',
    'page_view_item',
    'browse',
  ],
  add_to_cart: ['add_to_cart', 'addtocart', 'cart', 'add', 'product added', 'basket'],
  purchase: [
    'purchase',
    'buy',
    'order',
    'transaction',
    'sale',
    'order completed',
    'checkout completed',
    'conversion',
    'paid',
  ],
  refund: ['refund', 'return', 'order refunded', 'cancel', 'cancellation', 'order cancelled'],
  search: ['search', 'view_search_results', 'products searched', 'query'],
  rate: ['rate', 'rating'],
  review: ['review', 'product reviewed', 'comment'],
  impression: ['impression', 'imp', 'show', 'exposure'],
  feedback: [
    'feedback',
    'like',
    'dislike',
    'fav',
    'favorite',
    'favourite',
    'product added to wishlist',
    'add_to_wishlist',
  ],
};

const kinds: ReadonlyMap<string, EventKind> = new Map(
  Object.entries(names).flatMap(([kind, list]) => list.map((name) => [plainName(name), kind as EventKind] as const)),
);

/** @example eventKindOf('Product Viewed') // 'view_item' */
export function eventKindOf(name: string): EventKind | undefined {
  return kinds.get(plainName(name));
}
