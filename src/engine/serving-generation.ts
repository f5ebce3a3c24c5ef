/** A trained generation as it serves: what depends on the catalogue is made once and then follows its changes. */
import { itemSimilarity } from '../selection/compose/item-similarity.ts';
import type { Similarity } from '../selection/compose/mmr.ts';
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
  #made: Made | undefined;
  /** By who chose both, where the catalogue tells nothing. */
  readonly #byChoice: Similarity | undefined;

  constructor(number: number, trained: TrainedGeneration) {
    this.number = number;
    this.trained = trained;
    this.#byChoice = itemSimilarity(trained.selection, undefined)?.();
  }

  /** Products that are chosen most, the most chosen first. */
  get mostChosen(): readonly string[] {
    const { selection, index } = this.trained;
    return Array.from(selection.popular, (item) => index.products[item]!);
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
      const { length } = this.trained.index.products;
      known = { allowed: new Uint8Array(length), prices: new Float64Array(length) };
      for (let item = 0; item < length; item++) this.#offer(view, item, place, known);
      offers.set(place, known);
    }
    return known;
  }

  #of(view: CatalogueView): Made {
    const { index } = this.trained;
    const changes = this.#made?.view === view ? view.changesAfter(this.#made.changes) : undefined;
    if (!this.#made || !changes) {
      const described = index.products.map((id) => view.products.get(id));
      this.#made = {
        ...{ view, likeness: new ItemLikeness(described), offers: new Map() },
        changes: view.changesAfter(Infinity)!.count,
      };
      return this.#made;
    }
    for (const id of new Set(changes.products)) {
      const item = index.itemOf.get(id);
      if (item === undefined) continue;
      this.#made.likeness.describe(item, view.products.get(id));
      for (const [place, known] of this.#made.offers) this.#offer(view, item, place, known);
    }
    this.#made.changes = changes.count;
    return this.#made;
  }

  #offer(view: CatalogueView, item: number, place: string, { allowed, prices }: PlaceOffers): void {
    const { index, record } = this.trained;
    const { available, priceMinor, currency } = view.offer(index.products[item]!, place);
    allowed[item] = Number(available);
    prices[item] = currency === record.currency && priceMinor !== undefined ? priceMinor : Number.NaN;
  }
}
