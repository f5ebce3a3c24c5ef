/** The offer of a product: the variant that is shown, its price, and whether it can be bought. */
import type { Product, TimedFact } from '../data/catalogue.ts';

export interface Offer {
  readonly productId: string;
  readonly variantId: string | undefined;
  readonly title: string;
  /** Path or address of its first picture. */
  readonly image?: string;
  readonly priceMinor: number | undefined;
  readonly currency: string | undefined;
  readonly available: boolean;
}

/** Facts of a variant that hold now; without a stock fact it counts as available, since the shop does not tell. */
export interface VariantFacts {
  price?: { priceMinor: number; currency: string };
  unitsOnHand?: number;
}

/** The cheapest variant that can be bought, else the cheapest. */
export function offerOf(
  product: Pick<Product, 'productId' | 'title' | 'variants'> & Pick<Offer, 'image'>,
  factsOf: (variantId: string) => VariantFacts | undefined,
): Offer {
  const { productId, title, image } = product;
  const shown = { productId, title, ...(image !== undefined && { image }) };
  const nothing = { ...shown, variantId: undefined, priceMinor: undefined, currency: undefined };
  let best: Offer | undefined;
  for (const { variantId } of product.variants) {
    const { price, unitsOnHand } = factsOf(variantId) ?? {};
    const offer: Offer = {
      ...shown,
      variantId,
      priceMinor: price?.priceMinor,
      currency: price?.currency,
      available: unitsOnHand === undefined || unitsOnHand > 0,
    };
    if (!best || isBetter(offer, best)) best = offer;
  }
  return best ?? { ...nothing, available: true };
}

function isBetter(a: Offer, b: Offer): boolean {
  if (a.available !== b.available) return a.available;
  return (a.priceMinor ?? Infinity) < (b.priceMinor ?? Infinity);
}

/** Lays a fact over what holds so far. */
export function learnFact(known: VariantFacts, fact: TimedFact): void {
  if (fact.fact === 'price') known.price = { priceMinor: fact.priceMinor, currency: fact.currency };
  else if (fact.fact === 'stock') known.unitsOnHand = fact.unitsOnHand;
}
