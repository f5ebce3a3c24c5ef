/**
 * What an open shop gives the process that holds it: answers one at a time and many at once, the longest time that a
 * training, and nothing, hold the event loop, what a change of stock costs the next request, memory, and the time from
 * opening to the first answer. Stores of any size come from the script of the scale cases; they are for speed, never for quality.
 *
 * Each size runs in a process of its own, so that its memory is its own.
 *
 * node bench/serve-in-process.ts [--sizes S,M,L] [--seconds 10] [--json] [--save]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Random } from '../src/core/random.ts';
import { openShop } from '../src/index.ts';
import { benchFlags, dataPath, print } from './peers/comparison.ts';

const sizes: Readonly<Record<string, { products: number; people: number; events: number }>> = {
  S: { products: 10_000, people: 10_000, events: 200_000 },
  M: { products: 100_000, people: 100_000, events: 2_000_000 },
  L: { products: 1_000_000, people: 200_000, events: 4_000_000 },
};

const flags = benchFlags({
  sizes: { type: 'string', default: 'S,M' },
  seconds: { type: 'string', default: '10' },
  part: { type: 'string' },
});
const script = join(dataPath('..'), 'cases/scale/make-store.mjs');

if (flags.part !== undefined) console.log(JSON.stringify(await measure(flags.part)));
else if (!existsSync(script)) console.error(`serve-in-process: skipped, because ${script} is not there.`);
else {
  const figures: Record<string, number> = {};
  for (const size of flags.sizes.split(',')) {
    if (!sizes[size])
      throw new Error(`serve-in-process: expected sizes of ${Object.keys(sizes).join(', ')}, got "${size}".`);
    const given = [import.meta.filename, '--part', size, '--seconds', flags.seconds];
    const done = spawnSync(process.execPath, given, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    if (done.status !== 0) throw new Error(`serve-in-process: ${size} ended with ${done.status}.`);
    for (const [name, value] of Object.entries(JSON.parse(done.stdout) as Record<string, number>))
      figures[`${size} ${name}`] = value;
  }
  print({ name: 'serve-in-process', figures, peers: {}, ratios: {} }, flags);
}

async function measure(size: string): Promise<Record<string, number>> {
  const { products, people, events } = sizes[size]!;
  const folder = mkdtempSync(join(tmpdir(), 'serve-'));
  try {
    const file = join(folder, 'events.csv');
    execFileSync(process.execPath, [script, ...[products, people, events].map(String), file]);
    const figures: Record<string, number> = {};
    {
      await using shop = await openShop(join(folder, 'shop'));
      await timed(figures, 'import seconds', () => shop.importFile(file));
      rmSync(file);
      const held = monitorEventLoopDelay({ resolution: 1 });
      held.enable();
      await timed(figures, 'train seconds', () => shop.train());
      held.disable();
      figures['longest hold while training ms'] = held.max / 1e6;
      figures['train peak MB'] = process.resourceUsage().maxRSS / 1024;
    }
    const started = performance.now();
    await using shop = await openShop(join(folder, 'shop'));
    const random = new Random(1);
    // Shoppers come by Zipf's law.
    const user = (): string => `u${Math.floor(people ** random.uniform() - 1)}`;
    await shop.recommend({ user: user() });
    figures['opening to first answer ms'] = performance.now() - started;
    for (let n = 0; n < 50; n++) await shop.recommend({ user: user() });
    const alone: number[] = [];
    let candidates = 0;
    for (let n = 0; n < 500; n++) {
      const at = performance.now();
      candidates += (await shop.recommend({ user: user() })).candidates / 500;
      alone.push(performance.now() - at);
    }
    figures['candidates'] = candidates;
    quantiles(figures, 'one at a time', alone);
    const together: number[] = [];
    const end = performance.now() + Number(flags.seconds) * 1000;
    const ask = async (): Promise<void> => {
      while (performance.now() < end) {
        const at = performance.now();
        await shop.recommend({ user: user() });
        together.push(performance.now() - at);
      }
    };
    await Promise.all(Array.from({ length: 64 }, ask));
    figures['answers a second, 64 in flight'] = together.length / Number(flags.seconds);
    quantiles(figures, '64 in flight', together);
    const changed: number[] = [];
    for (let n = 0; n < 5; n++) {
      const fact = { fact: 'stock', variantId: `p${n}`, place: '', from: Date.now() - 1, unitsOnHand: 9 } as const;
      await shop.putFacts([fact]);
      const at = performance.now();
      await shop.recommend({ user: user() });
      changed.push(performance.now() - at);
    }
    quantiles(figures, 'after a stock change', changed);
    figures['resident MB'] = process.memoryUsage().rss / 2 ** 20;
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timed(figures: Record<string, number>, name: string, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now();
  await work();
  figures[name] = (performance.now() - started) / 1000;
}

function quantiles(figures: Record<string, number>, name: string, times: number[]): void {
  times.sort((a, b) => a - b);
  figures[`${name} p50 ms`] = times[Math.floor(times.length / 2)]!;
  figures[`${name} p99 ms`] = times[Math.floor(times.length * 0.99)]!;
}
