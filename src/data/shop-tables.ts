/** The tables that `ShopStore.writeTables` makes of profiles and catalogue, the same for every store. */
import type { Analytics } from './analytics.ts';
import type { PriceFact, Product, TimedFact } from './catalogue.ts';

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

/**
 * `products (product_id, title, brand, price_minor, currency)` with the price of the cheapest variant, everywhere or at
 * its cheapest place, and `product_categories (product_id, category)`, a path joined by ` > `.
 *
 * @param facts - those that hold at the time in question
 */
export async function appendCatalogueTables(
  analytics: Analytics,
  products: readonly Product[],
  facts: readonly TimedFact[],
): Promise<void> {
  const prices = new Map<string, PriceFact>();
  for (const fact of facts) {
    if (fact.fact !== 'price') continue;
    const known = prices.get(fact.variantId);
    if (!known || fact.priceMinor < known.priceMinor) prices.set(fact.variantId, fact);
  }
  const cheapest = products.map(({ variants }) => {
    const found = variants.flatMap(({ variantId }) => prices.get(variantId) ?? []);
    return found.sort((a, b) => a.priceMinor - b.priceMinor)[0];
  });
  await analytics.append('products', [
    { name: 'product_id', type: 'VARCHAR', values: products.map(({ productId }) => productId) },
    { name: 'title', type: 'VARCHAR', values: products.map(({ title }) => title) },
    { name: 'brand', type: 'VARCHAR', values: products.map(({ brand }) => brand ?? null) },
    { name: 'price_minor', type: 'BIGINT', values: cheapest.map((fact) => fact?.priceMinor ?? null) },
    { name: 'currency', type: 'VARCHAR', values: cheapest.map((fact) => fact?.currency ?? null) },
  ]);
  const pairs = products.flatMap(({ productId, categories }) =>
    categories.map((path) => [productId, path.join(' > ')] as const),
  );
  await analytics.append('product_categories', [
    { name: 'product_id', type: 'VARCHAR', values: pairs.map(([productId]) => productId) },
    { name: 'category', type: 'VARCHAR', values: pairs.map(([, category]) => category) },
  ]);
}
