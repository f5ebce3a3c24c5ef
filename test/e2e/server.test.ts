/** The HTTP API over loopback: real requests, real sockets, a real shop. */
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop, type ShopEvent } from '../../src/index.ts';
import { createKey, revokeKey, rotateKey } from '../../src/server/keys.ts';
import { type RunningServer, type ServeOptions, serve } from '../../src/server/serve.ts';

const now = Date.UTC(2026, 5, 1);
let folder: string;
let shop: Shop;
let server: RunningServer;
const logged: string[] = [];

const options = (): ServeOptions => ({ shop, version: '0.0.0', now: () => now, port: 0 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'server-'));
  shop = await openShop(join(folder, 'shop'), { now: () => now });
  await shop.putProducts(
    Array.from({ length: 30 }, (_, n) => ({
      ...{ productId: `p${n}`, title: `Product ${n}`, categories: [[`c${n % 3}`]], brand: `b${n % 2}` },
      ...{ attributes: {}, images: [], createdTime: now - n, variants: [{ variantId: `p${n}-1`, options: {} }] },
    })),
  );
  await shop.record(
    Array.from(
      { length: 900 },
      (_, n): ShopEvent => ({
        ...{ eventId: `e${n}`, kind: n % 5 === 0 ? 'purchase' : 'view_item', time: now - (1_000 - n) * 600_000 },
        ...{ userId: `secret-user-${n % 40}`, productId: `p${(n * 7 + (n % 3)) % 30}` },
      }),
    ),
  );
  await shop.train();
  const stream = new Writable({
    write(chunk, _, done) {
      logged.push(String(chunk));
      done();
    },
  });
  server = await serve({ ...options(), log: { level: 'info', stream }, patienceMs: 1_000 });
}, 240_000);
afterAll(async () => {
  await server.close();
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

interface Reply {
  readonly status: number;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON answer of any route
  readonly body: any;
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  to = server,
): Promise<Reply> {
  const answer = await fetch(to.address + path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const type = answer.headers.get('content-type') ?? '';
  return { status: answer.status, type, body: type.includes('json') && text !== '' ? JSON.parse(text) : text };
}
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
};
const slateFor = (request: object): Promise<Reply> => ask('POST', '/v1/recommendations', request);
const idsOf = ({ body }: Reply): string[] => body.items.map(({ productId }: { productId: string }) => productId);

test('events are stored once, each with an answer of its own, and change the next slate', async () => {
  const events = [
    { eventId: 'n1', kind: 'view_item', userId: 'newcomer', productId: 'p4', time: now - 1_000 },
    { eventId: 'n2', kind: 'purchase', userId: 'newcomer', productId: 'p5', time: new Date(now - 500).toISOString() },
    { eventId: 'n3', kind: 'view_item', sessionId: 's77', productId: 'p6' },
    { eventId: 'n4', kind: 'buy', userId: 'newcomer', productId: 'p5' },
    { eventId: 'n5', kind: 'view_item', userId: 'newcomer', time: now + 400 * 86_400_000 },
    'nonsense',
  ];
  const before = await slateFor({ user: 'newcomer' });
  expect(before.body.fellBack[0].code).toBe('unknown_shopper');
  const first = await ask('POST', '/v1/events', { events });
  expect(first.status).toBe(200);
  expect(first.body.results.map(({ status }: { status: string }) => status)).toEqual([
    ...['stored', 'stored', 'stored', 'refused', 'refused', 'refused'],
  ]);
  expect(first.body.results[3]).toMatchObject({
    field: 'kind',
    reason: expect.stringContaining('event.kind: expected one of'),
  });
  expect(first.body.results[4].field).toBe('time');
  const again = await ask('POST', '/v1/events', { events: events.slice(0, 3) });
  expect(again.body).toMatchObject({ stored: 0, duplicates: 3, refused: 0 });
  expect((await slateFor({ user: 'newcomer' })).body).toMatchObject({
    basis: '2 events of this shopper',
    fellBack: [],
  });
  expect((await slateFor({ session: 's77' })).body.basis).toBe('1 event of this shopper');
});

test('a slate has what was asked for: filter, pages, reasons in a language, nobody', async () => {
  const first = await slateFor({ user: 'secret-user-3', count: 4, filter: 'brand = "b1"', language: 'zh' });
  expect(first.status).toBe(200);
  expect(idsOf(first).every((id) => Number(id.slice(1)) % 2 === 1)).toBe(true);
  expect(first.body.items[0].reasons[0].text).toMatch(/\p{Script=Han}/u);
  expect(first.body).toMatchObject({ generation: 1, recommendationId: expect.any(String), next: expect.any(String) });
  const second = await slateFor({ user: 'secret-user-3', count: 4, filter: 'brand = "b1"', after: first.body.next });
  expect(new Set([...idsOf(first), ...idsOf(second)]).size).toBe(8);
  expect((await slateFor({})).body.basis).toBe('a stranger');
  expect((await slateFor({ user: 'secret-user-3', personalise: false })).body.basis).toBe('a stranger');
});

test('lists need no shopper, and a batch answers each request by itself', async () => {
  expect(idsOf(await ask('GET', '/v1/latest?count=3'))).toEqual(['p0', 'p1', 'p2']);
  expect(idsOf(await ask('GET', `/v1/latest?count=2&filter=${encodeURIComponent('category = "c1"')}`))).toEqual([
    'p1',
    'p4',
  ]);
  for (const path of ['/v1/popular?count=5', '/v1/trending?count=5', '/v1/products/p3/similar?count=5']) {
    const list = await ask('GET', path);
    expect([list.status, idsOf(list).length]).toEqual([200, 5]);
  }
  const { body } = await ask('POST', '/v1/recommendations/batch', {
    requests: [
      { user: 'secret-user-1', count: 2 },
      { filter: 'price <' },
      { scenario: 'nowhere' },
      { cart: ['p1'], count: 1 },
    ],
  });
  expect(body.answers[0].recommendation.items).toHaveLength(2);
  expect(body.answers[1].problem).toMatchObject({ status: 400, code: 'SW_FILTER', position: 8 });
  expect(body.answers[2].problem).toMatchObject({ status: 400, code: 'SW_USAGE' });
  expect(body.answers[3].recommendation.items).toHaveLength(1);
});

test('products are made, changed in part, hidden and deleted, and slates follow at once', async () => {
  const made = await ask('PUT', '/v1/products', {
    products: [
      { productId: 'new', title: 'New', brand: 'fresh', attributes: { colour: 'red', size: 'L' } },
      { productId: '' },
    ],
  });
  expect(made.body).toMatchObject({ stored: 1, refused: 1 });
  const fresh = async () => idsOf(await slateFor({ filter: 'brand = "fresh"' }));
  expect(await fresh()).toEqual(['new']);
  const changed = await ask('PATCH', '/v1/products', {
    products: [
      { productId: 'new', attributes: { colour: 'blue', size: null } },
      { productId: 'new', description: 'It is new.' },
      { productId: 'gone', title: 'x' },
    ],
  });
  expect(changed.body.results.map(({ status }: { status: string }) => status)).toEqual(['stored', 'stored', 'refused']);
  expect((await ask('GET', '/v1/products/new')).body).toMatchObject({
    ...{ title: 'New', brand: 'fresh', attributes: { colour: 'blue' }, description: 'It is new.' },
    variants: [{ variantId: 'new' }],
  });
  await ask('POST', '/v1/facts', { facts: [{ fact: 'price', variantId: 'new', priceMinor: 250, currency: 'EUR' }] });
  expect((await slateFor({ filter: 'brand = "fresh" and price = 2.5' })).body.items[0]).toMatchObject({
    priceMinor: 250,
  });
  await ask('PATCH', '/v1/products', { products: [{ productId: 'new', hidden: true }] });
  expect(await fresh()).toEqual([]);
  await ask('PATCH', '/v1/products', { products: [{ productId: 'new', hidden: false }] });
  await ask('POST', '/v1/facts', { facts: [{ fact: 'stock', variantId: 'new', unitsOnHand: 0 }] });
  expect(await fresh()).toEqual([]);
  await ask('POST', '/v1/facts', { facts: [{ fact: 'stock', variantId: 'new', unitsOnHand: 3 }] });
  expect(await fresh()).toEqual(['new']);
  expect((await ask('DELETE', '/v1/products/new')).status).toBe(204);
  expect([(await ask('DELETE', '/v1/products/new')).status, (await ask('GET', '/v1/products/new')).status]).toEqual([
    404, 404,
  ]);
  expect(await fresh()).toEqual([]);
  const bulk = await ask('POST', '/v1/products/delete', { productIds: ['p29', 'never'] });
  expect(bulk.body).toMatchObject({ stored: 1, refused: 1 });
  const seen: string[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: Reply = await ask('GET', `/v1/products?count=7&after=${after}`);
    seen.push(...page.body.products.map(({ productId }: { productId: string }) => productId));
    after = page.body.next;
  }
  expect(seen.sort()).toEqual(Array.from({ length: 29 }, (_, n) => `p${n}`).sort());
});

test('customers are kept, read and forgotten', async () => {
  await ask('PUT', '/v1/users', { users: [{ userId: 'ann', attributes: { city: 'Lyon' } }] });
  expect((await ask('GET', '/v1/users/ann')).body).toEqual({ userId: 'ann', attributes: { city: 'Lyon' } });
  expect((await ask('DELETE', '/v1/users/ann')).status).toBe(204);
  const gone = await ask('GET', '/v1/users/ann');
  expect([gone.status, JSON.stringify(gone.body).includes('ann')]).toEqual([404, false]);
});

const refused: readonly (readonly [string, string, string, unknown, number, string, string | undefined])[] = [
  ['a count of 0', 'POST', '/v1/recommendations', { count: 0 }, 400, 'SW_REQUEST', 'body.count'],
  ['an unknown field', 'POST', '/v1/recommendations', { colour: 1 }, 400, 'SW_REQUEST', 'body.colour'],
  ['a list of numbers', 'POST', '/v1/recommendations', { cart: ['a', 3] }, 400, 'SW_REQUEST', 'body.cart.1'],
  [
    'a boost without a factor',
    'POST',
    '/v1/recommendations',
    { boosts: [{ when: 'available' }] },
    400,
    'SW_REQUEST',
    'body.boosts.0.factor',
  ],
  ['no body', 'POST', '/v1/recommendations', undefined, 400, 'SW_REQUEST', 'body'],
  ['half a JSON', 'POST', '/v1/recommendations', '{"user":', 400, 'SW_REQUEST', undefined],
  ['a poisoned prototype', 'POST', '/v1/recommendations', '{"__proto__":{"count":3}}', 400, 'SW_REQUEST', undefined],
  ['no events', 'POST', '/v1/events', { events: [] }, 400, 'SW_REQUEST', 'body.events'],
  [
    'too many events',
    'POST',
    '/v1/events',
    { events: Array.from({ length: 1_001 }, () => ({})) },
    400,
    'SW_REQUEST',
    'body.events',
  ],
  ['a body of 9 MB', 'POST', '/v1/events', { events: [{ text: 'x'.repeat(9e6) }] }, 413, 'SW_TOO_LARGE', undefined],
  ['a count in words', 'GET', '/v1/popular?count=many', undefined, 400, 'SW_REQUEST', 'querystring.count'],
  ['a count past the end', 'GET', '/v1/popular?count=5000', undefined, 400, 'SW_REQUEST', 'querystring.count'],
  ['an unknown query', 'GET', '/v1/popular?limit=5', undefined, 400, 'SW_REQUEST', 'querystring.limit'],
  ['an unknown route', 'GET', '/v2/nothing', undefined, 404, 'SW_NOT_FOUND', undefined],
  ['an unknown product', 'GET', '/v1/products/nothing', undefined, 404, 'SW_NOT_FOUND', 'productId'],
  ['a broken escape', 'GET', '/v1/products/%E0%A4%A', undefined, 400, 'SW_REQUEST', undefined],
];
for (const [title, method, path, body, status, code, field] of refused)
  test(`${title} is a problem that says where`, async () => {
    const answer = await ask(method, path, body);
    expect(answer.type).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ status, code, requestId: expect.any(String), detail: expect.any(String) });
    expect([answer.status, answer.body.field]).toEqual([status, field]);
  });

