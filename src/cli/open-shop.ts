/** Opens a shop for a command, and tells what opening found out of place. */
import { type OpenShopOptions, openShop, type Shop } from '../index.ts';
import type { Output } from './output.ts';

export async function openShopFor(output: Output, folder: string, options: OpenShopOptions = {}): Promise<Shop> {
  const shop = await openShop(folder, { create: false, ...options });
  for (const note of (await shop.status()).notes) output.note(`Note: ${note}`);
  return shop;
}
