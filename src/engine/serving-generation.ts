/** A trained generation as it serves: what depends on the catalogue is made once and then follows its changes. */

import { inTurns } from '../core/in-turns.ts';
import type { Expression } from '../data/expressions/expression.ts';
import type { ProductFacts } from '../data/expressions/product-facts.ts';
import { type ItemIndex, noProduct } from '../data/shop-histories.ts';
import { itemSimilarity } from '../selection/compose/item-similarity.ts';
import type { Similarity } from '../selection/compose/mmr.ts';
import { attributeNames } from './attributes.ts';
import type { CatalogueView } from './catalogue-view.ts';
import { retryMs, type ServingContent } from './content.ts';
import type { LoadedGeneration } from './generation.ts';
import { ItemLikeness } from './item-likeness.ts';
import { ProductFilter } from './product-filter.ts';

interface Offers {
  /** 1 for the items that can be bought; shape `[itemCount]`. */
  readonly allowed: Uint8Array;
  /** In the currency that taught the choice, NaN where unknown; shape `[itemCount]`. */
  readonly prices: Float64Array;
}

interface PlaceOffers extends Offers {
  /** Resolves when each item has been looked at. */
  readonly whole: Promise<void>;
}

/** What was made of a catalogue, and how many of its changes are in it. */
interface Made {
  changes: number;
  readonly likeness: ItemLikeness;
  /** Of places that were asked for lately, the latest last. */
  readonly offers: Map<string, PlaceOffers>;
  /** By place and condition, the latest last. */
  readonly filters: Map<string, ProductFilter>;
}

/** Places whose offers are kept; those of another are made again when they are asked for. */
const keptPlaces = 64;
/** Texts that are read before others have their turn. */
const readAtOnce = 64;
/** Conditions whose answers are kept. */
const keptFilters = 64;

export class ServingGeneration {
  readonly number: number;
  readonly trained: LoadedGeneration;
  /** The index of the training; products that came after it take the rows that wait for them. */
  readonly index: ItemIndex;
  readonly #attributeOf: ReadonlyMap<string, number>;
  /** The next row that waits for a product. */
  #spare: number;
  readonly #made = new WeakMap<CatalogueView, Made>();
  readonly #making = new WeakMap<CatalogueView, Promise<void>>();
  /** By who chose both, where the catalogue tells nothing. */
  readonly #byChoice: Similarity | undefined;
  readonly #content: ServingContent | undefined;
  /** Products whose texts are to be read. */
  readonly #unread = new Set<string>();
  #isReading = false;
  #retry: NodeJS.Timeout | undefined;

  /** @param content - reads texts of products that come or change, and what shoppers type */
  constructor(number: number, trained: LoadedGeneration, content?: ServingContent) {
    this.number = number;
    this.#content = content;
    this.trained = trained;
    this.index = trained.index;
    this.#attributeOf = new Map(trained.attributeNames.map((name, id) => [name, id]));
    this.#spare = trained.index.itemOf.size;
    this.#byChoice = itemSimilarity(trained.selection, undefined)?.();
  }

  /** Products that are chosen most, the most chosen first. */
  get mostChosen(): readonly string[] {
    const { popular } = this.trained.selection;
    return Array.from(popular, (item) => this.index.products[item]!).filter((id) => id !== noProduct);
  }

