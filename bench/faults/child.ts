/** A process that works on a shop until it is killed: node fault-child.ts FOLDER record|seal|import|train [ARGUMENT]. */

import { openStoreOf } from '../../src/adapters/open-store.ts';
import { openShop } from '../../src/index.ts';

const [folder, work, argument = ''] = process.argv.slice(2) as [string, string, string?];
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

if (work === 'seal') {
  const store = await openStoreOf({ folder, create: false, memoryLimitBytes: 2 ** 28 });
  say('ready');
  await store.seal(Number(argument));
  await store.close();
} else {
  const shop = await openShop(folder, { threads: 1 });
  say('ready');
  if (work === 'import') await shop.importFile(argument);
  else if (work === 'train')
    await shop.train({ models: ['item-knn', 'popularity'], seed: Number(argument), force: true });
  else {
    // Four callers; an id is said once it was acknowledged.
    const caller = async (name: number): Promise<never> => {
      for (let n = 0; ; n++) {
        const events = Array.from({ length: 20 }, (_, i) => ({
          ...{ eventId: `${argument}-${name}-${n}-${i}`, kind: 'view_item' as const, time: Date.now() - 1000 * n },
          ...{ userId: `u${(n * 7 + i) % 97}`, productId: `p${i}` },
        }));
        await shop.record(events);
        say(events.map(({ eventId }) => eventId).join(' '));
      }
    };
    await Promise.all([0, 1, 2, 3].map(caller));
  }
  await shop.close();
}
say('done');
