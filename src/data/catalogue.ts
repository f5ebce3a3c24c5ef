/**
 * The catalogue: a product (SPU) carries what describes it, its variants (SKU) carry options, and price, stock and
 * promotion are timed facts per variant and place, so that the past can be asked as well as the present.
 */
import { isDeepStrictEqual } from 'node:util';

export interface Product {
  readonly productId: string;
  readonly title: string;
  readonly description?: string;
  /** Paths from the root, e.g. `['Home', 'Kitchen', 'Mugs']`; a product may stand in several. */
  readonly categories: readonly (readonly string[])[];
  readonly brand?: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** File paths or URLs. */
  readonly images: readonly string[];
  /** BCP 47 language of the texts, where known. */
  readonly language?: string;
  readonly hidden?: boolean;
  /** Milliseconds since 1970. */
  readonly createdTime?: number;
  readonly variants: readonly Variant[];
}

/** What a product has in common with others: what signals, diversity and search by kind read of it. */
export type Description = Pick<Product, 'categories' | 'brand' | 'attributes'>;

/** How a product was described before the catalogue was told otherwise. */
export interface FormerDescription extends Description {
  readonly productId: string;
  /** When it gave way to the next description, milliseconds since 1970. */
  readonly until: number;
}

/** Former descriptions that the catalogue keeps of one product; of more, the newest. */
export const formerDescriptionsKept = 50;

/** True where a product that is described anew had another description, which past moments should still find. */
export function isDescribedAnew(before: Description, now: Description): boolean {
  const said = ({ categories, brand, attributes }: Description) => ({ categories, brand, attributes });
  return !isDeepStrictEqual(said(before), said(now));
}

export interface Variant {
  readonly variantId: string;
  readonly options: Readonly<Record<string, string>>;
  readonly gtin?: string;
}

/** The place name of a fact that holds everywhere. */
export const everywhere = '';

interface FactBase {
  readonly variantId: string;
  /** Shop, region or warehouse; `everywhere` for all. */
  readonly place: string;
  /** From when the fact holds, milliseconds since 1970; until the next fact of its kind, variant and place. */
  readonly from: number;
}

export interface PriceFact extends FactBase {
  readonly fact: 'price';
  /** Price in the currency's smallest unit (pence, 分), an integer ≥ 0. */
  readonly priceMinor: number;
  /** ISO 4217. */
  readonly currency: string;
  readonly listPriceMinor?: number;
}

export interface StockFact extends FactBase {
  readonly fact: 'stock';
  readonly unitsOnHand: number;
}

export interface PromotionFact extends FactBase {
  readonly fact: 'promotion';
  /** Empty where the promotion ends. */
  readonly promotionId: string;
  /** Share taken off the price, in [0, 1]. */
  readonly discount: number;
}

export type TimedFact = PriceFact | StockFact | PromotionFact;
