/**
 * Which product an event is of. The id that an event names is looked up among the products, then among their variants
 * (SKU), of this import's catalogue and of the shop's; no event moves a variant away from its product.
 */
import type { Analytics } from '../analytics.ts';
import type { ShopStore } from '../shop-store.ts';
import type { Staging } from './staging.ts';

/** What the shop's catalogue knows. */
export interface KnownProducts {
  readonly products: ReadonlySet<string>;
  /** Variant to its product, where the two are called differently or a product has several. */
  readonly owners: ReadonlyMap<string, string>;
  /** Title to the only product that is called so. */
  readonly titles: ReadonlyMap<string, string>;
}

export async function knownProducts(store: ShopStore): Promise<KnownProducts> {
  const products = new Set<string>();
  const owners = new Map<string, string>();
  const titles = new Map<string, string>();
  const bare: string[] = [];
  if ((await store.status()).products === 0) return { products, owners, titles };
  for await (const { productId, title, variants } of store.products()) {
    products.add(productId);
    if (variants.length === 0) bare.push(productId);
    addTitle(titles, title, productId);
    for (const { variantId } of variants) if (variantId !== productId) owners.set(variantId, productId);
  }
  // Codes that events had named, until a catalogue said that they are variants of others.
  for (const id of bare) if (owners.has(id)) products.delete(id);
  for (const [title, productId] of titles) if (productId === '') titles.delete(title);
  return { products, owners, titles };
}

/** A title of two products names none. */
function addTitle(titles: Map<string, string>, title: string, productId: string): void {
  if (title !== '' && title !== productId) titles.set(title, titles.has(title) ? '' : productId);
}

/** @returns notes for the report */
export async function resolveProducts(analytics: Analytics, staging: Staging, known: KnownProducts): Promise<string[]> {
  if (staging.events === 0 || !staging.fields.has('productId')) return [];
  const { catalogue, dictionaries } = staging;
  const { productId: products, variantId: variants } = dictionaries;
  const withVariants = staging.fields.has('variantId');
  const seen = await analytics.columns(
    withVariants
      ? 'SELECT DISTINCT product, variant FROM staged WHERE product >= 0'
      : 'SELECT DISTINCT product, -1 AS variant FROM staged WHERE product >= 0',
  );
  const isProduct = (id: string): boolean => catalogue.has(id) || known.products.has(id);
  const ownerOf = (id: string): string | undefined => catalogue.ownerOf(id) ?? known.owners.get(id);
  const titles = new Map<string, string>();
  for (const [productId, title] of catalogue.titles()) addTitle(titles, title, productId);
  const titled = (title: string): string | undefined => titles.get(title) || known.titles.get(title);
  const [productCodes, variantCodes] = [seen['product'] as Float64Array, seen['variant'] as Float64Array];
  const several = sharedVariants(productCodes, variantCodes);

  const moved: { product: number; variant: number; toProduct: string; toVariant: string }[] = [];
  let asVariants = 0;
  let split = 0;
  for (const [i, product] of productCodes.entries()) {
    const variant = variantCodes[i]!;
    const from = { product: products.texts[product]!, variant: variant < 0 ? '' : variants.texts[variant]! };
    const to = resolve(from, isProduct, ownerOf, (id) => catalogue.otherId(id), titled);
    if (to.product !== from.product) {
      asVariants++;
      catalogue.dropSeen(from.product);
    }
    if (to.variant !== '' && to.variant !== to.product && several.has(variant) && ownerOf(to.variant) === undefined) {
      to.variant = `${to.product}/${to.variant}`;
      split++;
    }
    if (to.product !== from.product || to.variant !== from.variant)
      moved.push({ product, variant, toProduct: to.product, toVariant: to.variant });
  }
  if (moved.length > 0) await move(analytics, staging, moved);
  const notes: string[] = [];
  if (asVariants > 0)
    notes.push(
      `${asVariants.toLocaleString('en')} ids of events are codes of variants, other ids or titles of products in the catalogue: their events count for those`,
    );
  if (split > 0)
    notes.push(
      `variants that stand with several products are kept apart (${split.toLocaleString('en')}), as PRODUCT/VARIANT`,
    );
  return notes;
}

function resolve(
  { product, variant }: { readonly product: string; readonly variant: string },
  isProduct: (id: string) => boolean,
  ownerOf: (id: string) => string | undefined,
  otherId: (id: string) => { readonly productId: string; readonly variantId?: string } | undefined,
  titled: (title: string) => string | undefined,
): { product: string; variant: string } {
  const byVariant = variant === '' ? undefined : (otherId(variant)?.variantId ?? variant);
  const owner = byVariant === undefined ? undefined : ownerOf(byVariant);
  if (isProduct(product)) {
    // A variant of another product says nothing of this one.
    const foreign = owner !== undefined && owner !== product;
    return { product, variant: foreign ? '' : (byVariant ?? '') };
  }
  if (owner !== undefined) return { product: owner, variant: byVariant! };
  // A product whose code the event has as its variant: a simple product's own.
  if (byVariant !== undefined && isProduct(byVariant)) return { product: byVariant, variant: byVariant };
  const other = otherId(product);
  if (other) return { product: other.productId, variant: other.variantId ?? byVariant ?? '' };
  const own = ownerOf(product);
  if (own !== undefined) return { product: own, variant: product };
  // A line without a code is called by its product's title.
  const called = titled(product);
  if (called !== undefined) return { product: called, variant: '' };
  return { product, variant };
}

/** Codes of variants that stand with more than one product. */
function sharedVariants(products: Float64Array, variants: Float64Array): ReadonlySet<number> {
  const first = new Map<number, number>();
  const shared = new Set<number>();
  for (const [i, variant] of variants.entries()) {
    if (variant < 0) continue;
    const product = first.get(variant);
    if (product === undefined) first.set(variant, products[i]!);
    else if (product !== products[i]) shared.add(variant);
  }
  return shared;
}

async function move(
  analytics: Analytics,
  staging: Staging,
  moved: readonly { product: number; variant: number; toProduct: string; toVariant: string }[],
): Promise<void> {
  const { productId, variantId } = staging.dictionaries;
  const before = { products: productId.texts.length, variants: variantId.texts.length };
  const column = (name: string, values: number[]) =>
    ({ name, type: 'INTEGER', values: Int32Array.from(values) }) as const;
  await analytics.append('moved', [
    column(
      'product',
      moved.map((one) => one.product),
    ),
    column(
      'variant',
      moved.map((one) => one.variant),
    ),
    column(
      'to_product',
      moved.map((one) => productId.code(one.toProduct)),
    ),
    column(
      'to_variant',
      moved.map((one) => variantId.code(one.toVariant)),
    ),
  ]);
  const from = staging.fields.has('variantId') ? 's.variant' : '-1';
  const variant = staging.fields.has('variantId') ? ', coalesce(m.to_variant, s.variant) AS variant' : '';
  await analytics.execute(
    `CREATE TABLE staged_moved AS SELECT s.* REPLACE (coalesce(m.to_product, s.product) AS product${variant})
     FROM staged s LEFT JOIN moved m ON m.product = s.product AND m.variant = ${from}`,
  );
  await analytics.execute('DROP TABLE staged');
  await analytics.execute('ALTER TABLE staged_moved RENAME TO staged');
  await productId.writeFrom(analytics, 'product_names', before.products);
  await variantId.writeFrom(analytics, 'variant_names', before.variants);
}
