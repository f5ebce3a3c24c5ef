/**
 * The page in a browser: Debian's chromium by playwright-core. What a person does is done, what a screen reader needs is
 * checked by axe, and what the page may not do (errors, requests elsewhere, a policy that is broken) fails the test.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPictureRenderer } from '../../src/adapters/sharp/picture-renderer.ts';
import { openShop, type Shop } from '../../src/index.ts';
import { createKey } from '../../src/server/keys.ts';
import { type RunningServer, serve } from '../../src/server/serve.ts';
import { writeDemoStore } from '../../src/simulation/demo-store.ts';
import { openAiEndpoint } from '../fakes/openai-endpoint.ts';
import { adds, now as sumsNow, sumsShop } from '../fakes/sums-shop.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!executablePath) console.log('skipped, because there is no chromium on this machine (apt-get install chromium)');

/** Screenshots for people to look at. */
const pictures = new URL('../../build/screenshots/', import.meta.url);
const picture = (name: string): string => new URL(`${name}.png`, pictures).pathname;

let folder: string;
let shop: Shop;
let server: RunningServer;
let browser: Browser;
let user: string;
let end: number;
const started = Date.now();
const now = (): number => end + Date.now() - started;
/** What no page may do. */
const faults: string[] = [];

describe.skipIf(!executablePath)('the page in a browser', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'browser-'));
    await mkdir(pictures, { recursive: true });
    const renderer = await openPictureRenderer();
    const shopFolder = join(folder, 'shop');
    const store = await writeDemoStore(join(folder, 'files'), {
      ...{ seed: 3, products: 140, shoppers: 300, days: 200 },
      ...(renderer && { picture: renderer }),
    });
    end = store.truth.span[1];
    shop = await openShop(shopFolder, { now });
    await shop.importFiles(store.files);
    await cp(store.pictures, join(shopFolder, 'pictures'), { recursive: true });
    await shop.train();
    for await (const one of shop.customers()) if (one.events > 25 && one.events < 60) user ??= one.userId;
    server = await serve({ shop, version: '0.0.0', now, port: 0 });
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
  }, 240_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
    await shop.close();
    await rm(folder, { recursive: true, force: true });
  });

  const wide: BrowserContextOptions = { viewport: { width: 1280, height: 900 } };
  const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

  async function open(path: string, options: BrowserContextOptions = wide, of = server): Promise<Page> {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(`${path}: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) faults.push(`${path}: ${message.text()}`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(of.address) && !request.url().startsWith('data:'))
        faults.push(`${path}: asks ${request.url()}`);
    });
    await page.goto(of.address + path);
    await page.waitForSelector('html[data-live]');
    return page;
  }

  async function axeFinds(page: Page): Promise<string[]> {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() =>
      (
        globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        }
      ).axe.run(),
    );
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
  }

  const productsOn = (page: Page): Promise<string[]> =>
    page.$$eval('.cards [data-product]', (cards) => cards.map((card) => (card as HTMLElement).dataset['product']!));

  test('a shopper is picked, clicks are recorded as theirs, and the slate follows', async () => {
    const page = await open('/');
    const ofStranger = await productsOn(page);
    await page.fill('#find', user);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`h1:has-text("${user}")`);
    expect(new URL(page.url()).pathname).toBe(`/shoppers/${user}`);
    expect(await page.title()).toContain(user);
    const before = await productsOn(page);
    expect(before).not.toEqual(ofStranger);
    const events = await shop.history({ user });
    // Nothing can be clicked as the shopper before it is asked for.
    expect(await page.locator('.acts button').count()).toBe(0);
    await page.check('.acting input');
    await page.locator('.card').nth(4).locator('button[data-act="purchase"]').click();
    await page.waitForFunction(() => document.querySelector('.said')!.textContent!.startsWith('Recorded'));
    const after = (await shop.history({ user }))!;
    expect(after.length).toBe(Math.min(500, events!.length + 1));
    expect(after[0]).toMatchObject({ kind: 'purchase', productId: before[4] });
    expect(await productsOn(page)).not.toEqual(before);
    expect(await page.locator('.history li').first().textContent()).toContain('bought');
    await page.locator('.card').first().locator('button[data-act="add_to_cart"]').click();
    await page.waitForSelector('.cart');
    const inCart = (await shop.history({ user }))![0]!;
    expect(inCart.kind).toBe('add_to_cart');
    expect(await productsOn(page)).not.toContain(inCart.productId);
    await page.screenshot({ path: picture('shopper') });
    // The slate that was clicked on is in the log, so that feedback joins it.
    const noted = new Set<string>();
    for await (const { recommendationId } of shop.slates()) noted.add(recommendationId);
    expect(noted.size).toBeGreaterThan(0);
    await page.context().close();
  });

  test('every candidate shows its signals as bars as long as they are strong', async () => {
    const page = await open(`/shoppers/${user}`);
    await page.locator('.card summary').first().click();
    const bars = await page.$$eval('.card:first-child .signals tr', (rows) =>
      rows.map(
        (row) =>
          [
            Number(row.querySelector('td.number')!.textContent!.replace('−', '-')),
            Number(row.querySelector('rect')!.getAttribute('width')),
            row.querySelector('svg')!.classList.contains('against'),
          ] as const,
      ),
    );
    expect(bars.length).toBeGreaterThan(3);
    for (const [value, width, isAgainst] of bars) {
      expect(isAgainst).toBe(value < 0);
      expect(width / bars[0]![1]).toBeCloseTo(Math.abs(value / bars[0]![0]), 1);
    }
    await page.click('details.all > summary');
    await page.waitForSelector('table.candidates tbody tr');
    expect(await page.locator('table.candidates tbody tr').count()).toBeGreaterThan(20);
    await page.context().close();
  });

  test('data, training and products are read, and a training shows how far it is', async () => {
    const page = await open('/data');
    await page.click('button:has-text("zero-prices")');
    await page.waitForSelector('table.rows tbody tr');
    expect(await page.locator('table.rows').textContent()).toContain('events.csv');
    await page.click('nav a:has-text("Training")');
    await page.click('button:has-text("Train now")');
    await page.waitForSelector('progress');
    await page.waitForSelector('h2:has-text("Generation 2")', { timeout: 120_000 });
    await page.click('nav a:has-text("Catalogue")');
    await page.locator('.card a').first().click();
    await page.waitForSelector('article.product');
    await page.goBack();
    await page.waitForSelector('h1:has-text("Catalogue")');
    expect(
      await page.$$eval('.card img', (images) =>
        images.slice(0, 4).every((one) => (one as HTMLImageElement).naturalWidth > 0),
      ),
    ).toBe(true);
    await page.context().close();
  });

  test('a product that nobody has met is put in, and its page shows what it is like by its texts', async () => {
    const acting = await serve({ shop, version: '0.0.0', now, port: 0, acts: true });
    const page = await open('/catalogue', wide, acting);
    const [known] = (await shop.product('P0001'))!.categories;
    await page.click('.new-product summary');
    await page.fill('#new-productId', 'NEW-1');
    await page.fill('#new-title', `Fresh ${(await shop.product('P0001'))!.title.replace(/^.*? /u, '')}`);
    await page.fill('#new-category', known!.join(' > '));
    await page.screenshot({ path: picture('new-product-form') });
    expect(await axeFinds(page)).toEqual([]);
    await page.click('.new-product button');
    await page.waitForURL('**/catalogue/NEW-1');
    await page.waitForSelector('.product .cards [data-product]', { timeout: 15_000 });
    const like = await Promise.all((await productsOn(page)).map((id) => shop.product(id)));
    expect(like.slice(0, 3).map((one) => one!.categories[0]![0])).toContain(known![0]);
    await page.screenshot({ path: picture('new-product') });
    await page.goto(`${acting.address}/catalogue`);
    await page.click('.new-product summary');
    // No id at all is refused by the API, and said.
    await page.fill('#new-productId', ' ');
    await page.fill('#new-title', 'T');
    await page.click('.new-product button');
    await page.waitForSelector('.new-product .note:not([hidden])');
    await page.context().close();
    await acting.close();
  });

  test('a slate that was re-ranked shows the order before beside the order after; one that was not says why', async () => {
    const endpoint = await openAiEndpoint(adds);
    const rerank = { endpoint: endpoint.url, model: 'scripted', window: 40, top: 36, deadlineMs: 2000 };
    const reads = await sumsShop(join(folder, 'sums'), { rerank });
    await reads.train();
    const served = await serve({ shop: reads, version: '0.0.0', now: () => sumsNow, port: 0, acts: true });
    const page = await open('/shoppers/u1', wide, served);
    expect(await page.textContent('[data-rerank=used]')).toContain('Re-ranked by scripted');
    await page.click('.rerank summary');
    const [before, after] = await page.$$eval('.orders ol', (lists) =>
      lists.map((list) => [...list.querySelectorAll('a')].map((link) => link.getAttribute('href')!.split('/').at(-1)!)),
    );
    expect(after).toEqual(await productsOn(page));
    expect(before!.length).toBe(after!.length);
    expect(before).not.toEqual(after);
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.orders a')].every((link) => /^Thing/u.test(link.textContent!)),
    );
    expect(await axeFinds(page)).toEqual([]);
    await page.screenshot({ path: picture('re-ranked'), fullPage: true });
    await page.goto(`${served.address}/training`);
    expect(await page.textContent('main')).toContain('It pays: its weight is');
    await endpoint.close();
    await page.goto(`${served.address}/shoppers/u2`);
    expect(await page.textContent('[data-rerank=missed]')).toContain('Not re-ranked.');
    await page.context().close();
    await served.close();
    await reads.close();
  });

  test('language and colours are changed and stay', async () => {
    const page = await open(`/shoppers/${user}`);
    const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.click('header button');
    await page.waitForSelector('h1:has-text("推荐货架")');
    await page.selectOption('header select', 'dark');
    expect(await ground()).not.toBe(light);
    await page.reload();
    await page.waitForSelector('html[data-live][lang="zh-CN"][data-theme="dark"] h1:has-text("推荐货架")');
    await page.screenshot({ path: picture('shopper-zh-dark') });
    await page.context().close();
  });

  for (const [name, options] of [
    ['wide and light', wide],
    ['on a phone and dark', { ...phone, colorScheme: 'dark', locale: 'zh-CN' }],
  ] as const)
    test(`axe finds nothing, ${name}, and nothing is wider than the screen`, async () => {
      for (const path of ['/', `/shoppers/${user}`, '/catalogue', '/catalogue/P0001', '/data', '/training']) {
        const page = await open(path, options);
        for (const summary of await page
          .locator('.card summary')
          .all()
          .then((all) => all.slice(0, 1)))
          await summary.click();
        if (path.startsWith('/shoppers')) {
          await page.click('details.all > summary');
          await page.waitForSelector('table.candidates');
        }
        expect([path, await axeFinds(page)]).toEqual([path, []]);
        const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        expect([path, content! <= screen!]).toEqual([path, true]);
        await page.screenshot({
          path: new URL(`${name} ${path.split('/')[1] || 'home'}.png`.replaceAll(' ', '-'), pictures).pathname,
        });
        await page.context().close();
      }
    }, 300_000);

  test('the keyboard reaches everything, and the focus is seen', async () => {
    const page = await open(`/shoppers/${user}`);
    await page.check('.acting input');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const reached = new Set<string>();
    for (let n = 0; n < 90; n++) {
      await page.keyboard.press('Tab');
      const [what, outline] = await page.evaluate(() => {
        const one = document.activeElement!;
        return [`${one.tagName} ${one.getAttribute('data-act') ?? one.className}`, getComputedStyle(one).outlineStyle];
      });
      if (!what!.startsWith('BODY')) expect([what, outline]).toEqual([what, 'solid']);
      reached.add(what!);
    }
    for (const one of ['A skip', 'SELECT ', 'INPUT ', 'UL users', 'SUMMARY ', 'BUTTON view_item', 'BUTTON purchase'])
      expect([...reached]).toContain(one);
    await page.context().close();
  });

  test('a shop with keys opens by a key, which stays in its tab', async () => {
    const place = await mkdtemp(join(tmpdir(), 'browser-keys-'));
    await using locked = await openShop(place, { now });
    const { key } = await createKey(place, { name: 'boss', scopes: ['admin'] }, now());
    const { key: narrow } = await createKey(place, { name: 'front', scopes: ['collect'] }, now());
    const guarded = await serve({ shop: locked, version: '0.0.0', now, port: 0 });
    try {
      const context = await browser.newContext({ locale: 'en-GB' });
      const page = await context.newPage();
      await page.goto(`${guarded.address}/data`);
      await page.waitForSelector('html[data-live]');
      expect(await axeFinds(page)).toEqual([]);
      await page.fill('#key', narrow);
      await page.keyboard.press('Enter');
      await page.waitForSelector('[role="alert"]');
      await page.fill('#key', key);
      await page.keyboard.press('Enter');
      await page.waitForSelector('h1:has-text("The shop")');
      await page.reload();
      await page.waitForSelector('h1:has-text("The shop")');
      const other = await context.newPage();
      await other.goto(`${guarded.address}/data`);
      await other.waitForSelector('#key');
      await context.close();
    } finally {
      await guarded.close();
      await rm(place, { recursive: true });
    }
  });

  test('nothing failed, asked elsewhere or broke the policy meanwhile', () => {
    expect(faults).toEqual([]);
  });
});
