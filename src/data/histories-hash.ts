/** Histories as bytes of a hash: equal histories, equal bytes. */
import type { Hash } from 'node:crypto';
import type { Histories } from './histories.ts';

export function addHistories(hash: Hash, histories: Histories): void {
  hash.update(`${histories.itemCount} ${histories.ordered}`);
  for (const column of ['offsets', 'items', 'times', 'weights', 'sessions', 'kinds'] as const) {
    const array = histories[column];
    hash.update(`${column} ${array?.length ?? 'absent'}`);
    if (array) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
}
