/**
 * What an open shop gives the process that holds it: answers one at a time and many at once, by its own thread and by two
 * workers; the longest time that an import, a training and a generation's loading hold the event loop, what a change of
 * stock costs the next request, memory, and the time from opening to the first answer.
 *
 * Each size is made in one process and answers in another, so that their memories are their own.
 *
 * node bench/serve-in-process.ts [--sizes S,M,L] [--seconds 10] [--json] [--save]
 */
import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../src/core/random.ts';
import { openShop, type Shop } from '../src/index.ts';
import { benchFlags, print } from './peers/comparison.ts';
import { sizesOf, storeSizes, whyNoStores, writeStore } from './peers/stores.ts';

const workers = 2;

const flags = benchFlags({
  sizes: { type: 'string', default: 'S,M' },
  seconds: { type: 'string', default: '10' },
  /** For the processes that this one starts. */
  part: { type: 'string' },
  folder: { type: 'string' },
});

type Figures = Record<string, number>;
const parts: Readonly<Record<string, (folder: string, size: string) => Promise<Figures>>> = {
  make,
  workers: answerByWorkers,
  alone: answerAlone,
};

const missing = whyNoStores();
if (flags.part !== undefined && flags.folder !== undefined)
  console.log(JSON.stringify(await parts[flags.part]!(flags.folder, flags.sizes)));
else if (missing) console.error(`serve-in-process: ${missing}`);
else {
  const figures: Figures = {};
  for (const size of sizesOf(flags.sizes)) {
    const folder = mkdtempSync(join(tmpdir(), 'serve-'));
    try {
      for (const part of Object.keys(parts)) {
        const given = ['--part', part, '--folder', folder, '--sizes', size, '--seconds', flags.seconds];
        const options: SpawnSyncOptionsWithStringEncoding = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };
        const done = spawnSync(process.execPath, [import.meta.filename, ...given], options);
        if (done.status !== 0) throw new Error(`serve-in-process: ${size} ended with ${done.status}.`);
        for (const [name, value] of Object.entries(JSON.parse(done.stdout) as Figures))
          figures[`${size} ${name}`] = value;
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  print({ name: 'serve-in-process', figures, peers: {}, ratios: {} }, flags);
}

/** Shoppers come by Zipf's law. */
function shoppers(size: string): () => string {
  const { people } = storeSizes[size]!;
  const random = new Random(1);
  return () => `u${Math.floor(people ** random.uniform() - 1)}`;
}

async function make(folder: string, size: string): Promise<Figures> {
  const figures: Figures = {};
  const file = join(folder, 'events.csv');
  writeStore(storeSizes[size]!, file);
  await using shop = await openShop(join(folder, 'shop'));
  await timed(figures, 'import seconds', () => held(figures, 'importing', () => shop.importFile(file)));
  rmSync(file);
  await timed(figures, 'train seconds', () => held(figures, 'training', () => shop.train()));
  figures['train peak MB'] = process.resourceUsage().maxRSS / 1024;
  return figures;
}

async function answerByWorkers(folder: string, size: string): Promise<Figures> {
  const figures: Figures = {};
  const user = shoppers(size);
  await using shop = await openShop(join(folder, 'shop'), { workers });
  // Threads load the generation and their code becomes fast.
  await together({}, shop, user, 'warming up');
  await together(figures, shop, user, `${workers} workers, 64 in flight`);
  await held(figures, `${workers} workers answer`, () =>
    atRate(figures, shop, user, `${workers} workers, 500 a second`),
  );
  figures[`resident MB, ${workers} workers`] = process.memoryUsage().rss / 2 ** 20;
  return figures;
}

async function answerAlone(folder: string, size: string): Promise<Figures> {
  const figures: Figures = {};
  const { products } = storeSizes[size]!;
  const user = shoppers(size);
  const started = performance.now();
  await using shop = await openShop(join(folder, 'shop'));
  await held(figures, 'a generation is loaded', () => shop.recommend({ user: user() }));
  figures['opening to first answer ms'] = performance.now() - started;
  await together({}, shop, user, 'warming up');
  const alone: number[] = [];
  let candidates = 0;
  for (let n = 0; n < 1000; n++) {
    const at = performance.now();
    candidates += (await shop.recommend({ user: user() })).candidates / 1000;
    alone.push(performance.now() - at);
  }
  figures['candidates'] = candidates;
  quantiles(figures, 'one at a time', alone);
  await together(figures, shop, user, '64 in flight');
  figures['resident MB'] = process.memoryUsage().rss / 2 ** 20;
  await stockChanges(figures, shop, user, products);
  return figures;
}

/** What a change of stock costs the next request, with so many products in the catalogue. */
async function stockChanges(figures: Figures, shop: Shop, user: () => string, products: number): Promise<void> {
  const product = (n: number) => ({
    ...{ productId: `p${n}`, title: `Product ${n}`, categories: [], attributes: {}, images: [] },
    variants: [{ variantId: `p${n}-1`, options: {} }],
  });
  for (let n = 0; n < products; n += 5_000)
    await shop.putProducts(Array.from({ length: Math.min(5_000, products - n) }, (_, i) => product(n + i)));
  await shop.recommend({ user: user() });
  const [changed, unchanged]: [number[], number[]] = [[], []];
  for (let n = 0; n < 100; n++) {
    const asked = { user: user() };
    for (const times of [unchanged, changed]) {
      if (times === changed)
        await shop.putFacts([
          { fact: 'stock', variantId: `p${n}-1`, place: '', from: Date.now() - 1, unitsOnHand: n % 9 },
        ]);
      const at = performance.now();
      await shop.recommend(asked);
      times.push(performance.now() - at);
    }
  }
  // The same shopper is asked for twice: what is left is the change.
  const more = changed.map((time, n) => time - unchanged[n]!).sort((a, b) => a - b);
  figures['a stock change costs the next request ms'] = more[50]!;
}

/** Answers one after another by 64 callers at once. */
async function together(figures: Record<string, number>, shop: Shop, user: () => string, name: string): Promise<void> {
  const times: number[] = [];
  const end = performance.now() + Number(flags.seconds) * 1000;
  const ask = async (): Promise<void> => {
    while (performance.now() < end) {
      const at = performance.now();
      await shop.recommend({ user: user() });
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: 64 }, ask));
  figures[`answers a second, ${name}`] = times.length / Number(flags.seconds);
  quantiles(figures, name, times);
}

/** Requests that come at their own rate, whether or not the ones before are answered. */
async function atRate(figures: Record<string, number>, shop: Shop, user: () => string, name: string): Promise<void> {
  const times: number[] = [];
  const started = performance.now();
  const count = 500 * Math.min(4, Number(flags.seconds));
  await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const due = started + 2 * n;
      await sleep(Math.max(0, due - performance.now()));
      await shop.recommend({ user: user() });
      times.push(performance.now() - due);
    }),
  );
  quantiles(figures, name, times);
}

/** Longest time that the work holds the event loop. */
async function held<T>(figures: Record<string, number>, name: string, work: () => Promise<T>): Promise<T> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  try {
    return await work();
  } finally {
    delay.disable();
    figures[`longest hold while ${name} ms`] = delay.max / 1e6;
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
