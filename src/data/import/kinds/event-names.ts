/** Names that other systems give to our event kinds. */
import type { EventKind } from '../../events.ts';
import { plainName } from './names.ts';

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
    'read',
    'watch',
    'detail-page-view',
    'view-item',
    '浏览',
    '点击',
  ],
  add_to_cart: [
    'add_to_cart',
    'addtocart',
    'cart',
    'add',
    'product added',
    'basket',
    'add-to-cart',
    '加购',
    '加入购物车',
  ],
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
    'purchase-complete',
    'purchased',
    'bought',
    '购买',
    '下单',
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
    'bookmark',
    'star',
    '收藏',
  ],
};

const kinds: ReadonlyMap<string, EventKind> = new Map(
  Object.entries(names).flatMap(([kind, list]) => list.map((name) => [plainName(name), kind as EventKind] as const)),
);

/** @example eventKindOf('Product Viewed') // 'view_item' */
export function eventKindOf(name: string): EventKind | undefined {
  return kinds.get(plainName(name));
}

/** Names of other systems' events that say nothing of a product being wanted or seen. */
export const ignoredEvents: ReadonlySet<string> = new Set(
  [
    ...['remove_from_cart', 'removefromcart', 'product removed', 'page_view', 'session_start', 'first_visit', 'scroll'],
    ...['user_engagement', 'begin_checkout', 'checkout started', 'add_payment_info', 'add_shipping_info', 'view_cart'],
    ...[
      'cart viewed',
      'home-page-view',
      'shopping-cart-page-view',
      'category-page-view',
      'login',
      'sign_up',
      'logout',
      'start_checkout',
    ],
  ].map(plainName),
);