test('another media type is refused by name', async () => {
  const answer = await ask('POST', '/v1/recommendations', '<a/>', { 'content-type': 'text/xml' });
  expect([answer.status, answer.body.code]).toEqual([415, 'SW_MEDIA_TYPE']);
});

/** Sends bytes as they are and reads until the server hangs up. */
function raw(bytes: string): Promise<string> {
  const { port } = new URL(server.address);
  return new Promise((resolve, reject) => {
    let got = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      got += chunk;
    });
    socket.on('close', () => resolve(got));
    socket.on('error', reject);
  });
}

const hostile: readonly (readonly [string, string, RegExp])[] = [
  [
    'two lengths',
    'POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcde',
    / 400 /,
  ],
  [
    'a length and chunks',
    'POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    / 400 /,
  ],
  ['a header that is split', 'GET /health HTTP/1.1\r\nhost: localhost\r\nx-a: b\nc\0: d\r\n\r\n', / 400 /],
  ['headers of 100 kB', `GET /health HTTP/1.1\r\nhost: localhost\r\nx-a: ${'y'.repeat(100_000)}\r\n\r\n`, / 431 /],
  ['no HTTP at all', 'hello\r\n\r\n', / 400 /],
  [
    'half a body, and then nothing',
    'POST /v1/recommendations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"user":',
    / 408 /,
  ],
  ['half a head, and then nothing', 'POST /v1/recommendations HTTP/1.1\r\nhost: localhost\r\n', / 408 /],
];
for (const [title, bytes, status] of hostile)
  test(`${title} gets one clear answer, and the server goes on`, async () => {
    const got = await raw(bytes);
    expect(got.split('HTTP/1.1 ').length).toBe(2);
    expect(got).toMatch(status);
    expect(got).toContain('application/problem+json');
    expect((await ask('GET', '/health')).status).toBe(200);
  });

