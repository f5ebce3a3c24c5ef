/** Categories, brand and attributes that products share, as ids for signals, diversity and evaluation. */
import type { Description, FormerDescription } from '../data/catalogue.ts';
import { ItemAttributes } from '../data/item-attributes.ts';

/** Names of what a product shares with others: every step of its category paths, its brand, its attributes. */
export function attributeNames({ categories, brand, attributes }: Description): string[] {
  const names = new Set<string>();
  for (const path of categories)
    for (let depth = 1; depth <= path.length; depth++) names.add(`category ${path.slice(0, depth).join(' > ')}`);
  if (brand !== undefined) names.add(`brand ${brand}`);
  for (const [name, value] of Object.entries(attributes)) names.add(`${name} ${value}`);
  return [...names];
}

/**
 * Attribute ids of each item, now and before; undefined where the catalogue knows nothing that two items share.
 *
 * @param products - ids by item index
 * @param former - earlier descriptions, where past moments matter
 */
export function attributesOf(
  products: readonly string[],
  catalogue: ReadonlyMap<string, Description>,
  former: readonly FormerDescription[] = [],
): ItemAttributes | undefined {
  const itemOf = new Map(products.map((id, item) => [id, item]));
  const before = completed(former, catalogue).filter(({ productId }) => itemOf.has(productId));
  const today = products.map((id) => catalogue.get(id));
  const rows = [...today, ...before].map((described) => (described ? attributeNames(described) : []));
  const itemOfRow = [...products.keys(), ...before.map(({ productId }) => itemOf.get(productId)!)];
  const { codes, names } = attributeCodes(rows, itemOfRow);
  if (!codes.some((some) => some.length > 0)) return undefined;
  return ItemAttributes.of(
    codes.slice(0, products.length),
    before.map(({ productId, until }, n) => ({
      item: itemOf.get(productId)!,
      until,
      ids: codes[products.length + n]!,
    })),
    names,
  );
}

/**
 * What a description did not say yet holds as it was first said later: a merchant who adds a brand tells of the past too,
 * one who changes it does not.
 *
 * @param former - of one product the oldest first
 */
function completed(
  former: readonly FormerDescription[],
  catalogue: ReadonlyMap<string, Description>,
): readonly FormerDescription[] {
  const next = new Map<string, Description>();
  return [...former].reverse().map((one) => {
    const later = next.get(one.productId) ?? catalogue.get(one.productId);
    const brand = one.brand ?? later?.brand;
    const complete: FormerDescription = {
      ...one,
      categories: one.categories.length > 0 ? one.categories : (later?.categories ?? []),
      attributes: { ...later?.attributes, ...one.attributes },
      ...(brand !== undefined && { brand }),
    };
    next.set(one.productId, complete);
    return complete;
  });
}

/** Names as numbers; those of a single item say nothing of others and are left out. */
function attributeCodes(
  names: readonly (readonly string[])[],
  itemOfRow: readonly number[],
): { codes: Int32Array[]; names: string[] } {
  const firstItem = new Map<string, number>();
  const shared = new Set<string>();
  for (const [row, some] of names.entries()) {
    for (const name of some) {
      const first = firstItem.get(name);
      if (first === undefined) firstItem.set(name, itemOfRow[row]!);
      else if (first !== itemOfRow[row]) shared.add(name);
    }
  }
  const codes = new Map<string, number>();
  for (const name of firstItem.keys()) if (shared.has(name)) codes.set(name, codes.size);
  return {
    codes: names.map((some) => Int32Array.from(some.flatMap((name) => codes.get(name) ?? []))),
    names: [...codes.keys()],
  };
}
