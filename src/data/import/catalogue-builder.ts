/**
 * Unites what several rows say of a product: the first text wins where it is not empty, sets are joined. Products that
 * turn out to be variants of others, by a parent's list of them or by another id, become those; ids of attributes and
 * categories get their names.
 */
import type { Product, Variant } from '../catalogue.ts';
import type { NamedId, OtherId, ProductDraft } from './kinds/kind.ts';

interface Building {
  /** True until a catalogue's own row names the product: then only events did. */
  fromEvents: boolean;
  title: string;
  description: string;
  brand: string;
  language: string;
  hidden: boolean;
  createdTime: number | undefined;
  categories: Map<string, readonly string[]>;
  readonly attributes: Record<string, string>;
  readonly images: Set<string>;
  readonly variants: Map<string, { options: Record<string, string>; gtin: string }>;
}

export class CatalogueBuilder {
  readonly #products = new Map<string, Building>();
  readonly #otherIds = new Map<string, OtherId>();
  /** Variant to its product and options, as the product lists it. */
  readonly #variations = new Map<string, { productId: string; options: Readonly<Record<string, string>> }>();
  readonly #names = new Map<string, Map<string, NamedId>>();
  #owners: Map<string, string> | undefined;

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
    if (draft.replacesCategories) building.categories = new Map();
    for (const path of draft.categories ?? []) building.categories.set(path.join('\u0000'), path);
    Object.assign(building.attributes, draft.attributes);
    for (const image of draft.images ?? []) if (image.trim() !== '') building.images.add(image.trim());
    if (draft.variantId === undefined) return;
    const variant = building.variants.get(draft.variantId) ?? { options: {}, gtin: '' };
    Object.assign(variant.options, draft.options);
    variant.gtin ||= draft.gtin ?? '';
    building.variants.set(draft.variantId, variant);
  }

  addOtherId(other: OtherId): void {
    if (!this.#otherIds.has(other.id)) this.#otherIds.set(other.id, other);
  }

  addVariation(productId: string, variantId: string, options: Readonly<Record<string, string>>): void {
    this.#variations.set(variantId, { productId, options });
  }

  addName(named: NamedId): void {
    const names = this.#names.get(named.attribute) ?? new Map<string, NamedId>();
    names.set(named.id, { ...names.get(named.id), ...named });
    this.#names.set(named.attribute, names);
  }

  /** Once all rows were read: variants join their products, ids get their names. */
  unite(): void {
    for (const [variantId, { productId, options }] of this.#variations)
      if (productId !== variantId) this.#join(variantId, productId, options);
    for (const [id, other] of this.#otherIds) if (this.#products.has(id)) this.#join(id, other.productId, {});
    if (this.#names.size === 0) return;
    const categories = this.#names.get('category');
    for (const building of this.#products.values()) {
      for (const [attribute, names] of this.#names) {
        const value = building.attributes[attribute];
        const name = value === undefined ? '' : (names.get(value)?.name ?? '');
        if (name !== '') building.attributes[attribute] = name;
      }
      if (categories)
        building.categories = new Map(
          [...building.categories.values()].map((path) => {
            const whole = path.length === 1 ? pathTo(path[0]!, categories) : path;
            return [whole.join('\u0000'), whole];
          }),
        );
    }
  }

  /** The variants of one product become those of another, which keeps its own description. */
  #join(from: string, to: string, options: Readonly<Record<string, string>>): void {
    const [child, parent] = [this.#products.get(from), this.#products.get(to)];
    if (!child || !parent || child === parent) return;
    for (const [variantId, variant] of child.variants) {
      const known = parent.variants.get(variantId) ?? { options: {}, gtin: '' };
      Object.assign(known.options, variant.options, variantId === from ? options : {});
      known.gtin ||= variant.gtin;
      parent.variants.set(variantId, known);
    }
    for (const image of child.images) parent.images.add(image);
    this.#products.delete(from);
  }

  /** True for a product that a catalogue's row names; asked once all rows were read. */
  has(productId: string): boolean {
    return this.#products.get(productId)?.fromEvents === false;
  }

  /** What events said of a product that turned out to be another. */
  dropSeen(productId: string): void {
    if (this.#products.get(productId)?.fromEvents) this.#products.delete(productId);
  }

  /** Titles by product, where catalogue rows name them. */
  *titles(): Generator<readonly [productId: string, title: string]> {
    for (const [productId, { title, fromEvents }] of this.#products) if (!fromEvents) yield [productId, title];
  }

  /** The product of a variant that a catalogue's row names; asked once all rows were read. */
  ownerOf(variantId: string): string | undefined {
    if (!this.#owners) {
      this.#owners = new Map();
      for (const [productId, { variants, fromEvents }] of this.#products)
        if (!fromEvents)
          for (const variant of variants.keys()) if (variant !== productId) this.#owners.set(variant, productId);
    }
    return this.#owners.get(variantId);
  }

  otherId(id: string): OtherId | undefined {
    return this.#otherIds.get(id);
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

/** From the root of a tree of ids to one of them. */
function pathTo(id: string, names: ReadonlyMap<string, NamedId>): string[] {
  const path: string[] = [];
  const seen = new Set<string>();
  for (let at = id; at !== '' && !seen.has(at); at = names.get(at)?.parent ?? '') {
    seen.add(at);
    path.unshift(names.get(at)?.name || at);
  }
  return path;
}
