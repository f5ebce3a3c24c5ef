/**
 * A shop as training and evaluation see it: timed histories over an item index of the whole catalogue, and what the catalogue
 * says of the items.
 */
import type { FormerDescription, Product } from '../data/catalogue.ts';
import type { ItemAttributes } from '../data/item-attributes.ts';
import { ratingMiddle } from '../data/ratings.ts';
import { Searches } from '../data/searches.ts';
import { type ItemIndex, itemIndex, type ShopHistories, shopHistories } from '../data/shop-histories.ts';
import type { ShopStore } from '../data/shop-store.ts';
import { VariantCodes } from '../data/variant-codes.ts';
import { attributesOf } from './attributes.ts';
import type { ShopConfig } from './config.ts';
import type { Content } from './content.ts';
import { OfferHistory } from './offer-history.ts';
import { type ReadingReviews, type ReadReviews, readReviews } from './read-reviews.ts';

export interface ShopData extends ShopHistories {
  readonly index: ItemIndex;
  /** Ids of categories, brand and attributes of each item; absent where the catalogue knows none. */
  readonly attributes: ItemAttributes | undefined;
  /** What the texts of the products say; absent where there are none, or nothing reads them. */
  readonly content?: Content;
  /** Of the catalogue when it was read. */
  readonly catalogueVersion: number;
  readonly offers: OfferHistory;
  /** What reviews say of the products; absent where nobody wrote any, or nothing reads them. */
  readonly reviews?: ReadReviews;
  /** What people searched for; absent where nobody did. */
  readonly searches?: Searches;
  /** Mean of all ratings; absent where there are none. */
  readonly ratingMiddle: number | undefined;
}

/** Rows of the item index that wait for products which come before the next training; what is evaluated has them as well. */
export function spareRows(products: number): number {
  return 64 + Math.ceil(products / 20);
}

/** Kinds that can be foreseen, whatever weight they have. */
const targetKinds = ['purchase', 'add_to_cart', 'view_item', 'rate'] as const;

export interface ShopDataOptions {
  /** Events before it are left out, milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Rows of the item index that wait for products to come, by how many there are; none where absent. */
  readonly spare?: (products: number) => number;
  /** What reads reviews; they are not read where absent. */
  readonly reading?: ReadingReviews | undefined;
  /** Reads the texts of the products, by item index. */
  readonly content?: (products: readonly (Product | undefined)[]) => Promise<Content | undefined>;
}

export async function readShopData(
  store: Pick<ShopStore, 'readEvents' | 'products' | 'formerDescriptions' | 'facts' | 'catalogueVersion'>,
  { eventWeights, target, seed }: ShopConfig,
  { since, spare = () => 0, content: contentOf, reading }: ShopDataOptions = {},
): Promise<ShopData> {
  const weighted = Object.entries(eventWeights).flatMap(([kind, weight]) => (weight > 0 ? [kind] : []));
  // What changes while it is read counts as changed later.
  const catalogueVersion = await store.catalogueVersion();
  const catalogue = new Map<string, Product>();
  for await (const product of store.products()) catalogue.set(product.productId, product);
  const kinds = [...new Set([...weighted, ...targetKinds])] as never[];
  const codes = new VariantCodes(catalogue);
  const events = codes.resolve(await store.readEvents({ kinds, ...(since !== undefined && { since }) }));
  // A product that nobody has met yet is an item from its first day.
  const sold = [...catalogue.keys()].filter((id) => codes.productOf(id) === id);
  const products = [...new Set([...events.products, ...sold])].sort();
  const index = itemIndex(products, seed, spare(products.length));
  const middle = ratingMiddle(events);
  const shop = shopHistories(events, index, {
    weights: eventWeights,
    ratingMiddle: middle,
    targets: target === 'auto' ? undefined : [target],
  });
  let [oldest, newest] = [Infinity, -Infinity];
  for (const time of shop.histories.times!) {
    if (time < oldest) oldest = time;
    if (time > newest) newest = time;
  }
  const offers = await OfferHistory.of(
    index.products,
    catalogue,
    store.facts(oldest < Infinity ? { since: oldest } : {}),
    newest,
  );
  const former: FormerDescription[] = [];
  // What held until before the first event described the product to nobody.
  for await (const one of store.formerDescriptions()) if (one.until > oldest) former.push(one);
  const attributes = attributesOf(index.products, catalogue, former);
  const content = await contentOf?.(index.products.map((id) => catalogue.get(id)));
  const span = since === undefined ? {} : { since };
  const searched = await store.readEvents({ kinds: ['search'], columns: ['text'], ...span });
  const searches = searched.length > 0 ? { searches: new Searches(searched) } : {};
  const written = reading && (await store.readEvents({ kinds: ['review'], columns: ['text'], ...span }));
  const read =
    written &&
    (await readReviews({ ...codes.resolve(written), text: written.text }, index, {
      ...reading,
      space: content?.space,
    }));
  const reviews = read ? { reviews: read } : {};
  const known = { index, attributes, offers, ratingMiddle: middle, catalogueVersion };
  return { ...shop, ...known, ...searches, ...reviews, ...(content && { content }) };
}
