/** Opens the store of a shop's folder with the engines that it needs; alike in every thread. */
import { join } from 'node:path';
import { whyNotWritable } from '../core/folders.ts';
import { ownTag } from '../core/scratch.ts';
import type { Analytics } from '../data/analytics.ts';
import type { ShopStore } from '../data/shop-store.ts';
import { deferredStore } from './deferred-store.ts';
import { openDuckdb } from './duckdb/analytics.ts';
import { isShop, openStore } from './sqlite/shop-store.ts';

export interface StoreOfFolder {
  readonly folder: string;
  /** Makes the shop where there is none: at once, or `on-write`, when something is first stored. */
  readonly create: boolean | 'on-write';
  /** Most memory of the analytics engine while it reads sealed events, in bytes. */
  readonly memoryLimitBytes: number;
}

/** @throws ShelfwiseError `SW_SHOP_NOT_FOUND` (with `create: false`), `SW_SHOP_CORRUPT`, `SW_SHOP_NEWER` */
export async function openStoreOf({ folder, create, memoryLimitBytes }: StoreOfFolder): Promise<ShopStore> {
  const spillFolder = join(folder, 'imports', `spill-${ownTag}`);
  // A shop that may only be read has no place to spill to.
  const openAnalytics = (): Promise<Analytics> =>
    openDuckdb({ memoryLimitBytes, ...(whyNotWritable(folder) === undefined && { spillFolder }) });
  const openIn = (made: boolean): Promise<ShopStore> => openStore(folder, { create: made, openAnalytics });
  return create === 'on-write' && !isShop(folder)
    ? deferredStore(async (made) => (made || isShop(folder) ? openIn(made) : undefined))
    : openIn(create !== false);
}
