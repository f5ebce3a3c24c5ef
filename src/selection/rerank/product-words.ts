/** A product in words, as rerankers read it. */
import { formatMoney } from '../../core/money.ts';
import type { Product } from '../../data/catalogue.ts';

/** Characters of a description that are told. */
const told = 240;

/** @param priceMinor - NaN where unknown */
export function candidateWords(product: Product, priceMinor: number = Number.NaN, currency?: string): string {
  const { brand, categories, attributes, description } = product;
  const kinds = categories.map((path) => path.join(' > '));
  const facts = Object.entries(attributes).map(([name, value]) => `${name}: ${value}`);
  const price = priceMinor >= 0 && currency !== undefined ? [formatMoney(priceMinor, currency)] : [];
  const said = description === undefined ? [] : [[...description].slice(0, told).join('')];
  return [touchedWords(product), ...(brand === undefined ? [] : [brand]), ...kinds, ...facts, ...price, ...said].join(
    ' | ',
  );
}

/** Its name; of one that has none, what it is. */
export function touchedWords({ productId, title, categories }: Product): string {
  if (title !== productId) return title;
  return categories[0]?.join(' > ') ?? title;
}
