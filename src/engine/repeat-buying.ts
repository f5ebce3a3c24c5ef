/** How often customers buy (or rate) a product again, and for how long a bought or rated product stays off the slates. */
import { rowCount } from '../data/histories.ts';
import type { ShopHistories } from '../data/shop-histories.ts';
import type { ShopConfig } from './config.ts';

/** Below this share of purchases of something bought before, a slate leaves out what was bought. */
const fewRepeats = 0.05;

/**
 * Share of purchases, among those of customers who bought before, whose product the same customer had bought in an earlier
 * visit; undefined where nobody came back.
 *
 * @param before - only what happened before this time counts, milliseconds since 1970
 */
export function repeatShare(
  { histories, targets }: Pick<ShopHistories, 'histories' | 'targets'>,
  before: number = Infinity,
): number | undefined {
  const { offsets, items, sessions, times } = histories;
  let [repeats, later] = [0, 0];
  for (let row = 0; row < rowCount(histories); row++) {
    const lastVisit = new Map<number, number>();
    let firstVisit: number | undefined;
    for (let p = offsets[row]!; p < offsets[row + 1]!; p++) {
      if (targets[p] === 0 || times![p]! >= before) continue;
      const visit = sessions![p]!;
      firstVisit ??= visit;
      const last = lastVisit.get(items[p]!);
      lastVisit.set(items[p]!, visit);
      // Two lines of one basket are one purchase.
      if (visit === firstVisit || last === visit) continue;
      later++;
      if (last !== undefined) repeats++;
    }
  }
  return later > 0 ? repeats / later : undefined;
}

/** Days for which a bought product stays off the slates; Infinity for ever. */
export function excludeBoughtDays({ slate }: ShopConfig, shop: ShopHistories, before: number = Infinity): number {
  if (slate.excludeBoughtDays !== 'auto') return slate.excludeBoughtDays;
  if (!shop.targetKinds.some((kind) => kind === 'purchase' || kind === 'rate')) return 0;
  const share = repeatShare(shop, before);
  // What was rated was had: it stays away where nothing says that it returns.
  if (share === undefined) return shop.targetKinds.includes('rate') ? Infinity : 0;
  return share < fewRepeats ? Infinity : 0;
}
