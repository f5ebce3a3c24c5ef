/** The client against a real server, and against networks that fail. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { build } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApiError, type ClientOptions, createClient, type Event } from '../../src/client/index.ts';
import { openShop, type Shop } from '../../src/index.ts';
import { type RunningServer, serve } from '../../src/server/serve.ts';

let folder: string;
let shop: Shop;
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-'));
  shop = await openShop(folder);
  server = await serve({ shop, version: '0.0.0', now: Date.now, port: 0 });
});
afterAll(async () => {
  await server.close();
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

const client = (options: Partial<ClientOptions> = {}) =>
  createClient({ url: server.address, backoffMs: 1, ...options });
const stored = (user: string): Promise<number> => shop.countEvents({ user });

test('what is put comes out again: products, facts, customers, slates, lists and pages', async () => {
  const api = client();
  const products = ['a', 'b/1 ?', '杯子'].map((productId) => ({ productId, title: `The ${productId}`, brand: 'Acme' }));
  expect(await api.putProducts(products)).toMatchObject({ stored: 3, refused: 0 });
  expect(await api.product('b/1 ?')).toMatchObject({ title: 'The b/1 ?' });
  await api.updateProducts([{ productId: 'a', brand: null, attributes: { colour: 'red' } }]);
  expect(await api.product('a')).toMatchObject({ attributes: { colour: 'red' } });
  await api.putFacts([{ fact: 'price', variantId: 'a', priceMinor: 500, currency: 'EUR' }]);
  await api.putUsers([{ userId: 'ann', attributes: { city: 'Lyon' } }]);
  expect(await api.user('ann')).toEqual({ userId: 'ann', attributes: { city: 'Lyon' } });
  const slate = await api.recommend({ user: 'ann', count: 2 });
  const next = await api.recommend({ user: 'ann', count: 2, after: slate.next! });
  expect(new Set([...slate.items, ...next.items].map(({ productId }) => productId)).size).toBe(3);
  const cheap = await api.list('latest', { filter: 'price < 6', count: 5 });
  expect(cheap.items.map(({ productId }) => productId)).toEqual(['a']);
  expect((await api.similar('杯子', { count: 1 })).items).toHaveLength(1);
  const answers = await api.recommendAll([{ count: 1 }, { filter: 'price <' }]);
  expect(answers).toMatchObject([{ recommendation: {} }, { problem: { code: 'SW_FILTER' } }]);
  await api.removeProducts(['a']);
  await api.forget('ann');
  await expect(api.user('ann')).rejects.toMatchObject({ status: 404, problem: { code: 'SW_NOT_FOUND' } });
  await api.close();
});

test('events go together, with ids and times of their own, and what is refused is told', async () => {
  const lost: [Event, string][] = [];
  let posts = 0;
  const counting: typeof fetch = (...given) => {
    posts++;
    return fetch(...given);
  };
  const api = client({ fetch: counting, batch: 10, flushMs: 20, onLost: (event, why) => lost.push([event, why]) });
  for (let n = 0; n < 25; n++) api.track({ kind: 'view_item', userId: 'bo', productId: `p${n}` });
  api.track({ kind: 'view_item', userId: 'bo', productId: '' });
  await expect.poll(() => api.waiting).toBe(0);
  expect([await stored('bo'), posts]).toEqual([25, 3]);
  expect(lost).toMatchObject([[{ productId: '' }, expect.stringContaining('event.productId')]]);
  await api.close();
});

test('what has no answer is tried again and stored once; what waits outlives the page', async () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
  };
  // The server has the events, but its answer is lost on the way, every time.
  const deaf: typeof fetch = async (...given) => {
    await fetch(...given);
    throw new TypeError('connection reset');
  };
  const first = client({ fetch: deaf, retries: 2, storage, flushMs: 60_000 });
  for (let n = 0; n < 5; n++) first.track({ kind: 'view_item', userId: 'cy', productId: `p${n}` });
  await expect(first.flush()).rejects.toMatchObject({ name: 'ApiError', status: 0 });
  expect([first.waiting, await stored('cy')]).toEqual([5, 5]);
  await expect(first.close()).rejects.toThrow(ApiError);
  const second = client({ storage });
  expect(second.waiting).toBe(5);
  await second.close();
  expect([second.waiting, await stored('cy'), kept.get('shelfwise-events')]).toEqual([0, 5, '[]']);
});

test('tries end: a busy server is asked again as it says, a wrong request never, and a slow one not for ever', async () => {
  const answers: [number, Record<string, string>][] = [];
  let asked = 0;
  const busy = createServer((request, response) => {
    request.resume();
    asked++;
    const [status, headers] = answers.shift() ?? [200, {}];
    if (status > 0) response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{}');
  });
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;
  const tries = async (...given: [number, Record<string, string>][]): Promise<[unknown, number]> => {
    answers.splice(0, answers.length, ...given);
    asked = 0;
    const api = client({ url, retries: 2, timeoutMs: 300 });
    const came = await api.recommend().then(
      () => 'done',
      (error: ApiError) => error.status,
    );
    return [came, asked];
  };
  expect(await tries([503, {}], [429, { 'retry-after': '0' }])).toEqual(['done', 3]);
  expect(await tries([503, {}], [503, {}], [503, {}])).toEqual([503, 3]);
  expect(await tries([400, {}])).toEqual([400, 1]);
  expect(await tries([0, {}], [0, {}], [0, {}])).toEqual([0, 3]);
  const stop = new AbortController();
  answers.push([0, {}]);
  const aborted = client({ url }).recommend({}, { signal: stop.signal });
  stop.abort(new Error('left the page'));
  await expect(aborted).rejects.toThrow('left the page');
  busy.closeAllConnections();
  busy.close();
});

test('a queue that is full drops its oldest, and one event that is too large holds up no other', async () => {
  const lost: string[] = [];
  const api = client({ most: 3, flushMs: 60_000, onLost: ({ productId }, why) => lost.push(`${productId} ${why}`) });
  for (let n = 0; n < 5; n++) api.track({ kind: 'view_item', userId: 'di', productId: `p${n}` });
  expect([api.waiting, lost]).toEqual([3, ['p0 too many wait', 'p1 too many wait']]);
  await api.close();
  expect(await stored('di')).toBe(3);
  const large = client({
    batch: 2,
    flushMs: 60_000,
    retries: 0,
    onLost: ({ productId }) => lost.push(String(productId)),
  });
  large.track({ kind: 'search', userId: 'ed', productId: 'huge', text: 'x'.repeat(9e6) });
  large.track({ kind: 'view_item', userId: 'ed', productId: 'p1' });
  large.track({ kind: 'view_item', userId: 'ed', productId: 'p2' });
  await large.close();
  expect([large.waiting, await stored('ed'), lost.at(-1)]).toEqual([0, 2, 'huge']);
});

async function bundled(): Promise<string> {
  const input = new URL('../../src/client/index.ts', import.meta.url).pathname;
  const { output } = await build({ input, write: false, output: { minify: true, format: 'esm' } });
  return output[0].code;
}

test('it is one file of under 6 kB, needs nothing of Node, and runs in a worker', async () => {
  const code = await bundled();
  expect(gzipSync(code).length).toBeLessThan(6_000);
  expect(code).not.toMatch(/from\s*["']|import\(|require\(|process\.|Buffer/);
  const script = `${code.replace(/export\s*\{[^}]*createClient[^}]*\};?/, '')}
    const api = ${/(\w+) as createClient/.exec(code)?.[1] ?? 'createClient'}({ url: ${JSON.stringify(server.address)} });
    const { parentPort } = await import('node:worker_threads');
    parentPort.postMessage((await api.recommend({ count: 1 })).items.length);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  const items = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  expect(items).toBe(1);
  await worker.terminate();
});
