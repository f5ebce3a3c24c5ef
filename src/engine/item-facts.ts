/** What the catalogue knows of each item, as the numbers that signals, diversity and evaluation read. */
import { everywhere, type Product } from '../data/catalogue.ts';
import type { ItemFacts } from '../selection/signals/signal.ts';
import type { CatalogueView } from './catalogue-view.ts';

/** Names of what a product shares with others: every step of its category paths, its brand, its attributes. */
export function attributeNames({ categories, brand, attributes }: Product): string[] {
  const names = new Set<string>();
  for (const path of categories)
    for (let depth = 1; depth <= path.length; depth++) names.add(`category ${path.slice(0, depth).join(' > ')}`);
  if (brand !== undefined) names.add(`brand ${brand}`);
  for (const [name, value] of Object.entries(attributes)) names.add(`${name} ${value}`);
  return [...names];
}

/** @param products - product ids by item index */
export function itemFacts(view: CatalogueView, products: readonly string[]): ItemFacts {
  const attributes = attributeCodes(
    products.map((productId) => {
      const product = view.products.get(productId);
      return product ? attributeNames(product) : [];
    }),
  );
  const offers = products.map((productId) => view.offer(productId, everywhere));
  const currency = commonest(offers.map((offer) => offer.currency));
  const priceMinor = Float64Array.from(offers, (offer) =>
    offer.currency === currency && offer.priceMinor !== undefined ? offer.priceMinor : Number.NaN,
  );
  return {
    ...(attributes.some((codes) => codes.length > 0) && { attributes }),
    ...(priceMinor.some((price) => price > 0) && { priceMinor }),
  };
}

/** Names as numbers; those of a single item say nothing of others and are left out. */
export function attributeCodes(names: readonly (readonly string[])[]): Int32Array[] {
  const counts = new Map<string, number>();
  for (const some of names) for (const name of some) counts.set(name, (counts.get(name) ?? 0) + 1);
  const codes = new Map<string, number>();
  for (const [name, count] of counts) if (count > 1) codes.set(name, codes.size);
  return names.map((some) => Int32Array.from(some.flatMap((name) => codes.get(name) ?? [])));
}

function commonest(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0];
}
