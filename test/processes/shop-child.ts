/** A process that opens a shop as whoever runs it, tries everything, and prints what came: node shop-child.ts FOLDER FILE. */
import { openShop, ShelfwiseError } from '../../src/index.ts';

const [folder, file] = process.argv.slice(2) as [string, string];
const tell = (error: unknown): string => (error instanceof ShelfwiseError ? error.code : `raw: ${error}`);
const tried = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', tell);

const shop = await openShop(folder, { create: false });
const { notes, liveEvents, sealedEvents } = await shop.status();
const slate = await shop.recommend({ user: 'u1', count: 3 });
const report = {
  notes,
  events: liveEvents + sealedEvents,
  read: await shop.countEvents(),
  slate: slate.items.map(({ productId }) => productId),
  generation: slate.generation,
  measured: await tried(shop.evaluate({ model: 'popularity', cacheFolder: false })),
  record: await tried(
    shop.record([{ eventId: 'x', kind: 'view_item', time: Date.UTC(2024, 1, 1), userId: 'x', productId: 'p1' }]),
  ),
  import: await tried(shop.importFile(file)),
  train: await tried(shop.train({ force: true })),
  forget: await tried(shop.forget('u1')),
};
await shop.close();
process.stdout.write(JSON.stringify(report));
