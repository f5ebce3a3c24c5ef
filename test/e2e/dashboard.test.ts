/** The page as it is first sent: without a browser, by its HTML. Browsers drive it in test/long/dashboard.test.ts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop } from '../../src/index.ts';
import { createKey } from '../../src/server/keys.ts';
import { type RunningServer, serve } from '../../src/server/serve.ts';
import { writeDemoStore } from '../../src/simulation/demo-store.ts';

let folder: string;
let shop: Shop;
let server: RunningServer;
let now: number;
let user: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
  const { files, truth } = await writeDemoStore(folder, { seed: 9, products: 70, shoppers: 80, days: 120 });
  now = truth.span[1];
  shop = await openShop(join(folder, 'shop'), { now: () => now });
  await shop.importFiles(files);
  await shop.putProducts([
    {
      ...{ productId: 'AAA', title: '</script><script>alert(1)</script>', categories: [['<b>Odd</b>']] },
      ...{ attributes: {}, images: ['https://pictures.example/a.png'], variants: [{ variantId: 'AAA', options: {} }] },
    },
  ]);
  await shop.train();
  for await (const one of shop.customers()) if (one.events > 20) user ??= one.userId;
  server = await serve({ shop, version: '0.0.0', now: () => now, port: 0 });
}, 240_000);
afterAll(async () => {
  await server.close();
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

async function page(path: string, headers: Record<string, string> = {}, of = server): Promise<string> {
  const answer = await fetch(of.address + path, { headers });
  expect([path, answer.status, answer.headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=utf-8']);
  return answer.text();
}
const productsIn = (html: string): string[] => [...html.matchAll(/data-product="([^"]+)"/g)].map(([, id]) => id!);

test('the first sight of a shopper has the very slate that the API gives, with the history', async () => {
  const html = await page(`/shoppers/${user}`);
  const answer = await fetch(`${server.address}/v1/recommendations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user, count: 12, log: false }),
  });
  const { items, basis } = (await answer.json()) as { items: { productId: string }[]; basis: string };
  expect(productsIn(html)).toEqual(items.map(({ productId }) => productId));
  expect(html).toContain(`By ${basis}.`);
  const [newest] = (await shop.history({ user }))!;
  expect(html).toContain(new Date(newest!.time).toISOString());
  expect(productsIn(await page('/'))).not.toEqual(productsIn(html));
});

test('every address of the page shows its own data, and others are none', async () => {
  expect(await page('/catalogue')).toContain('href="/catalogue/P0001"');
  expect(await page('/catalogue/P0001')).toContain((await shop.product('P0001'))!.description!.slice(0, 20));
  const data = await page('/data');
  for (const { step, acted } of (await shop.status()).imports[0]!.steps) if (acted > 0) expect(data).toContain(step);
  const { metrics } = (await shop.trained())!.validation;
  const training = await page('/training');
  for (const [name, of] of Object.entries(metrics)) {
    expect(training).toContain(name);
    expect(training).toContain(of['NDCG@10']!.toFixed(4));
  }
  for (const path of ['/nothing', '/shoppers', '/shoppers/a/b', '/catalogue/', '/assets/nothing.js'])
    expect([path, (await fetch(server.address + path)).status]).toEqual([path, 404]);
  expect(await page('/shoppers/nobody-of-that-name')).toContain('is not known');
});

test('it speaks the reader’s language, and keeps what was chosen', async () => {
  expect(await page(`/shoppers/${user}`, { 'accept-language': 'zh-CN,zh;q=0.9' })).toMatch(
    /<html lang="zh-CN" data-theme="auto">[\s\S]*推荐货架[\s\S]*这位顾客的 \d+ 条记录/,
  );
  const chosen = await page('/', { 'accept-language': 'zh', cookie: 'a=b; desk-language=en; desk-theme=dark' });
  expect(chosen).toMatch(/<html lang="en" data-theme="dark">/);
  expect(await page('/', { cookie: 'desk-theme=<script>; desk-language=xx' })).toMatch(/lang="en" data-theme="auto"/);
});

test('its policy lets it load from the server alone, and titles stay texts', async () => {
  const answer = await fetch(`${server.address}/catalogue`);
  const policy = answer.headers.get('content-security-policy')!;
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const html = await answer.text();
  for (const [, path] of html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
    const asset = await fetch(server.address + path);
    expect(asset.status).toBe(200);
    expect(asset.headers.get('cache-control')).toContain('immutable');
  }
  expect(/ style="|<script>|\son\w+="/.exec(html)?.[0]).toBeUndefined();
  expect(html).toContain('&lt;/script>&lt;script>alert(1)&lt;/script>');
  const pictures = await serve({
    shop,
    version: '0.0.0',
    now: () => now,
    port: 0,
    imageOrigins: ['https://pictures.example'],
  });
  expect((await fetch(`${pictures.address}/`)).headers.get('content-security-policy')).toContain(
    "img-src 'self' data: https://pictures.example",
  );
  await pictures.close();
  for (const origin of ['*', 'https://a.example; script-src *', 'https://a.example/path', 'a.example'])
    await expect(
      serve({ shop, version: '0.0.0', now: () => now, port: 0, imageOrigins: [origin] }),
    ).rejects.toMatchObject({
      code: 'SW_USAGE',
    });
});

test('a shop with keys shows nothing but the question for one', async () => {
  const place = await mkdtemp(join(tmpdir(), 'dashboard-keys-'));
  await using locked = await openShop(place, { now: () => now });
  await locked.record([{ eventId: '1', kind: 'view_item', time: now, userId: 'secret-person', productId: 'p' }]);
  await createKey(place, { name: 'boss', scopes: ['admin'] }, now);
  const guarded = await serve({ shop: locked, version: '0.0.0', now: () => now, port: 0 });
  try {
    for (const path of ['/', '/shoppers/secret-person', '/data', '/training']) {
      const html = await page(path, {}, guarded);
      expect(html).toContain('This shop has keys');
      expect(html.replaceAll('/shoppers/secret-person', '').replace(/<title>.*<\/title>/, '')).not.toContain(
        'secret-person',
      );
    }
  } finally {
    await guarded.close();
    await rm(place, { recursive: true });
  }
});
