/** A store's events and files for the faults, made from numbers alone. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Random } from '../../src/core/random.ts';
import type { ShopEvent } from '../../src/index.ts';

export const day = 86_400_000;
/** Base models that train fast. */
export const models: readonly string[] = ['item-knn', 'popularity'];

/** What every part of the comparison gets. */
export interface FaultRun {
  /** Folder for all that it makes. */
  readonly root: string;
  readonly random: Random;
  readonly figures: Record<string, number>;
}

export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(70)}`);
}

export function eventsOf(count: number, name = 'e'): ShopEvent[] {
  const end = Date.now();
  return Array.from(
    { length: count },
    (_, n): ShopEvent => ({
      ...{ eventId: `${name}${n}`, kind: n % 3 === 0 ? 'purchase' : 'view_item', time: end - (count - n) * 60_000 },
      ...{ userId: `u${n % 97}`, productId: `p${(n * 7) % 41}`, sessionId: `s${n >> 3}`, priceMinor: 100 + (n % 900) },
    }),
  );
}

export async function writeOrders(path: string, rows: number, name: string): Promise<void> {
  const file = createWriteStream(path);
  file.write('order_id,user_id,product_id,title,time,quantity,price\n');
  const end = Date.now() - day;
  for (let from = 0; from < rows; from += 10_000) {
    let text = '';
    for (let n = from; n < Math.min(rows, from + 10_000); n++) {
      const time = new Date(end - (n % 31_536_000) * 1000).toISOString();
      // A product has one price, which changes at the middle of the file.
      const product = (n * 31) % Math.max(50, rows / 100);
      const price = n % 50 === 0 ? '0' : `${1 + (product % 90)}.${n * 2 < rows ? '50' : '75'}`;
      text += `${name}${n},${name}u${(n * 7919) % (rows / 10)},${name}p${product},Thing ${n % 97},${time},1,${price}\n`;
    }
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}
