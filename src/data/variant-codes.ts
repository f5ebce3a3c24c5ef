/**
 * An id in an event is looked up among products, then among variants: events that came before the catalogue, or from a
 * system that knows codes (SKU) alone, count for the product whose variant they name.
 */
import type { Product } from './catalogue.ts';
import type { EventColumns } from './event-store.ts';

/** What is needed of a product to know its codes. */
type Coded = Pick<Product, 'productId' | 'variants'>;

export class VariantCodes {
  readonly #catalogue: ReadonlyMap<string, Coded>;
  readonly #owners = new Map<string, string>();

  /** @param catalogue - by product id; what changes in it later is told by `change` */
  constructor(catalogue: ReadonlyMap<string, Coded>) {
    this.#catalogue = catalogue;
    for (const product of catalogue.values()) this.#own(product);
  }

  /** A product of the catalogue is another than before; undefined stands for none. */
  change(before: Coded | undefined, after: Coded | undefined): void {
    for (const { variantId } of before?.variants ?? [])
      if (this.#owners.get(variantId) === before!.productId) this.#owners.delete(variantId);
    if (after) this.#own(after);
  }

  #own({ productId, variants }: Coded): void {
    for (const { variantId } of variants) if (variantId !== productId) this.#owners.set(variantId, productId);
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
