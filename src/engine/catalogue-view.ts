/**
 * The catalogue as requests see it: every product with the one variant that would be offered now. It is read once and then
 * follows what changes, so that a price, a stock or a product costs its own work, whatever the size of the catalogue; what
 * is made of it elsewhere follows by `changesAfter`.
 */
import { everywhere, type Product, type TimedFact } from '../data/catalogue.ts';
import type { CatalogueStore } from '../data/catalogue-store.ts';
import type { ProductFacts } from '../data/expressions/product-facts.ts';
import { VariantCodes } from '../data/variant-codes.ts';
import { learnFact, type Offer, offerOf, type VariantFacts } from './offer.ts';

/** What is kept of a product: long texts are not, and of its pictures the first. */
export interface ShownProduct extends Omit<Product, 'description' | 'images'> {
  readonly image?: string;
}

type Source = Pick<CatalogueStore, 'products' | 'product' | 'facts' | 'catalogueVersion' | 'catalogueChanges'>;

interface FactsOfVariant {
  /** By place. */
  readonly now: Map<string, VariantFacts>;
  /** What begins later, the next first. */
  readonly coming: TimedFact[];
}

/** A clock that is set right goes back a little; whoever asks for an earlier time than that gets the catalogue of then. */
const clockSlackMs = 60_000;
/** Products that are read before others have their turn. */
const readAtOnce = 200;
/** Changes that are told; whoever has missed more looks at everything again. */
const toldChanges = 20_000;