  /**
   * Knows what the catalogue knows now. What that takes at first lets others have their turn.
   *
   * @param before - the generation that answers so far: offers are made at once for the places that it was asked for
   */
  async ready(view: CatalogueView, before?: ServingGeneration): Promise<void> {
    const made = this.#made.get(view);
    if (made && this.#follow(made, view)) return;
    let making = this.#making.get(view);
    if (!making) {
      making = this.#make(view).finally(() => this.#making.delete(view));
      this.#making.set(view, making);
    }
    await making;
    for (const place of before?.placesOf(view) ?? []) await this.offers(view, place);
  }

  /** What a shopper typed, as the models read it; undefined where nothing reads texts, or it says nothing. */
  question(text: string): Promise<Float32Array | undefined> {
    return this.#content?.question(text) ?? Promise.resolve(undefined);
  }

  /** Why texts are not read now; undefined where they are, or need not be. */
  get unreadable(): string | undefined {
    return this.#content?.failure;
  }

  /** Places whose offers are kept, those asked for longest ago first. */
  placesOf(view: CatalogueView): readonly string[] {
    return [...(this.#made.get(view)?.offers.keys() ?? [])];
  }

  /** Of a catalogue that is {@link ready}. */
  similarity(view: CatalogueView): Similarity | undefined {
    const { likeness } = this.#of(view);
    return likeness.tells ? likeness.similarity : this.#byChoice;
  }

  /** Prices and availability of the items at a place, as they are now and as they change. Of one that is {@link ready}. */
  async offers(view: CatalogueView, place: string): Promise<PlaceOffers> {
    const { offers } = this.#of(view);
    let known = offers.get(place);
    if (!known) {
      const { length } = this.index.products;
      const made = { allowed: new Uint8Array(length), prices: new Float64Array(length) };
      // Known from the first on, so that it follows what changes while it is made.
      known = { ...made, whole: inTurns(length, (item) => this.#offer(view, item, place, made)) };
    }
    offers.delete(place);
    offers.set(place, known);
    for (const oldest of offers.keys()) if (offers.size > keptPlaces) offers.delete(oldest);
    await known.whole;
    return known;
  }

  /** A condition that has been read, asked of the items of a catalogue that is {@link ready}. */
  filter(view: CatalogueView, place: string, expression: Expression): ProductFilter {
    const { filters } = this.#of(view);
    const key = JSON.stringify([place, expression.text]);
    const { products } = this.index;
    const factsOf = (item: number): ProductFacts => view.facts(products[item]!, place);
    const known = filters.get(key) ?? new ProductFilter(expression, products.length, factsOf);
    filters.delete(key);
    filters.set(key, known);
    for (const oldest of filters.keys()) if (filters.size > keptFilters) filters.delete(oldest);
    return known;
  }

  async #make(view: CatalogueView): Promise<void> {
    const { count } = view.changesAfter(Infinity)!;
    const ids = [...view.products.keys()];
    await inTurns(ids.length, (n) => this.#take(ids[n]!, view));
    const { products } = this.index;
    const made: Made = {
      changes: count,
      likeness: new ItemLikeness(products.length),
      offers: new Map(),
      filters: new Map(),
    };
    await inTurns(products.length, (item) => made.likeness.describe(item, view.products.get(products[item]!)));
    this.#follow(made, view);
    this.#made.set(view, made);
    for (const id of (await this.#content?.changed()) ?? []) this.#read(id);
  }

  /** @returns false where more has changed than is told: it is to be made anew, and holds as it is until then */
  #follow(made: Made, view: CatalogueView): boolean {
    const changes = view.changesAfter(made.changes);
    if (!changes) return false;
    for (const id of new Set(changes.products)) {
      this.#take(id, view);
      const item = this.index.itemOf.get(id);
      if (item === undefined) continue;
      this.#read(id);
      made.likeness.describe(item, view.products.get(id));
      for (const [place, known] of made.offers) this.#offer(view, item, place, known);
      for (const filter of made.filters.values()) filter.forget(item);
    }
    made.changes = changes.count;
    return true;
  }

  #of(view: CatalogueView): Made {
    const made = this.#made.get(view);
    if (!made) throw new TypeError('expected a catalogue that is ready');
    this.#follow(made, view);
    return made;
  }

  /** A product that came after the training takes a row that waits, and is described to models and signals. */
  #take(id: string, view: CatalogueView): void {
    const { products, itemOf } = this.trained.index;
    const product = view.products.get(id);
    if (!product || itemOf.has(id) || this.#spare === products.length) return;
    if (view.codes.productOf(id) !== id) return;
    const item = this.#spare++;
    products[item] = id;
    itemOf.set(id, item);
    const attributes = attributeNames(product).flatMap((name) => this.#attributeOf.get(name) ?? []);
    this.trained.selection.describe(item, Int32Array.from(attributes));
    this.#read(id);
  }

  /** Its texts are read soon, together with those of others. */
  #read(id: string): void {
    if (!this.#content) return;
    this.#unread.add(id);
    this.#readSoon(this.#content);
  }

  #readSoon(content: ServingContent): void {
    if (this.#isReading || this.#unread.size === 0) return;
    this.#isReading = true;
    void this.#readAll(content).then((isDone) => {
      this.#isReading = false;
      // Nothing is forgotten: what could not be read waits for its next time.
      if (isDone) this.#readSoon(content);
      else this.#retry ??= setTimeout(() => this.#readAgain(content), retryMs).unref();
    });
  }

  #readAgain(content: ServingContent): void {
    this.#retry = undefined;
    this.#readSoon(content);
  }

  /** @returns false where the encoder fails */
  async #readAll(content: ServingContent): Promise<boolean> {
    while (this.#unread.size > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const some = [...this.#unread].slice(0, readAtOnce);
      // One that changes meanwhile is read once more.
      for (const id of some) this.#unread.delete(id);
      const read = await content.vectorsOf(some);
      if (!read) {
        for (const id of some) this.#unread.add(id);
        return false;
      }
      for (const [id, vector] of read) {
        const item = this.index.itemOf.get(id);
        if (item !== undefined) this.trained.selection.locate(item, vector);
      }
    }
    return true;
  }

  #offer(view: CatalogueView, item: number, place: string, { allowed, prices }: Offers): void {
    const { record } = this.trained;
    const id = this.index.products[item]!;
    const { available, priceMinor, currency } = view.offer(id, place);
    allowed[item] = Number(available && id !== noProduct);
    prices[item] = currency === record.currency && priceMinor !== undefined ? priceMinor : Number.NaN;
  }
}
