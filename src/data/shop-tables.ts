/** The tables that `ShopStore.writeTables` makes of profiles and catalogue, the same for every store. */
import type { Analytics } from './analytics.ts';
import type { Product } from './catalogue.ts';

/** `profiles (person, name, value)`: one row an attribute. */
export async function appendProfileTable(
  analytics: Analytics,
  profiles: readonly { readonly person: number; readonly attributes: Readonly<Record<string, string>> }[],
): Promise<void> {
  const person: number[] = [];
  const name: string[] = [];
  const value: string[] = [];
  for (const profile of profiles)
    for (const [key, text] of Object.entries(profile.attributes)) {
      person.push(profile.person);
      name.push(key);
      value.push(text);
    }
  await analytics.append('profiles', [
    { name: 'person', type: 'BIGINT', values: person },
    { name: 'name', type: 'VARCHAR', values: name },
    { name: 'value', type: 'VARCHAR', values: value },
  ]);
}

/** `products (product_id, title, brand)` and `product_categories (product_id, category)`, a path joined by ` > `. */
export async function appendCatalogueTables(analytics: Analytics, products: readonly Product[]): Promise<void> {
  await analytics.append('products', [
    { name: 'product_id', type: 'VARCHAR', values: products.map(({ productId }) => productId) },
    { name: 'title', type: 'VARCHAR', values: products.map(({ title }) => title) },
    { name: 'brand', type: 'VARCHAR', values: products.map(({ brand }) => brand ?? null) },
  ]);
  const pairs = products.flatMap(({ productId, categories }) =>
    categories.map((path) => [productId, path.join(' > ')] as const),
  );
  await analytics.append('product_categories', [
    { name: 'product_id', type: 'VARCHAR', values: pairs.map(([productId]) => productId) },
    { name: 'category', type: 'VARCHAR', values: pairs.map(([, category]) => category) },
  ]);
}
