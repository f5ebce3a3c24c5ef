/**
 * The port behind a shop's data: four small ports, and what concerns them all. Every adapter passes
 * test/contract/shop-store.ts.
 */
import type { Analytics } from './analytics.ts';
import type { CatalogueStore } from './catalogue-store.ts';
import type { EventFilter, EventStore } from './event-store.ts';
import type { ImportLog, ImportReport } from './import-log.ts';
import type { PersonStore } from './person-store.ts';

export interface StoreStatus {
  readonly schemaVersion: number;
  readonly products: number;
  readonly variants: number;
  readonly people: number;
  readonly liveEvents: number;
  readonly sealedEvents: number;
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
  readonly segments: readonly string[];
  /** What opening found out of place and moved to `lost/`, in sentences. */
  readonly notes: readonly string[];
  readonly imports: readonly ImportReport[];
}

/** The right to train, held until `end`. */
export interface TrainingRight {
  /** By which it can be lent to another thread, which holds it as long as this one does. */
  readonly token: string;
  /** Runs `work`, which may not wait, where the right is still held. @throws ShelfwiseError `SW_SHOP_BUSY` where it was lost */
  publish<T>(work: () => T): T;
  end(): void;
}

export interface ShopStore extends EventStore, CatalogueStore, PersonStore, ImportLog {
  /**
   * Makes the shop visible to SQL in an empty `analytics`: the events (of a person) as `events` with the columns of
   * `storedEventColumns`, joined visitors under their customers' keys; `profiles (person, name, value)`,
   * `products (product_id, title, brand, price_minor, currency)` with the prices that hold at `until`,
   * `product_categories (product_id, category)`. Valid until the next write.
   */
  writeTables(analytics: Analytics, filter?: EventFilter): Promise<void>;
  /**
   * One training at a time, over all processes.
   *
   * @param lent - token of a right that another store of this shop holds
   * @throws ShelfwiseError `SW_SHOP_BUSY` naming the process that trains
   */
  beginTraining(lent?: string): Promise<TrainingRight>;
  status(): Promise<StoreStatus>;
  close(): Promise<void>;
}
