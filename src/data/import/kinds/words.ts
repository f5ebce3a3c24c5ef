/**
 * Words of statuses, in the languages of the exports that are known: which orders were not bought, which were given
 * back, which products are not offered. A word that is in no list means the usual: bought, and offered.
 */
const plain = (word: string): string =>
  word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .replace(/^wc /, '');

const notBought: ReadonlySet<string> = new Set([
  ...[
    'cancelled',
    'canceled',
    'voided',
    'void',
    'failed',
    'declined',
    'expired',
    'abandoned',
    'draft',
    'checkout draft',
  ],
  ...['auto draft', 'trash', 'rejected', 'fraud', 'payment error', 'pending', 'pending payment', 'on hold', 'holded'],
  ...['awaiting payment', 'unpaid', 'payment pending', 'created', 'unavailable', 'storniert', 'abgebrochen', 'annulé'],
  ...['incomplete', 'payment review', 'suspected fraud', 'open payment', 'authorization expired', 'invoiced error'],
  ...[
    '交易关闭',
    '已关闭',
    '已取消',
    '等待买家付款',
    '待付款',
    '未付款',
    '付款中',
    '交易取消',
    '订单关闭',
    '已关闭 未付款',
  ],
]);
const givenBack: ReadonlySet<string> = new Set([
  ...[
    'refunded',
    'returned',
    'charged back',
    'chargeback',
    'reversed',
    'refund',
    'return',
    'closed refunded',
    'erstattet',
  ],
  ...['remboursé', '退款成功', '已退款', '全额退款', '退货退款'],
]);
const notOffered: ReadonlySet<string> = new Set([
  ...['archived', 'draft', 'hidden', 'unpublished', 'inactive', 'disabled', 'private', 'pending', 'trash', 'deleted'],
  ...['discontinued', 'unlisted', 'not visible', 'not visible individually', 'off', 'offline', 'removed', 'suspended'],
  ...['0', '-1', 'false', 'no', 'n', 'f', '下架', '已下架', '仓库中', '草稿', '隐藏', '否'],
]);
const yes: ReadonlySet<string> = new Set(['1', 'true', 'yes', 'y', 't', 'x', '是', 'hidden', 'archived', 'disabled']);

export type OrderFate = 'bought' | 'not-bought' | 'given-back';

/** @example orderFate('Cancelled') // 'not-bought' */
export function orderFate(status: string): OrderFate {
  const word = plain(status);
  if (notBought.has(word)) return 'not-bought';
  return givenBack.has(word) ? 'given-back' : 'bought';
}

/** True for a status, or a word of being shown, that keeps a product from being offered; nothing is no such word. */
export function isNotOffered(word: string): boolean {
  return notOffered.has(plain(word));
}

/** True where a column of being hidden says so. */
export function isYes(word: string): boolean {
  return yes.has(plain(word));
}
