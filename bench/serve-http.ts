/**
 * The HTTP API under load, server and load on the same cores: slates a second while events come, how long an event takes to
 * change an answer, durable events a second, and whether requests fail while generations switch and another process trains.
 *
 * node bench/serve-http.ts [--size M] [--seconds 15] [--workers 2] [--connections 16] [--rate 500] [--shop DIR] [--json] [--save]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../src/core/random.ts';
import { openShop } from '../src/index.ts';
import { benchFlags, median, print } from './peers/comparison.ts';
import { launcher, loadOn, type Served, serveShop, stopServing, zipf } from './peers/served-shop.ts';
import { storeSizes, whyNoStores, writeStore } from './peers/stores.ts';

const flags = benchFlags({
  size: { type: 'string', default: 'M' },
  seconds: { type: 'string', default: '15' },
  workers: { type: 'string', default: '2' },
  connections: { type: 'string', default: '16' },
  /** Slates a second that are asked for where the rate is given. */
  rate: { type: 'string', default: '500' },
  /** A shop of that size that is trained already. */
  shop: { type: 'string' },
});
const json = { 'content-type': 'application/json' };
const { people, products } = storeSizes[flags.size]!;
const seconds = Number(flags.seconds);
/** Shoppers and products come by Zipf's law. */
const [nextPerson, nextProduct] = [zipf(people), zipf(products, new Random(2))];
const user = (): string => `u${nextPerson()}`;
const product = (): string => `p${nextProduct()}`;
let eventCount = 0;
const run = Date.now().toString(36);

const missing = flags.shop === undefined ? whyNoStores() : undefined;
if (missing) console.error(`serve-http: ${missing}`);
else await measure();

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'serve-http-'));
  const figures: Record<string, number> = {};
  try {
    const shop = flags.shop ?? (await trainedShop(folder));
    const server = await serveShop(shop, Number(flags.workers));
    await load(server.address, 5);
    const rounds = [];
    for (let round = 0; round < 3; round++) rounds.push(await underEvents(server.address));
    for (const name of Object.keys(rounds[0]!)) figures[name] = median(rounds.map((one) => one[name]!));
    Object.assign(figures, await freshness(server.address));
    Object.assign(figures, await switches(server, shop));
    figures['server resident MB'] = residentMb(server.process.pid!);
    await stopServing(server);
    const collecting = await serveShop(shop, 1);
    await ingest(collecting.address, 3);
    Object.assign(figures, await ingest(collecting.address, seconds));
    await stopServing(collecting);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  print({ name: 'serve-http', figures, peers: {}, ratios: {} }, flags);
}

async function trainedShop(folder: string): Promise<string> {
  const file = join(folder, 'events.csv');
  writeStore(storeSizes[flags.size]!, file);
  await using shop = await openShop(join(folder, 'shop'));
  await shop.importFile(file);
  await shop.train();
  rmSync(file);
  return shop.folder;
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Requests for slates by so many callers, one after another each, at a rate where it is given. */
function load(address: string, time: number, rate?: number): ReturnType<typeof loadOn> {
  const wanted = { connections: Number(flags.connections), seconds: time, ...(rate !== undefined && { rate }) };
  return loadOn(address, wanted, () => ({
    ...{ path: '/v1/recommendations', body: JSON.stringify({ user: user() }) },
  }));
}

function batch(count: number): string {
  const event = (): object => ({
    ...{ eventId: `${run}-${eventCount++}`, kind: 'view_item', userId: user(), productId: product() },
  });
  return JSON.stringify({ events: Array.from({ length: count }, event) });
}

/** Slates while 500 events a second are posted. */
async function underEvents(address: string): Promise<Record<string, number>> {
  let failed = 0;
  const timer = setInterval(() => {
    fetch(`${address}/v1/events`, { method: 'POST', headers: json, body: batch(20) }).then(
      async (answer) => {
        if (answer.status !== 200) failed++;
        await answer.arrayBuffer();
      },
      () => failed++,
    );
  }, 40);
  try {
    const { requests, latency, non2xx, errors } = await load(address, seconds);
    const paced = await load(address, seconds, Number(flags.rate));
    return {
      'slates a second': requests.average,
      'slates p50 ms': latency.p50,
      'slates p99 ms': latency.p99,
      [`p50 ms at ${flags.rate} slates a second`]: paced.latency.p50,
      [`p99 ms at ${flags.rate} slates a second`]: paced.latency.p99,
      'failed requests': non2xx + errors + paced.non2xx + paced.errors + failed,
    };
  } finally {
    clearInterval(timer);
  }
}

/** From an event's acknowledgement to the answer that knows it. */
async function freshness(address: string): Promise<Record<string, number>> {
  const times: number[] = [];
  for (let n = 0; n < 300; n++) {
    const visitor = `${run}-fresh-${n}`;
    const event = { eventId: `${run}-f${n}`, kind: 'view_item', visitorId: visitor, productId: product() };
    const post = (path: string, body: unknown): Promise<Response> =>
      fetch(address + path, { method: 'POST', headers: json, body: JSON.stringify(body) });
    await (await post('/v1/events', { events: [event] })).arrayBuffer();
    const started = performance.now();
    for (;;) {
      const { basis } = (await (await post('/v1/recommendations', { visitor, count: 10 })).json()) as { basis: string };
      if (basis.startsWith('1 event')) break;
    }
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return { 'event to changed answer p99 ms': times[Math.floor(times.length * 0.99)]! };
}

/** Requests go on while another process trains, and while generations are switched ten times. */
async function switches({ address }: Served, shop: string): Promise<Record<string, number>> {
  let going = true;
  let [asked, failed] = [0, 0];
  const generations = new Set<number>();
  const asking = (async () => {
    while (going) {
      const body = JSON.stringify({ user: user() });
      const answer = await fetch(`${address}/v1/recommendations`, { method: 'POST', headers: json, body }).catch(
        () => undefined,
      );
      asked++;
      if (answer?.status !== 200) failed++;
      else generations.add(((await answer.json()) as { generation: number }).generation);
    }
  })();
  const shelfwise = async (...args: string[]): Promise<{ generation?: number }> => {
    const child = spawn(process.execPath, [launcher, ...args, '--shop', shop, '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(child, 'close');
    let told = '';
    for await (const chunk of child.stdout) told += chunk;
    const [status] = await ended;
    if (status !== 0) throw new Error(`shelfwise ${args.join(' ')} ended with ${status}: ${told}`);
    return JSON.parse(told);
  };
  const { generation: newest } = await shelfwise('train', '--force');
  for (let n = 0; n < 9; n++) await shelfwise('rollback', '--to', String(newest! - ((n + 1) % 2)));
  going = false;
  await asking;
  return { 'requests over ten switches': asked, 'of them failed': failed, 'generations seen': generations.size };
}

/** Durable events in batches of 20 from 64 clients. */
async function ingest(address: string, time: number): Promise<Record<string, number>> {
  const { requests, latency, non2xx, errors } = await loadOn(address, { connections: 64, seconds: time }, () => ({
    ...{ path: '/v1/events', body: batch(20) },
  }));
  return {
    'events a second': requests.average * 20,
    'batches of 20 from 64 clients p99 ms': latency.p99,
    'batches failed': non2xx + errors,
  };
}