export class CatalogueView {
  readonly #products = new Map<string, ShownProduct>();
  readonly codes: VariantCodes = new VariantCodes(this.#products);
  readonly #facts = new Map<string, FactsOfVariant>();
  /** When facts begin to hold and of which variants, the next last. */
  readonly #due: { readonly time: number; readonly variantId: string }[] = [];
  #time: number;
  #version: number;
  /** Ids of products that changed, the first of them number `#told` of all. */
  #changed: string[] = [];
  #told = 0;
  #newest: readonly string[] | undefined;

  private constructor(time: number, version: number) {
    this.#time = time;
    this.#version = version;
  }

  /** @param time - of the facts that hold, milliseconds since 1970 */
  static async load(store: Source, time: number): Promise<CatalogueView> {
    // What changes while it is read is read again.
    const view = new CatalogueView(time, await store.catalogueVersion());
    for await (const product of store.products()) view.#putProduct(product.productId, product);
    for await (const fact of store.facts({ since: time })) view.#learn(fact);
    view.#due.sort((a, b) => b.time - a.time);
    return view;
  }

  get products(): ReadonlyMap<string, ShownProduct> {
    return this.#products;
  }

  /** True where nothing is other than it was at a version of the store and a time. */
  isOf(version: number, time: number): boolean {
    return (
      version === this.#version && time >= this.#time - clockSlackMs && !(time >= (this.#due.at(-1)?.time ?? Infinity))
    );
  }

  /**
   * Takes over what has changed since.
   *
   * @returns false where that is not known, or the clock went back: the view is to be loaded anew
   */
  async follow(store: Source, time: number): Promise<boolean> {
    const changes = await store.catalogueChanges(this.#version);
    if (!changes || time < this.#time - clockSlackMs) return false;
    const products: (readonly [string, Product | undefined])[] = [];
    for (const id of changes.products) {
      products.push([id, await store.product(id)]);
      if (products.length % readAtOnce === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const facts: TimedFact[] = [];
    for await (const fact of store.facts({ since: time, variantIds: changes.variants })) facts.push(fact);
    // From here on nothing waits, so that no request sees half of it.
    if (changes.version < this.#version) return true;
    this.#time = Math.max(this.#time, time);
    this.#version = changes.version;
    for (const [id, product] of products) {
      this.#putProduct(id, product);
      this.#tell(id);
    }
    for (const variantId of changes.variants) this.#facts.delete(variantId);
    for (const fact of facts) this.#learn(fact);
    if (facts.some(({ from }) => from > time)) this.#due.sort((a, b) => b.time - a.time);
    for (const variantId of changes.variants) this.#tellOfVariant(variantId);
    this.#begin();
    this.#forgetOldChanges();
    return true;
  }

  /**
   * @param count - of the changes that were seen before; 0 at first
   * @returns their count now, and the products of those in between; undefined where so many were not kept
   */
  changesAfter(count: number): { readonly count: number; readonly products: readonly string[] } | undefined {
    if (count < this.#told) return undefined;
    return { count: this.#told + this.#changed.length, products: this.#changed.slice(count - this.#told) };
  }

  /** What would be offered of a product at a place; what is not in the catalogue counts as available. */
  offer(productId: string, place: string = everywhere): Offer {
    const product = this.#products.get(productId);
    if (!product) {
      const unknown = { variantId: undefined, priceMinor: undefined, currency: undefined };
      return { productId, title: productId, ...unknown, available: true };
    }
    const offer = offerOf(product, (variantId) => {
      const places = this.#facts.get(variantId)?.now;
      return place === everywhere ? places?.get(everywhere) : { ...places?.get(everywhere), ...places?.get(place) };
    });
    return product.hidden || this.codes.productOf(productId) !== productId ? { ...offer, available: false } : offer;
  }

  /** What a condition may ask of a product at a place. */
  facts(productId: string, place: string = everywhere): ProductFacts {
    const { title, priceMinor, currency, available } = this.offer(productId, place);
    return {
      ...(this.#products.get(productId) ?? { productId, title, categories: [], attributes: {} }),
      ...(priceMinor !== undefined && { priceMinor }),
      ...(currency !== undefined && { currency }),
      available,
    };
  }

  /** Ids of all products, the newest first. */
  get newest(): readonly string[] {
    this.#newest ??= [...this.#products.values()]
      .sort((a, b) => (b.createdTime ?? 0) - (a.createdTime ?? 0) || (a.productId < b.productId ? -1 : 1))
      .map(({ productId }) => productId);
    return this.#newest;
  }

  #putProduct(id: string, product: Product | undefined): void {
    const before = this.#products.get(id);
    if (!before || !product || before.createdTime !== product.createdTime) this.#newest = undefined;
    if (product) {
      const { description: _, images, ...shown } = product;
      this.#products.set(id, images[0] === undefined ? shown : { ...shown, image: images[0] });
    } else this.#products.delete(id);
    this.codes.change(before, product);
  }

  #learn(fact: TimedFact): void {
    const { variantId, place, from } = fact;
    let known = this.#facts.get(variantId);
    if (!known) {
      known = { now: new Map(), coming: [] };
      this.#facts.set(variantId, known);
    }
    if (from > this.#time) {
      known.coming.push(fact);
      known.coming.sort((a, b) => a.from - b.from);
      this.#due.push({ time: from, variantId });
      return;
    }
    const facts = known.now.get(place) ?? {};
    known.now.set(place, facts);
    learnFact(facts, fact);
  }

  /** Facts whose time has come. */
  #begin(): void {
    while (this.#due.length > 0 && this.#due.at(-1)!.time <= this.#time) {
      const { variantId } = this.#due.pop()!;
      const known = this.#facts.get(variantId);
      while (known?.coming.length && known.coming[0]!.from <= this.#time) this.#learn(known.coming.shift()!);
      this.#tellOfVariant(variantId);
    }
  }

  #tell(productId: string): void {
    this.#changed.push(productId);
  }

  #tellOfVariant(variantId: string): void {
    const owner = this.codes.productOf(variantId);
    this.#tell(owner);
    if (owner !== variantId && this.#products.has(variantId)) this.#tell(variantId);
  }

  #forgetOldChanges(): void {
    if (this.#changed.length <= 2 * toldChanges) return;
    this.#told += this.#changed.length - toldChanges;
    this.#changed = this.#changed.slice(-toldChanges);
  }
}
