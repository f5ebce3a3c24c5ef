/** Categories, brand and attributes that products share, as ids for signals, diversity and evaluation. */
import type { Product } from '../data/catalogue.ts';

/** Names of what a product shares with others: every step of its category paths, its brand, its attributes. */
function attributeNames({ categories, brand, attributes }: Product): string[] {
  const names = new Set<string>();
  for (const path of categories)
    for (let depth = 1; depth <= path.length; depth++) names.add(`category ${path.slice(0, depth).join(' > ')}`);
  if (brand !== undefined) names.add(`brand ${brand}`);
  for (const [name, value] of Object.entries(attributes)) names.add(`${name} ${value}`);
  return [...names];
}

/**
 * Attribute ids of each item; undefined where the catalogue knows nothing that two items share.
 *
 * @param products - ids by item index
 */
export function attributesOf(
  products: readonly string[],
  catalogue: ReadonlyMap<string, Product>,
): Int32Array[] | undefined {
  const known = products.map((id) => catalogue.get(id));
  const codes = attributeCodes(known.map((product) => (product ? attributeNames(product) : [])));
  return codes.some((some) => some.length > 0) ? codes : undefined;
}

/** Names as numbers; those of a single item say nothing of others and are left out. */
function attributeCodes(names: readonly (readonly string[])[]): Int32Array[] {
  const counts = new Map<string, number>();
  for (const some of names) for (const name of some) counts.set(name, (counts.get(name) ?? 0) + 1);
  const codes = new Map<string, number>();
  for (const [name, count] of counts) if (count > 1) codes.set(name, codes.size);
  return names.map((some) => Int32Array.from(some.flatMap((name) => codes.get(name) ?? [])));
}
