/** A process that works on a shop until it is done or killed: node store-child.ts FOLDER append|import|hold [EVENTS]. */
import { openDuckdb } from '../../src/adapters/duckdb/analytics.ts';
import { openStore } from '../../src/adapters/sqlite/shop-store.ts';
import type { Analytics } from '../../src/data/analytics.ts';
import type { ShopEvent } from '../../src/data/events.ts';
import { reportOf, stage } from '../fakes/staged-import.ts';

const [folder, mode, count = '0'] = process.argv.slice(2);
const openAnalytics = (): Promise<Analytics> =>
  mode === 'hold' ? new Promise<never>(() => {}) : openDuckdb({ threads: 1 });
const store = await openStore(folder!, { create: true, openAnalytics });

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (mode === 'append') {
  const batch = 20;
  say('ready');
  // Four callers at once; a line is written only after the batch was acknowledged.
  const caller = async (name: number): Promise<void> => {
    for (let n = 0; ; n++) {
      const events = Array.from(
        { length: batch },
        (_, i): ShopEvent => ({
          eventId: `${process.pid}/${name}/${n}/${i}`,
          kind: 'view_item',
          time: n,
          userId: `u${i}`,
        }),
      );
      await store.appendEvents(events);
      say(`${process.pid}/${name}/${n}`);
    }
  };
  await Promise.all([0, 1, 2, 3].map(caller));
} else if (mode === 'import') {
  const analytics = await openDuckdb({ threads: 1 });
  const events = Array.from(
    { length: Number(count) },
    (_, i): ShopEvent => ({
      eventId: `e${i}`,
      kind: 'purchase',
      time: i,
      userId: `u${i % 5000}`,
      visitorId: `v${i % 7000}`,
    }),
  );
  await stage(analytics, events);
  await analytics.execute(
    `CREATE TABLE aside AS SELECT 'bots' AS step, 'a.csv' AS file, i AS line, 'fast' AS reason, '{}' AS "row" FROM range(1000) r(i)`,
  );
  say('ready');
  await store.commitImport({
    report: reportOf('i1'),
    products: Array.from({ length: 2000 }, (_, i) => ({
      productId: `p${i}`,
      title: 'x',
      categories: [],
      attributes: {},
      images: [],
      variants: [{ variantId: `p${i}`, options: {} }],
    })),
    users: [{ userId: 'u1', attributes: { city: 'York' } }],
    facts: [{ fact: 'stock', variantId: 'p1', place: '', from: 1, unitsOnHand: 1 }],
    events: { analytics, table: 'staged' },
    quarantine: { analytics, table: 'aside' },
  });
  say('done');
  await store.close();
  await analytics.close();
} else {
  // A sealing that never ends.
  setTimeout(() => say('ready'), 200);
  setInterval(() => {}, 1000);
  await store.seal(Number.MAX_SAFE_INTEGER);
}
