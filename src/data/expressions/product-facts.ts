/** What an expression may ask of a product: its description, and the offer that would be shown now. */
import { minorDigits } from '../../core/money.ts';
import type { Description } from '../catalogue.ts';

export interface ProductFacts extends Description {
  readonly productId: string;
  readonly title: string;
  readonly language?: string;
  /** Milliseconds since 1970. */
  readonly createdTime?: number;
  /** Of the variant that is offered. */
  readonly priceMinor?: number;
  readonly currency?: string;
  readonly available: boolean;
}

export type FieldType = 'text' | 'number' | 'time' | 'yes-no';

/** Values of a product's field; none where it lacks it, several where it has several. */
export interface Field {
  readonly type: FieldType;
  readonly about: string;
  valuesOf(facts: ProductFacts): readonly (string | number | boolean)[];
}

const some = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);

const digits = new Map<string, number>();
function digitsOf(currency: string): number {
  let known = digits.get(currency);
  if (known === undefined) {
    known = minorDigits(currency);
    digits.set(currency, known);
  }
  return known;
}

/** Fields by name; `attributes.NAME` stands for any attribute. */
export const fields: Readonly<Record<string, Field>> = {
  productId: { type: 'text', about: 'the id', valuesOf: ({ productId }) => [productId] },
  title: { type: 'text', about: 'the title', valuesOf: ({ title }) => [title] },
  brand: { type: 'text', about: 'the brand', valuesOf: ({ brand }) => some(brand) },
  category: {
    type: 'text',
    about: 'each step of each path, and each path from its root, as `Home > Kitchen`',
    valuesOf: ({ categories }) =>
      categories.flatMap((path) => [...path, ...path.slice(1).map((_, n) => path.slice(0, n + 2).join(' > '))]),
  },
  language: { type: 'text', about: 'language of the texts, as `zh`', valuesOf: ({ language }) => some(language) },
  price: {
    type: 'number',
    about: 'price of the offer in the currency’s main unit, as 19.99',
    valuesOf: ({ priceMinor, currency = '' }) => some(priceMinor && priceMinor / 10 ** digitsOf(currency)),
  },
  priceMinor: {
    type: 'number',
    about: 'the same in its smallest unit',
    valuesOf: ({ priceMinor }) => some(priceMinor),
  },
  currency: { type: 'text', about: 'currency of the offer, as `EUR`', valuesOf: ({ currency }) => some(currency) },
  available: { type: 'yes-no', about: 'whether it can be bought now', valuesOf: ({ available }) => [available] },
  created: {
    type: 'time',
    about: 'when it came into the catalogue, as `"2026-01-31"`',
    valuesOf: ({ createdTime }) => some(createdTime),
  },
};

export function attributeField(name: string): Field {
  return {
    type: 'text',
    about: `the attribute ${name}`,
    valuesOf: ({ attributes }) => (Object.hasOwn(attributes, name) ? [attributes[name]!] : []),
  };
}
