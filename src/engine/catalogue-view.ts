/**
 * The catalogue as a request sees it: every product with the one variant that would be offered now, its price, and
 * whether it can be bought. A variant without any stock fact counts as available: the shop does not tell.
 */
import { everywhere, type Product, type TimedFact, type Variant } from '../data/catalogue.ts';
import type { ShopStore } from '../data/shop-store.ts';

export interface Offer {
  readonly productId: string;
  readonly variantId: string | undefined;
  readonly title: string;
  readonly priceMinor: number | undefined;
  readonly currency: string | undefined;
  readonly available: boolean;
}

interface VariantFacts {
  price?: { priceMinor: number; currency: string };
  unitsOnHand?: number;
}

export class CatalogueView {
  readonly time: number;
  readonly products: ReadonlyMap<string, Product>;
  /** variant -> place -> what holds there. */
  readonly #facts: ReadonlyMap<string, ReadonlyMap<string, VariantFacts>>;

  private constructor(time: number, products: Map<string, Product>, facts: Map<string, Map<string, VariantFacts>>) {
    this.time = time;
    this.products = products;
    this.#facts = facts;
  }

  static async load(store: Pick<ShopStore, 'products' | 'factsAt'>, time: number): Promise<CatalogueView> {
    const products = new Map<string, Product>();
    for await (const product of store.products()) products.set(product.productId, product);
    return new CatalogueView(time, products, factsByVariant(await store.factsAt(time)));
  }

  /** What would be offered of a product at a place: its cheapest available variant, else its cheapest. */
  offer(productId: string, place: string = everywhere): Offer {
    const product = this.products.get(productId);
    const title = product?.title ?? productId;
    let best: Offer = {
      productId,
      variantId: undefined,
      title,
      priceMinor: undefined,
      currency: undefined,
      available: false,
    };
    for (const variant of product?.variants ?? []) {
      const offer = this.#offerOf(productId, title, variant, place);
      if (best.variantId === undefined || isBetter(offer, best)) best = offer;
    }
    if (best.variantId === undefined) best = { ...best, available: true };
    return product?.hidden ? { ...best, available: false } : best;
  }

  #offerOf(productId: string, title: string, variant: Variant, place: string): Offer {
    const places = this.#facts.get(variant.variantId);
    const here = places?.get(place);
    const anywhere = places?.get(everywhere);
    const price = here?.price ?? anywhere?.price;
    const units = here?.unitsOnHand ?? anywhere?.unitsOnHand;
    return {
      productId,
      variantId: variant.variantId,
      title,
      priceMinor: price?.priceMinor,
      currency: price?.currency,
      available: units === undefined || units > 0,
    };
  }
}

function isBetter(a: Offer, b: Offer): boolean {
  if (a.available !== b.available) return a.available;
  return (a.priceMinor ?? Infinity) < (b.priceMinor ?? Infinity);
}

function factsByVariant(facts: readonly TimedFact[]): Map<string, Map<string, VariantFacts>> {
  const variants = new Map<string, Map<string, VariantFacts>>();
  for (const fact of facts) {
    const places = variants.get(fact.variantId) ?? new Map<string, VariantFacts>();
    variants.set(fact.variantId, places);
    const known = places.get(fact.place) ?? {};
    places.set(fact.place, known);
    if (fact.fact === 'price') known.price = { priceMinor: fact.priceMinor, currency: fact.currency };
    else if (fact.fact === 'stock') known.unitsOnHand = fact.unitsOnHand;
  }
  return variants;
}
