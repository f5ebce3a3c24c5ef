/**
 * The one definition of a shop's slates: the models and cases that teach the choice, the products that are left out, and
 * the composition. Training measures it, the evaluation of `selection` reports it, and every request is answered by it.
 */
import { eventKinds } from '../data/events.ts';
import type { Query } from '../data/histories.ts';
import type { ItemFacts } from '../data/item-facts.ts';
import type { Setting } from '../models/model.ts';
import { defaultSlate, type SlateRules } from '../selection/compose/compose-slate.ts';
import type { Similarity } from '../selection/compose/mmr.ts';
import type { CompositeBase } from '../selection/composites.ts';
import type { OfferingOf } from '../selection/offering.ts';
import type { ShopConfig } from './config.ts';
import { excludeBoughtDays } from './repeat-buying.ts';
import type { ShopData } from './shop-data.ts';

const dayMs = 86_400_000;
const done = new Set([eventKinds.indexOf('purchase'), eventKinds.indexOf('rate')]);

export type ShopBase = Required<Omit<CompositeBase, 'vectors'>> & Pick<CompositeBase, 'vectors'>;

/**
 * The ground on which composites over a shop's past are made.
 *
 * @param before - what the shop decides by itself, it decides from what came before this time, milliseconds since 1970
 */
export function selectionBase(config: ShopConfig, shop: ShopData, before: number = Infinity): ShopBase {
  const { index, attributes, offers, content, reviews } = shop;
  const boughtDays = excludeBoughtDays(config, shop, before);
  const priceMinor = Float64Array.from(index.products, (_, item) => offers.priceAt(item, before));
  const facts: ItemFacts = {
    ...(attributes && { attributes }),
    ...(priceMinor.some((price) => price > 0) && { priceMinor }),
    ...(reviews && { reviews: reviews.before(before) }),
  };
  const offeringOf: OfferingOf = (query) => {
    const now = query.now ?? Infinity;
    return {
      items: boughtLately(query, now, boughtDays),
      allowed: offers.allowedAt(now),
      priceOf: (item) => offers.priceAt(item, now),
    };
  };
  return { settings: settingsOf(config), facts, offeringOf, ...(content && { vectors: content.vectors }) };
}

/** The shop's settings by the names of `compositeSettings`. */
export function settingsOf({ models, maxCases, slate }: ShopConfig): Readonly<Record<string, Setting>> {
  return {
    models: models === 'auto' ? models : models.join(','),
    maxCases,
    relevance: slate.relevance,
    count: defaultSlate.count,
  };
}

export function slateRules(
  { slate }: ShopConfig,
  count: number,
  similarity: Similarity | undefined,
  relevance: number = slate.relevance,
): SlateRules {
  return { count, relevance, ...(similarity && { similarity }) };
}

/** Items that the shopper bought or rated in the last `days` before `now`. */
export function boughtLately({ items, times, kinds }: Query, now: number, days: number): Int32Array {
  return items.filter((_, p) => kinds !== undefined && done.has(kinds[p]!) && now - times![p]! < days * dayMs);
}
