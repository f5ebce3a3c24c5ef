/** A trained generation as it serves; what depends on the catalogue alone is kept from one request to the next. */
import { itemSimilarity } from '../selection/compose/item-similarity.ts';
import type { Similarity } from '../selection/compose/mmr.ts';
import { attributesOf } from './attributes.ts';
import type { CatalogueView } from './catalogue-view.ts';
import type { TrainedGeneration } from './generation.ts';

interface PlaceOffers {
  /** 1 for the items that can be bought; shape `[itemCount]`. */
  readonly allowed: Uint8Array;
  /** In the currency that taught the choice, NaN where unknown; shape `[itemCount]`. */
  readonly prices: Float64Array;
}

export class ServingGeneration {
  readonly number: number;
  readonly trained: TrainedGeneration;
  #view: CatalogueView | undefined;
  #similarity: Similarity | undefined;
  readonly #offers = new Map<string, PlaceOffers>();

  constructor(number: number, trained: TrainedGeneration) {
    this.number = number;
    this.trained = trained;
  }

  /** Products that are chosen most, the most chosen first. */
  get mostChosen(): readonly string[] {
    const { selection, index } = this.trained;
    return Array.from(selection.popular, (item) => index.products[item]!);
  }

  similarity(view: CatalogueView): Similarity | undefined {
    this.#renew(view);
    return this.#similarity;
  }

  /** Prices and availability of the items at a place. */
  offers(view: CatalogueView, place: string): PlaceOffers {
    this.#renew(view);
    const known = this.#offers.get(place);
    if (known) return known;
    const { index, record } = this.trained;
    const offers = index.products.map((id) => view.offer(id, place));
    const made = {
      allowed: Uint8Array.from(offers, ({ available }) => Number(available)),
      prices: Float64Array.from(offers, ({ priceMinor, currency }) =>
        currency === record.currency && priceMinor !== undefined ? priceMinor : Number.NaN,
      ),
    };
    this.#offers.set(place, made);
    return made;
  }

  #renew(view: CatalogueView): void {
    if (this.#view === view) return;
    this.#view = view;
    this.#offers.clear();
    const { selection, index } = this.trained;
    this.#similarity = itemSimilarity(selection, attributesOf(index.products, view.products))?.();
  }
}
