/** The shelf at the moment of a query: the items that may not be shown, and the prices of the others. */
import type { Query } from '../data/histories.ts';
import type { Exclusions } from '../models/shelf.ts';

export interface Offering extends Exclusions {
  /** Price of an item at that moment, in the smallest unit of the shop's main currency; NaN where unknown. */
  readonly priceOf?: (item: number) => number;
}

/** The offering of a query's own moment, past or present; its arrays may be overwritten by the next call. */
export type OfferingOf = (query: Query) => Offering;

export const offersAll: OfferingOf = () => ({});
