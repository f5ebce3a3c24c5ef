/**
 * An id in an event is looked up among products, then among variants: events that came before the catalogue, or from a
 * system that knows codes (SKU) alone, count for the product whose variant they name.
 */
import type { Product } from './catalogue.ts';
import type { EventColumns } from './event-store.ts';

export class VariantCodes {
  readonly #catalogue: ReadonlyMap<string, Product>;
  readonly #owners: ReadonlyMap<string, string>;

  constructor(catalogue: ReadonlyMap<string, Product>) {
    this.#catalogue = catalogue;
    const owners = new Map<string, string>();
    for (const { productId, variants } of catalogue.values())
      for (const { variantId } of variants) if (variantId !== productId) owners.set(variantId, productId);
    this.#owners = owners;
  }

  /** The product that an id stands for; the id itself where it is a product, or nothing that is known. */
  productOf(id: string): string {
    // A product without variants that is one of another's was a code that events had named before the catalogue came.
    const known = this.#catalogue.get(id);
    return known && known.variants.length > 0 ? id : (this.#owners.get(id) ?? id);
  }

  /** Events with the products that their ids stand for. */
  resolve(events: EventColumns): EventColumns {
    const named = events.products.map((id) => this.productOf(id));
    if (named.every((id, code) => id === events.products[code])) return events;
    const products = [...new Set(named)].sort();
    const codes = new Map(products.map((id, code) => [id, code]));
    const to = Int32Array.from(named, (id) => codes.get(id)!);
    return { ...events, products, product: events.product.map((code) => (code < 0 ? -1 : to[code]!)) };
  }
}
