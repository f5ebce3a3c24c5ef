/** The catalogue as a request sees it: every product with the one variant that would be offered now. */
import { everywhere, type Product, type TimedFact } from '../data/catalogue.ts';
import type { ShopStore } from '../data/shop-store.ts';
import { VariantCodes } from '../data/variant-codes.ts';
import { learnFact, type Offer, offerOf, type VariantFacts } from './offer.ts';

export class CatalogueView {
  readonly time: number;
  readonly products: ReadonlyMap<string, Product>;
  readonly codes: VariantCodes;
  /** variant -> place -> what holds there. */
  readonly #facts: ReadonlyMap<string, ReadonlyMap<string, VariantFacts>>;

  private constructor(time: number, products: Map<string, Product>, facts: Map<string, Map<string, VariantFacts>>) {
    this.time = time;
    this.products = products;
    this.codes = new VariantCodes(products);
    this.#facts = facts;
  }

  static async load(store: Pick<ShopStore, 'products' | 'factsAt'>, time: number): Promise<CatalogueView> {
    const products = new Map<string, Product>();
    for await (const product of store.products()) products.set(product.productId, product);
    return new CatalogueView(time, products, factsByVariant(await store.factsAt(time)));
  }

  /** What would be offered of a product at a place; what is not in the catalogue counts as available. */
  offer(productId: string, place: string = everywhere): Offer {
    const product = this.products.get(productId);
    if (!product) {
      const unknown = { variantId: undefined, priceMinor: undefined, currency: undefined };
      return { productId, title: productId, ...unknown, available: true };
    }
    const offer = offerOf(product, (variantId) => {
      const places = this.#facts.get(variantId);
      return place === everywhere ? places?.get(everywhere) : { ...places?.get(everywhere), ...places?.get(place) };
    });
    return product.hidden || this.codes.productOf(productId) !== productId ? { ...offer, available: false } : offer;
  }
}

function factsByVariant(facts: readonly TimedFact[]): Map<string, Map<string, VariantFacts>> {
  const variants = new Map<string, Map<string, VariantFacts>>();
  for (const fact of facts) {
    const places = variants.get(fact.variantId) ?? new Map<string, VariantFacts>();
    variants.set(fact.variantId, places);
    const known = places.get(fact.place) ?? {};
    places.set(fact.place, known);
    learnFact(known, fact);
  }
  return variants;
}
