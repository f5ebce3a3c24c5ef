/** How long a record() waits beside the import of a large file by another process. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openShop } from '../../src/index.ts';
import { start } from './child-process.ts';
import { eventsOf, type FaultRun, progress, writeOrders } from './store.ts';

/** One process records an event every 20 ms, another imports. */
export async function waiting({ root, figures }: FaultRun, rows: number): Promise<void> {
  const folder = join(root, 'waiting');
  const file = join(root, 'large.csv');
  progress(`waiting: writing ${rows} rows`);
  await writeOrders(file, rows, 'w');
  const shop = await openShop(folder);
  await shop.record(eventsOf(1_000));
  const waits = async (until: Promise<unknown>): Promise<number[]> => {
    const taken: number[] = [];
    let over = false;
    void until.then(() => {
      over = true;
    });
    while (!over) {
      const [event] = eventsOf(1, `${taken.length}-${performance.now()}-`);
      const before = performance.now();
      await shop.record([event!]);
      taken.push(performance.now() - before);
      await sleep(20);
    }
    return taken.sort((a, b) => a - b);
  };
  progress('waiting: alone');
  const alone = await waits(sleep(10_000));
  progress(`waiting: beside the import of ${rows} rows`);
  const started = performance.now();
  const running = start(folder, 'import', file);
  const beside = await waits(running.ended);
  if (!running.lines.includes('done')) throw new Error('faults: the import beside which was recorded failed');
  figures['import rows'] = rows;
  figures['import seconds'] = (performance.now() - started) / 1000;
  for (const [name, taken] of [
    ['alone', alone],
    ['beside the import', beside],
  ] as const) {
    figures[`record() ${name} median ms`] = taken[taken.length >> 1]!;
    figures[`record() ${name} p99 ms`] = taken[Math.floor(taken.length * 0.99)]!;
    figures[`record() ${name} longest ms`] = taken.at(-1)!;
  }
  await shop.close();
}
