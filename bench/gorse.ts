/**
 * Slates a second over HTTP beside Gorse, on the same store and shoppers: Gorse answers from lists that it made before, Shelfwise
 * chooses anew with all it has.
 *
 * node bench/gorse.ts [--size S] [--seconds 10] [--connections 16] [--workers 2] [--json] [--save]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openShop } from '../src/index.ts';
import { benchFlags, median, print } from './peers/comparison.ts';
import { gorseProgram, startGorse } from './peers/gorse.ts';
import { loadOn, serveShop, stopServing, zipf } from './peers/served-shop.ts';
import { storeSizes, whyNoStores, writeStore } from './peers/stores.ts';

const flags = benchFlags({
  size: { type: 'string', default: 'S' },
  seconds: { type: 'string', default: '10' },
  connections: { type: 'string', default: '16' },
  workers: { type: 'string', default: '2' },
});
const { people } = storeSizes[flags.size]!;
const load = { connections: Number(flags.connections), seconds: Number(flags.seconds) };
const rounds = 3;

const missing = whyNoStores();
if (missing) console.error(`gorse: ${missing}`);
else await measure();

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gorse-'));
  const next = zipf(people);
  const user = (): string => `u${next()}`;
  const ours: Record<string, number[]> = {};
  const theirs: Record<string, number[]> = {};
  const built = await gorseProgram();
  try {
    const file = join(folder, 'events.csv');
    writeStore(storeSizes[flags.size]!, file);
    {
      await using shop = await openShop(join(folder, 'shop'));
      await shop.importFile(file);
      await shop.train();
    }
    const gorse =
      'program' in built ? await startGorse(built.program, join(folder, 'gorse'), file, ['u0', 'u1', 'u2']) : undefined;
    const server = await serveShop(join(folder, 'shop'), Number(flags.workers));
    const round = async (kept: boolean): Promise<void> => {
      const own = await loadOn(server.address, load, () => ({
        ...{ path: '/v1/recommendations', body: JSON.stringify({ user: user(), explain: false }) },
      }));
      if (kept) note(ours, own);
      if (!gorse) return;
      const peer = await loadOn(gorse.address, load, () => ({ path: `/api/recommend/${user()}?n=10` }));
      if (kept) note(theirs, peer);
    };
    await round(false);
    for (let n = 0; n < rounds; n++) await round(true);
    await stopServing(server);
    gorse?.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const [figures, peer] = [medians(ours), medians(theirs)];
  const ratio = figures['slates a second']! / peer['slates a second']!;
  print(
    {
      ...{ name: 'gorse', figures },
      peers: { 'Gorse 0.4.15, lists made before': 'program' in built ? peer : built.skipped },
      ratios: 'program' in built ? { 'slates a second': ratio } : {},
    },
    flags,
  );
}

function note(
  into: Record<string, number[]>,
  { requests, latency, non2xx, errors }: Awaited<ReturnType<typeof loadOn>>,
) {
  const figures = {
    'slates a second': requests.average,
    'slates p50 ms': latency.p50,
    'slates p99 ms': latency.p99,
    'failed requests': non2xx + errors,
  };
  for (const [name, value] of Object.entries(figures)) {
    into[name] ??= [];
    into[name].push(value);
  }
}

function medians(values: Readonly<Record<string, readonly number[]>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, some]) => [name, median(some)]));
}
