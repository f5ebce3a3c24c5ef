/** A trained generation as it serves: what depends on the catalogue is made once and then follows its changes. */

import { type ItemIndex, noProduct } from '../data/shop-histories.ts';
import { itemSimilarity } from '../selection/compose/item-similarity.ts';
import type { Similarity } from '../selection/compose/mmr.ts';
import { attributeNames } from './attributes.ts';
import type { CatalogueView } from './catalogue-view.ts';
import type { TrainedGeneration } from './generation.ts';
import { ItemLikeness } from './item-likeness.ts';

interface PlaceOffers {
  /** 1 for the items that can be bought; shape `[itemCount]`. */
  readonly allowed: Uint8Array;
  /** In the currency that taught the choice, NaN where unknown; shape `[itemCount]`. */
  readonly prices: Float64Array;
}

/** What was made of a catalogue, and how many of its changes are in it. */
interface Made {
  readonly view: CatalogueView;
  changes: number;
  readonly likeness: ItemLikeness;
  readonly offers: Map<string, PlaceOffers>;
}

export class ServingGeneration {
  readonly number: number;
  readonly trained: TrainedGeneration;
  /** The index of the training; products that came after it take the rows that wait for them. */
  readonly index: ItemIndex;
  readonly #products: string[];
  readonly #itemOf: Map<string, number>;
  readonly #attributeOf: ReadonlyMap<string, number>;
  /** The next row that waits for a product. */
  #spare: number;
  #made: Made | undefined;
  /** By who chose both, where the catalogue tells nothing. */
  readonly #byChoice: Similarity | undefined;

  constructor(number: number, trained: TrainedGeneration) {
    this.number = number;
    this.trained = trained;
    this.#products = [...trained.index.products];
    this.#itemOf = new Map(trained.index.itemOf);
    this.index = { products: this.#products, itemOf: this.#itemOf };
    this.#attributeOf = new Map(trained.attributeNames.map((name, id) => [name, id]));
    this.#spare = trained.index.itemOf.size;
    this.#byChoice = itemSimilarity(trained.selection, undefined)?.();
  }

  /** Products that are chosen most, the most chosen first. */
  get mostChosen(): readonly string[] {
    const { popular } = this.trained.selection;
    return Array.from(popular, (item) => this.#products[item]!).filter((id) => id !== noProduct);
  }

  /** Knows from here on what the catalogue knows now. */
  follow(view: CatalogueView): void {
    this.#of(view);
  }

  similarity(view: CatalogueView): Similarity | undefined {
    const { likeness } = this.#of(view);
    return likeness.tells ? likeness.similarity : this.#byChoice;
  }

  /** Prices and availability of the items at a place. */
  offers(view: CatalogueView, place: string): PlaceOffers {
    const { offers } = this.#of(view);
    let known = offers.get(place);
    if (!known) {
      const { length } = this.#products;
      known = { allowed: new Uint8Array(length), prices: new Float64Array(length) };
      for (let item = 0; item < length; item++) this.#offer(view, item, place, known);
      offers.set(place, known);
    }
    return known;
  }

  #of(view: CatalogueView): Made {
    const changes = this.#made?.view === view ? view.changesAfter(this.#made.changes) : undefined;
    if (!this.#made || !changes) {
      for (const id of view.products.keys()) this.#take(id, view);
      const described = this.#products.map((id) => view.products.get(id));
      this.#made = {
        ...{ view, likeness: new ItemLikeness(described), offers: new Map() },
        changes: view.changesAfter(Infinity)!.count,
      };
      return this.#made;
    }
    for (const id of new Set(changes.products)) {
      this.#take(id, view);
      const item = this.#itemOf.get(id);
      if (item === undefined) continue;
      this.#made.likeness.describe(item, view.products.get(id));
      for (const [place, known] of this.#made.offers) this.#offer(view, item, place, known);
    }
    this.#made.changes = changes.count;
    return this.#made;
  }

  /** A product that came after the training takes a row that waits, and is described to models and signals. */
  #take(id: string, view: CatalogueView): void {
    const product = view.products.get(id);
    if (!product || this.#itemOf.has(id) || this.#spare === this.#products.length) return;
    if (view.codes.productOf(id) !== id) return;
    const item = this.#spare++;
    this.#products[item] = id;
    this.#itemOf.set(id, item);
    const attributes = attributeNames(product).flatMap((name) => this.#attributeOf.get(name) ?? []);
    this.trained.selection.describe(item, Int32Array.from(attributes));
  }

  #offer(view: CatalogueView, item: number, place: string, { allowed, prices }: PlaceOffers): void {
    const { record } = this.trained;
    const id = this.#products[item]!;
    const { available, priceMinor, currency } = view.offer(id, place);
    allowed[item] = Number(available && id !== noProduct);
    prices[item] = currency === record.currency && priceMinor !== undefined ? priceMinor : Number.NaN;
  }
}
