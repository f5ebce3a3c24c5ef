/** The products of a shop in words, for what judges them once more. */
import type { Product } from '../data/catalogue.ts';
import type { CatalogueStore } from '../data/catalogue-store.ts';
import type { Query } from '../data/histories.ts';
import { noProduct } from '../data/shop-histories.ts';
import { candidateWords, touchedWords } from '../selection/rerank/product-words.ts';
import type { ItemWords } from '../selection/rerank/rerank-set.ts';

export interface WordsSource {
  readonly store: Pick<CatalogueStore, 'product'>;
  /** Product ids by item index. */
  readonly products: readonly string[];
  /** At the moment of a query; NaN where unknown. */
  readonly priceOf?: ((item: number, query: Query) => number) | undefined;
  readonly currency?: string | undefined;
}

export function itemWords({ store, products, priceOf, currency }: WordsSource): ItemWords {
  const wordsOf = (items: readonly number[], say: (product: Product, item: number) => string): Promise<string[]> =>
    Promise.all(
      items.map(async (item) => {
        const id = products[item] ?? noProduct;
        const product = await store.product(id);
        return product ? say(product, item) : id;
      }),
    );
  return {
    candidates: (items, query) =>
      wordsOf(items, (product, item) => candidateWords(product, priceOf?.(item, query), currency)),
    touched: (items) => wordsOf(items, touchedWords),
  };
}
