/** Unites what several rows say of a product: the first text wins where it is not empty, sets are joined. */
import type { Product, Variant } from '../catalogue.ts';
import type { ProductDraft } from './kinds/kind.ts';

interface Building {
  /** True until a catalogue's own row names the product: then only events did. */
  fromEvents: boolean;
  title: string;
  description: string;
  brand: string;
  language: string;
  hidden: boolean;
  createdTime: number | undefined;
  readonly categories: Map<string, readonly string[]>;
  readonly attributes: Record<string, string>;
  readonly images: Set<string>;
  readonly variants: Map<string, { options: Record<string, string>; gtin: string }>;
}

export class CatalogueBuilder {
  readonly #products = new Map<string, Building>();

  /** @param fromEvents - the row is of an event that names its product */
  add(draft: ProductDraft, fromEvents: boolean): void {
    let building = this.#products.get(draft.productId);
    if (!building) {
      building = {
        fromEvents: true,
        title: '',
        description: '',
        brand: '',
        language: '',
        hidden: false,
        createdTime: undefined,
        categories: new Map(),
        attributes: {},
        images: new Set(),
        variants: new Map(),
      };
      this.#products.set(draft.productId, building);
    }
    building.fromEvents &&= fromEvents;
    building.title ||= draft.title ?? '';
    building.description ||= draft.description ?? '';
    building.brand ||= draft.brand ?? '';
    building.language ||= draft.language ?? '';
    building.hidden ||= draft.hidden ?? false;
    building.createdTime ??= draft.createdTime;
    for (const path of draft.categories ?? []) building.categories.set(path.join('\u0000'), path);
    Object.assign(building.attributes, draft.attributes);
    for (const image of draft.images ?? []) if (image.trim() !== '') building.images.add(image.trim());
    if (draft.variantId === undefined) return;
    const variant = building.variants.get(draft.variantId) ?? { options: {}, gtin: '' };
    Object.assign(variant.options, draft.options);
    variant.gtin ||= draft.gtin ?? '';
    building.variants.set(draft.variantId, variant);
  }

  /** Descriptions by product, where there are any; `set` writes them back. */
  descriptions(): { productId: string; description: string; set(text: string): void }[] {
    const found: { productId: string; description: string; set(text: string): void }[] = [];
    for (const [productId, building] of this.#products) {
      if (building.description === '') continue;
      const set = (text: string): void => {
        building.description = text;
      };
      found.push({ productId, description: building.description, set });
    }
    return found;
  }

  /**
   * @param titles - titles seen in events, for products that no catalogue row names
   * @param known - products that the shop has: what events say of them does not replace them
   */
  *products(titles: ReadonlyMap<string, string>, known: ReadonlySet<string>): Generator<Product> {
    for (const [productId, building] of this.#products) {
      if (building.fromEvents && known.has(productId)) continue;
      const { title, description, brand, language, hidden, createdTime, categories, attributes, images } = building;
      const variants: Variant[] = [...building.variants].map(([variantId, { options, gtin }]) => ({
        variantId,
        options,
        ...(gtin && { gtin }),
      }));
      yield {
        productId,
        title: title || titles.get(productId) || productId,
        categories: [...categories.values()],
        attributes,
        images: [...images],
        variants: variants.length > 0 ? variants : [{ variantId: productId, options: {} }],
        ...(description && { description }),
        ...(brand && { brand }),
        ...(language && { language }),
        ...(hidden && { hidden }),
        ...(createdTime !== undefined && { createdTime }),
      };
    }
  }
}
