/** Processes killed at random moments while they record, seal, import and train. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openShop } from '../../src/index.ts';
import { start } from './child-process.ts';
import { day, eventsOf, type FaultRun, models, progress, writeOrders } from './store.ts';

/** Kills each kind of work at random moments of its life, on one shop that goes on. */
export async function kills({ root, random, figures }: FaultRun, count: number): Promise<void> {
  const folder = join(root, 'killed');
  const kinds = ['record', 'seal', 'import', 'train'] as const;
  const each = Math.ceil(count / kinds.length);
  const told: string[] = eventsOf(2_000).map(({ eventId }) => eventId);
  await using first = await openShop(folder);
  await first.record(eventsOf(2_000));
  await first.train({ models });
  await first.close();
  let [survived, lost, doubled, imports, half] = [0, 0, 0, 0, 0];
  const lives: Record<string, number> = { record: 900, seal: 500, import: 3_500, train: 2_000 };
  for (let round = 0; round < each; round++)
    for (const kind of kinds) {
      progress(`kills: ${kind} ${round + 1} of ${each}`);
      const name = `${kind}${round}`;
      const file = join(root, `${name}.csv`);
      if (kind === 'import') await writeOrders(file, 5_000, name);
      const argument = { record: name, seal: String(Date.now() + day), import: file, train: String(round) }[kind];
      const before = kind === 'import' ? await counted(folder) : 0;
      const running = start(folder, kind, argument);
      await running.ready;
      await sleep(random.below(lives[kind]!));
      running.kill();
      await running.ended;
      const acknowledged = running.lines.filter((line) => line.includes('-')).flatMap((line) => line.split(' '));
      told.push(...acknowledged);
      await using shop = await openShop(folder);
      const { fellBack, items } = await shop.recommend({ user: 'u1', count: 5 });
      const status = await shop.status();
      const done = status.imports.find(({ files }) => files.some(({ path }) => path === file));
      if (kind === 'import') {
        if (done) imports++;
        const stored = (await shop.countEvents()) - before;
        if (stored !== (done?.eventsKept ?? 0)) half++;
      }
      // What was promised by this round and some of all before.
      const asked = [...acknowledged, ...Array.from({ length: 2_000 }, () => told[random.below(told.length)]!)];
      const wanted = [...new Set(asked)];
      const found = await shop.countEvents({ eventIds: wanted });
      lost += Math.max(0, wanted.length - found);
      doubled += Math.max(0, found - wanted.length);
      if (fellBack.length === 0 && items.length === 5) survived++;
      if (kind === 'import') await rm(file);
    }
  await using shop = await openShop(folder);
  const total = await shop.countEvents({ eventIds: told });
  lost += Math.max(0, told.length - total);
  doubled += Math.max(0, total - told.length);
  figures['kills'] = each * kinds.length;
  figures['kills survived'] = survived;
  figures['events acknowledged'] = told.length;
  figures['events lost'] = lost;
  figures['events doubled'] = doubled;
  figures['imports whole of those killed'] = imports;
  figures['imports half'] = half;
}

async function counted(folder: string): Promise<number> {
  await using shop = await openShop(folder);
  return shop.countEvents();
}
