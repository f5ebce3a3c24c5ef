/** Changes of products by those who know a part of them: the rest stays as it is. */
import type { Product } from '../data/catalogue.ts';
import type { CatalogueStore, PutResult } from '../data/catalogue-store.ts';

/** What is left out stays; `null` empties what may be empty. Attributes are joined name by name. */
export type ProductChange = { readonly productId: string } & {
  readonly [Field in keyof Omit<Product, 'productId'>]?: Product[Field] | null;
};

type Store = Pick<CatalogueStore, 'product' | 'putProducts'>;

/** True for a product that was removed: its id stays, so that its events still read, and is never offered. */
export function isRemoved({ hidden, title, variants }: Product): boolean {
  return hidden === true && title === '' && variants.length === 0;
}

const removed = (productId: string): Product => ({
  ...{ productId, title: '', categories: [], attributes: {}, images: [], variants: [], hidden: true },
});

/** Takes changes one after another, so that two of one product that come at once both hold. */
export class CatalogueChanges {
  readonly #store: Store;
  #before: Promise<unknown> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
  }

  /** One answer per change; of a product that is not there, a refusal. */
  update(changes: readonly ProductChange[]): Promise<PutResult[]> {
    return this.#next(async () => {
      const answers: PutResult[] = [];
      // One after another: a batch may hold several of one product.
      for (const change of changes) {
        const known = await this.#known(change.productId);
        answers.push(known ? (await this.#store.putProducts([changed(known, change)]))[0]! : unknown(change.productId));
      }
      return answers;
    });
  }

  remove(productIds: readonly string[]): Promise<PutResult[]> {
    return this.#next(async () => {
      const answers: PutResult[] = [];
      for (const id of productIds)
        answers.push((await this.#known(id)) ? (await this.#store.putProducts([removed(id)]))[0]! : unknown(id));
      return answers;
    });
  }

  async #known(productId: unknown): Promise<Product | undefined> {
    const product = typeof productId === 'string' ? await this.#store.product(productId) : undefined;
    return product && !isRemoved(product) ? product : undefined;
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#before.then(work);
    this.#before = result.catch(() => undefined);
    return result;
  }
}

function changed(known: Product, change: ProductChange): Product {
  const whole: Record<string, unknown> = { ...known };
  for (const [field, value] of Object.entries(change))
    if (value === null) delete whole[field];
    else if (value !== undefined) whole[field] = value;
  const { attributes } = change;
  if (attributes)
    whole['attributes'] = Object.fromEntries(
      Object.entries({ ...known.attributes, ...attributes }).filter(([, value]) => (value as unknown) !== null),
    );
  return whole as unknown as Product;
}

function unknown(productId: unknown): PutResult {
  const refused = `product.productId: expected a product of the catalogue, got ${JSON.stringify(productId)}.`;
  return { refused, field: 'productId' };
}