test('the document describes every route, and the page beside it fetches nothing from elsewhere', async () => {
  const { body } = await ask('GET', '/openapi.json');
  expect(body.openapi).toBe('3.1.0');
  expect(Object.keys(body.paths).sort()).toEqual(
    [
      ...['/health', '/metrics', '/ready', '/v1/events', '/v1/facts', '/v1/latest', '/v1/popular', '/v1/trending'],
      ...['/v1/products', '/v1/products/delete', '/v1/products/{productId}', '/v1/products/{productId}/similar'],
      ...['/v1/recommendations', '/v1/recommendations/batch', '/v1/users', '/v1/users/{userId}'],
      ...['/v1/users/{userId}/events', '/v1/imports', '/v1/imports/{importId}/set-aside', '/v1/status', '/v1/training'],
    ].sort(),
  );
  const page = await fetch(`${server.address}/docs`);
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
  const html = await page.text();
  expect(html).not.toMatch(/https?:\/\//);
  for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g))
    expect((await fetch(server.address + path)).status).toBe(200);
});

test('customers are listed page by page, with their newest events', async () => {
  const first = await ask('GET', '/v1/users?count=7');
  expect(first.body.users.length).toBe(7);
  expect(first.body.users[0]).toMatchObject({ userId: expect.any(String), recentEvents: expect.any(Number) });
  const second = await ask('GET', `/v1/users?count=100&after=${first.body.next}`);
  const ids = [...first.body.users, ...second.body.users].map(({ userId }: { userId: string }) => userId);
  expect(ids).toEqual([...new Set(ids)].sort());
  expect(ids).toContain('secret-user-39');
  const { body } = await ask('GET', '/v1/users/secret-user-3/events');
  expect(body.events.length).toBeGreaterThan(20);
  const times = body.events.map(({ time }: { time: number }) => time);
  expect(times).toEqual([...times].sort((a, b) => b - a));
  expect(body.events[0]).toMatchObject({ kind: expect.any(String), productId: expect.stringMatching(/^p\d+$/) });
  expect((await ask('GET', '/v1/users/nobody-of-that-name/events')).status).toBe(404);
});

