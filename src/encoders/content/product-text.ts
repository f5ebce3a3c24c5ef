/** What the catalogue says of a product, as texts: what it is called, of which kind it is, how it is described. */
import type { Product } from '../../data/catalogue.ts';

export interface ProductTexts {
  readonly title: string;
  /** Brand, category paths and attributes. */
  readonly kind: string;
  readonly description: string;
}

/** A title that is only the product's id says nothing. */
export function productTexts({ productId, title, brand, categories, attributes, description }: Product): ProductTexts {
  const said = Object.entries(attributes).map(([name, value]) => `${name}: ${value}`);
  return {
    title: title === productId ? '' : title,
    kind: [brand ?? '', ...categories.map((path) => path.join(' > ')), ...said]
      .filter((part) => part !== '')
      .join('\n'),
    description: description ?? '',
  };
}

/** All of it, what matters most first: models of language read a bounded number of words. */
export function wholeText({ title, kind, description }: ProductTexts): string {
  return [title, kind, description].filter((part) => part !== '').join('\n');
}
