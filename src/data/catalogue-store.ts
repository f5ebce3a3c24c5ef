/** The port of a shop's catalogue: products with their variants, and facts of price, stock and promotion, each from its time on. */
import type { FormerDescription, Product, TimedFact } from './catalogue.ts';
import type { Refused } from './door.ts';

/** The fate of one row of a batch. */
export type PutResult = 'stored' | Refused;

/** Milliseconds since 1970: from `since` on, before `until`. */
export interface FactSpan {
  readonly since?: number;
  readonly until?: number;
  /** Of these variants alone. */
  readonly variantIds?: readonly string[];
}

/** Ids of what is other than it was. */
export interface CatalogueChanges {
  /** The version that it is as of. */
  readonly version: number;
  /** Products that were put, or are gone. */
  readonly products: readonly string[];
  /** Variants with other facts. */
  readonly variants: readonly string[];
}

export interface CatalogueStore {
  /** One answer per row, in order, as of all that write: what does not pass the door is refused by itself. */
  putProducts(products: readonly Product[]): Promise<PutResult[]>;
  putFacts(facts: readonly TimedFact[]): Promise<PutResult[]>;
  product(productId: string): Promise<Product | undefined>;
  /** In the order of their ids. @param after - those whose ids come after this one */
  products(after?: string): AsyncIterable<Product>;
  /** Descriptions that gave way to others, of one product the oldest first; at most `formerDescriptionsKept` of each. */
  formerDescriptions(): AsyncIterable<FormerDescription>;
  /** A number that grows with every change of products or facts, by whichever process. */
  catalogueVersion(): Promise<number>;
  /** What changed since a version; undefined where all may have. */
  catalogueChanges(since: number): Promise<CatalogueChanges | undefined>;
  /** The newest fact of each kind, variant and place that holds at `time`. */
  factsAt(time: number): Promise<TimedFact[]>;
  /** Facts that hold at some time of a span, by default of all time; of one kind, variant and place the oldest first. */
  facts(span?: FactSpan): AsyncIterable<TimedFact>;
}