test('a slate says on request what each signal adds, and its pictures', async () => {
  await ask('PATCH', '/v1/products', {
    products: [{ productId: 'p1', images: ['/pictures/p1.webp', '/pictures/b.webp'] }],
  });
  const { body } = await slateFor({ user: 'secret-user-3', count: 30, signals: true });
  const chosen = body.items.filter(({ probability }: { probability?: number }) => probability !== undefined);
  expect(chosen.length).toBeGreaterThan(5);
  for (const { signals } of chosen) {
    const values = signals.map(({ value }: { value: number }) => value);
    expect(values).toEqual([...values].sort((a, b) => b - a));
  }
  // The chance is a softmax of the score, so that scores apart are chances apart.
  const sum = ({ signals }: { signals: { value: number }[] }): number => signals.reduce((s, { value }) => s + value, 0);
  const [first, ...others] = chosen;
  for (const other of others)
    expect(sum(first) - sum(other)).toBeCloseTo(Math.log(first.probability / other.probability), 4);
  expect(body.items.find(({ productId }: { productId: string }) => productId === 'p1').image).toBe('/pictures/p1.webp');
  expect((await slateFor({ user: 'secret-user-3' })).body.items[0].signals).toBeUndefined();
});

test('imports, what cleaning set aside, and training are there to be read', async () => {
  const path = join(folder, 'orders.csv');
  const rows = Array.from(
    { length: 40 },
    (_, n) =>
      `o${n},buyer-${n % 9},p${n % 30},1,${n === 7 ? 'abc' : '9.50'},2026-05-${String(1 + (n % 28)).padStart(2, '0')}`,
  );
  await writeFile(path, `order_id,customer_id,product_id,quantity,price,order_date\n${rows.join('\n')}\n`);
  await shop.importFile(path, { currency: 'EUR' });
  const [report] = (await ask('GET', '/v1/imports')).body.imports;
  expect(report).toMatchObject({ files: ['orders.csv'], rowsRead: 40, eventsKept: 39 });
  expect(JSON.stringify(report)).not.toContain(folder);
  const { body } = await ask('GET', `/v1/imports/${report.importId}/set-aside?count=5`);
  expect(body.rows).toEqual([
    expect.objectContaining({
      step: 'unparsable-rows',
      file: 'orders.csv',
      line: 9,
      reason: expect.stringContaining('abc'),
    }),
  ]);
  expect((await ask('GET', '/v1/imports/none/set-aside')).status).toBe(404);
  const before = (await ask('GET', '/v1/training')).body;
  expect(before).toMatchObject({ running: false, trained: { generation: 1 } });
  const started = await ask('POST', '/v1/training');
  expect(started.status).toBe(202);
  expect(started.body.running).toBe(true);
  // Asked again while it runs, it goes on alone: one generation comes of both.
  expect(await ask('POST', '/v1/training')).toMatchObject({ status: 202, body: { running: true } });
  await until(async () => !(await ask('GET', '/v1/training')).body.running);
  const after = (await ask('GET', '/v1/training')).body;
  expect(after.failed).toBeUndefined();
  expect(after.trained.generation).toBe(2);
  expect(after.trained.data.events).toBeGreaterThan(before.trained.data.events);
  expect((await ask('GET', '/v1/status')).body).toMatchObject({ products: expect.any(Number), generation: 2 });
});

