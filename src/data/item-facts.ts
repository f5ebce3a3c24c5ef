/** What is known of the items beside behaviour; every part is optional. */
import type { ItemAttributes } from './item-attributes.ts';
import type { ItemReviews } from './item-reviews.ts';

export interface ItemFacts {
  /** Ids of categories, brand and attributes of each item, today and before. */
  readonly attributes?: ItemAttributes;
  /** Price at the end of the histories, in the smallest unit of one currency, NaN where unknown; shape `[itemCount]`. */
  readonly priceMinor?: Float64Array;
  /** What reviews said until the end of the histories. */
  readonly reviews?: ItemReviews;
}
