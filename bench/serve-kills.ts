/**
 * A server that is killed (SIGKILL) at random moments while events are posted, and started again: what it acknowledged must
 * be there once, whatever was sent again.
 *
 * node bench/serve-kills.ts [--kills 50] [--clients 16] [--json] [--save]
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../src/core/random.ts';
import { openShop } from '../src/index.ts';
import { benchFlags, print } from './peers/comparison.ts';
import { type Served, serveShop } from './peers/served-shop.ts';

const flags = benchFlags({ kills: { type: 'string', default: '50' }, clients: { type: 'string', default: '16' } });
const json = { 'content-type': 'application/json' };
/** The server of the moment; none between a kill and the next start. */
let server: Served | undefined;
let isOver = false;
const acknowledged = new Set<string>();
const sent = new Set<string>();
let retried = 0;

await measure();

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'serve-kills-'));
  const random = new Random(50);
  try {
    const shop = join(folder, 'shop');
    await (await openShop(shop)).close();
    const clients = Array.from({ length: Number(flags.clients) }, (_, c) => client(c));
    let failedStarts = 0;
    for (let kill = 0; kill < Number(flags.kills); kill++) {
      const running = await serveShop(shop, 1).catch((error: Error) => {
        console.error(error.message);
      });
      if (!running) {
        failedStarts++;
        continue;
      }
      server = running;
      await sleep(50 + random.below(1_000));
      server = undefined;
      const ended = once(running.process, 'close');
      running.process.kill('SIGKILL');
      await ended;
    }
    server = await serveShop(shop, 1);
    // What no answer came for goes in again.
    isOver = true;
    await Promise.all(clients);
    const ended = once(server.process, 'close');
    server.process.kill('SIGTERM');
    await ended;
    await using after = await openShop(shop);
    const total = await after.countEvents();
    let found = 0;
    const ids = [...acknowledged];
    for (let n = 0; n < ids.length; n += 10_000)
      found += await after.countEvents({ eventIds: ids.slice(n, n + 10_000) });
    const figures = {
      'kills of the server': Number(flags.kills),
      'failed starts': failedStarts,
      'events acknowledged': acknowledged.size,
      'batches sent again': retried,
      'events lost': Math.max(0, acknowledged.size - found),
      'events doubled': Math.max(0, found - acknowledged.size) + Math.max(0, total - sent.size),
    };
    print({ name: 'serve-kills', figures, peers: {}, ratios: {} }, flags);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Posts batches one after another, each until it is acknowledged. */
async function client(name: number): Promise<void> {
  for (let n = 0; !isOver; n++) {
    const events = Array.from({ length: 20 }, (_, i) => ({
      ...{ eventId: `${name}-${n}-${i}`, kind: 'view_item', userId: `u${(name * 31 + n) % 97}`, productId: `p${i}` },
    }));
    for (const { eventId } of events) sent.add(eventId);
    for (let tries = 0; ; tries++) {
      const to = server;
      if (!to) {
        await sleep(5);
        continue;
      }
      if (tries > 0) retried++;
      const body = JSON.stringify({ events });
      const answer = await fetch(`${to.address}/v1/events`, { method: 'POST', headers: json, body })
        .then((one) => (one.ok ? one.json() : undefined))
        .catch(() => undefined);
      if (!answer) continue;
      for (const { eventId } of events) acknowledged.add(eventId);
      break;
    }
  }
}