test('pictures are those of the shop’s folder, and a name is no path', async () => {
  await mkdir(join(shop.folder, 'pictures'));
  await writeFile(join(shop.folder, 'pictures', 'p1.webp'), 'a picture');
  const picture = await fetch(`${server.address}/pictures/p1.webp`);
  expect([picture.status, picture.headers.get('content-type'), await picture.text()]).toEqual([
    200,
    'image/webp',
    'a picture',
  ]);
  for (const name of [
    'p2.webp',
    '..%2Fshop.sqlite',
    '..%2f..%2f..%2fetc%2fpasswd',
    'p1.webp%00.png',
    '.webp',
    'manifest.json',
  ])
    expect([400, 404]).toContain((await fetch(`${server.address}/pictures/${name}`)).status);
});

test('what nobody sees is not noted as shown', async () => {
  const noted = async (): Promise<number> => {
    let count = 0;
    for await (const _ of shop.slates()) count++;
    return count;
  };
  const before = await noted();
  await ask('GET', '/ready');
  await slateFor({ user: 'secret-user-5', log: false });
  expect(await noted()).toBe(before);
  await slateFor({ user: 'secret-user-5' });
  expect(await noted()).toBe(before + 1);
});

test('without keys it answers to names of this machine alone', async () => {
  const asked = (host: string, path: string): Promise<string> =>
    raw(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  for (const host of ['shop.example', 'localhost.example', '10.0.0.1', '127.0.0.1.example'])
    expect(await asked(host, '/v1/products')).toMatch(/ 401 [\s\S]*shelfwise key create/);
  for (const host of ['localhost:8078', '127.0.0.1', '[::1]:80', 'shop.localhost'])
    expect(await asked(host, '/health')).toMatch(/ 200 /);
});

test('it says that it lives, is ready, and what went through', async () => {
  expect((await ask('GET', '/health')).body).toEqual({ status: 'ok' });
  expect((await ask('GET', '/ready')).body).toEqual({ status: 'ready', generation: expect.any(Number) });
  const { body } = await ask('GET', '/metrics');
  expect(body).toMatch(
    /shelfwise_request_duration_seconds_count\{method="POST",route="\/v1\/recommendations",status="200"\} \d/,
  );
  expect(body).toMatch(/shelfwise_events_total\{status="refused"\} 3/);
  expect(body).toMatch(/shelfwise_fallbacks_total\{code="unknown_shopper"\} \d/);
});

test('the log has a line for each request, without raw ids', async () => {
  await ask('GET', '/v1/users/secret-user-3');
  await slateFor({ user: 'secret-user-3' });
  await expect.poll(() => logged.join('')).toContain('/v1/users/:userId');
  expect(logged.join('')).not.toMatch(/secret-user|newcomer/);
  expect(JSON.parse(logged.at(-1)!)).toMatchObject({
    method: expect.any(String),
    status: expect.any(Number),
    ms: expect.any(Number),
  });
});

test('once there are keys each route asks for one of its scope; rotated and revoked ones hold no more', async () => {
  const place = await mkdtemp(join(tmpdir(), 'server-keys-'));
  await using locked = await openShop(place, { now: () => now });
  const guarded = await serve({ ...options(), shop: locked });
  try {
    const status = async (path: string, key?: string, method = 'POST', header = 'authorization'): Promise<number> => {
      const headers = key === undefined ? {} : { [header]: header === 'authorization' ? `Bearer ${key}` : key };
      return (await ask(method, path, method === 'POST' ? { events: [{}] } : undefined, headers, guarded)).status;
    };
    expect(await status('/v1/events')).toBe(200);
    const collect = await createKey(place, { name: 'shop front', scopes: ['collect'] }, now);
    const admin = await createKey(place, { name: 'boss', scopes: ['admin'] }, now);
    expect(await status('/v1/events')).toBe(401);
    const altered = collect.key.at(-2) === 'A' ? 'B' : 'A';
    expect(await status('/v1/events', collect.key.slice(0, -2) + altered + collect.key.at(-1))).toBe(401);
    expect(await status('/v1/events', collect.key)).toBe(200);
    expect(await status('/v1/events', collect.key, 'POST', 'x-api-key')).toBe(200);
    expect(await status('/v1/popular', collect.key, 'GET')).toBe(403);
    expect(await status('/v1/popular', admin.key, 'GET')).toBe(200);
    expect([await status('/health', undefined, 'GET'), await status('/metrics', undefined, 'GET')]).toEqual([200, 401]);
    const rotated = await rotateKey(place, collect.record.id, 1, now);
    expect([await status('/v1/events', collect.key), await status('/v1/events', rotated.key)]).toEqual([200, 200]);
    const again = await rotateKey(place, collect.record.id, 0, now);
    expect([await status('/v1/events', rotated.key), await status('/v1/events', again.key)]).toEqual([401, 200]);
    await revokeKey(place, collect.record.id, now);
    expect(await status('/v1/events', again.key)).toBe(401);
    const files = await readdir(join(place, 'keys'));
    const kept = (await Promise.all(files.map((name) => readFile(join(place, 'keys', name), 'utf8')))).join('');
    for (const { key } of [collect, admin, rotated, again]) expect(kept).not.toContain(key.slice(16));
  } finally {
    await guarded.close();
    await rm(place, { recursive: true });
  }
});

test('beyond loopback it does not start without keys, nor where somebody else listens', async () => {
  await expect(serve({ ...options(), host: '0.0.0.0' })).rejects.toMatchObject({
    code: 'SW_USAGE',
    message: /expected keys/,
  });
  const port = Number(new URL(server.address).port);
  await expect(serve({ ...options(), port })).rejects.toMatchObject({ code: 'SW_USAGE', message: /EADDRINUSE/ });
});

test('who sends more than is allowed in a minute is told when to come again', async () => {
  const slow = await serve({ ...options(), requestsPerMinute: 3 });
  try {
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push(await ask('GET', '/v1/latest?count=1', undefined, {}, slow));
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(statuses[4]!.body).toMatchObject({ code: 'SW_TOO_MANY' });
  } finally {
    await slow.close();
  }
});

test('who tries keys is counted by address, and stopped like others', async () => {
  const place = await mkdtemp(join(tmpdir(), 'server-tries-'));
  await using locked = await openShop(place, { now: () => now });
  const { key } = await createKey(place, { name: 'boss', scopes: ['admin'] }, now);
  const slow = await serve({ ...options(), shop: locked, requestsPerMinute: 3 });
  try {
    const tried = async (tried: string): Promise<number> =>
      (await ask('GET', '/v1/latest', undefined, { authorization: `Bearer ${tried}` }, slow)).status;
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push(await tried(`${key.slice(0, -5)}wrong${n}`));
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect(await tried(key)).toBe(200);
  } finally {
    await slow.close();
    await rm(place, { recursive: true });
  }
});

test('pages of named origins may call it, others may not', async () => {
  const open = await serve({ ...options(), origins: ['https://shop.example'] });
  try {
    const allowed = async (origin: string): Promise<string | null> => {
      const headers = { origin, 'access-control-request-method': 'POST' };
      const answer = await fetch(`${open.address}/v1/events`, { method: 'OPTIONS', headers });
      return answer.headers.get('access-control-allow-origin');
    };
    expect([await allowed('https://shop.example'), await allowed('https://evil.example')]).toEqual([
      'https://shop.example',
      null,
    ]);
  } finally {
    await open.close();
  }
});

test('stopping finishes what it began', async () => {
  const stopping = await serve(options());
  const { port } = new URL(stopping.address);
  const body = JSON.stringify({ user: 'secret-user-1', count: 2 });
  const head = [
    'POST /v1/recommendations HTTP/1.1',
    'host: localhost',
    'content-type: application/json',
    'connection: close',
  ];
  let got = '';
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('data', (chunk) => {
    got += chunk;
  });
  socket.write(`${[...head, `content-length: ${body.length}`].join('\r\n')}\r\n\r\n${body.slice(0, 5)}`);
  // The server has taken the head once another request that came after it is answered.
  for (let n = 0; n < 3; n++) await ask('GET', '/health', undefined, {}, stopping);
  const closed = stopping.close();
  await expect(ask('GET', '/health', undefined, {}, stopping)).rejects.toThrow();
  const hungUp = once(socket, 'close');
  socket.write(body.slice(5));
  await Promise.all([closed, hungUp]);
  expect(got).toMatch(/^HTTP\/1\.1 200 /);
  expect(JSON.parse(got.slice(got.indexOf('\r\n\r\n'))).items).toHaveLength(2);
});
