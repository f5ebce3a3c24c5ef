import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { openDuckdb } from '../../adapters/duckdb/analytics.ts';
import { openStore } from '../../adapters/sqlite/shop-store.ts';

const root = mkdtempSync(join(tmpdir(), 'shelfwise-cli-evaluate-'));
afterAll(() => rmSync(root, { recursive: true }));
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const path = join(root, 'rings.txt');
// Everyone walks round a ring of 40 items, from another place.
const rows = Array.from({ length: 120 }, (_, u) => Array.from({ length: 6 }, (__, n) => (u * 7 + n) % 40));
writeFileSync(path, rows.map((row, u) => `u${u} ${row.join(' ')}\n`).join(''));

function shelfwise(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, SHELFWISE_CACHE: join(root, 'cache') };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err });
    });
  });
}

describe('shelfwise evaluate', () => {
  test('--json prints one document on stdout, and the second run reuses the fit', async () => {
    const args = [
      'evaluate',
      'sequence',
      path,
      '--model',
      'transition-knn',
      '--set',
      'transition-knn.window=3',
      '--json',
    ];
    const { code, out } = await shelfwise(...args, '--threads', '1');
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ task: 'sequence', model: 'transition-knn', users: 120, items: 40, seed: 1 });
    expect(report.metrics['HR@5']).toBeGreaterThan(0.9);
    expect(report.baseline.metrics['HR@5']).toBeLessThan(0.5);
    expect(report.fit).toMatchObject({ reused: false, settings: { window: 3 } });
    expect(JSON.parse((await shelfwise(...args)).out).fit.reused).toBe(true);
    expect(JSON.parse((await shelfwise(...args, '--no-cache')).out).fit.reused).toBe(false);
  });

  test('without it a table is printed, popularity and the difference beside', async () => {
    const { code, out } = await shelfwise(
      'evaluate',
      'sequence',
      path,
      '--model=transition-knn',
      '--against',
      'item-knn',
    );
    expect(code).toBe(0);
    expect(out).toMatch(/metric +transition-knn +95% interval +item-knn +popularity/);
    expect(out).toMatch(/NDCG@10: transition-knn - item-knn = \+0\.\d+ \[0\.\d+, 0\.\d+\]/);
  });

  test("a shop's own events are cut by time, its categories and brands used", async () => {
    const shop = join(root, 'shop');
    const store = await openStore(shop, { create: true, openAnalytics: () => openDuckdb() });
    const products = Array.from({ length: 40 }, (_, i) => ({
      productId: `p${i}`,
      title: `Product ${i}`,
      categories: [['Shop', `Shelf ${i % 4}`]],
      attributes: {},
      images: [],
      variants: [],
    }));
    await store.putProducts(products);
    const events = rows.flatMap((row, u) =>
      row.map((item, n) => ({
        eventId: `${u}-${n}`,
        kind: 'purchase' as const,
        time: Date.UTC(2024, 0, 1 + (u % 60) + n),
        userId: `u${u}`,
        productId: `p${item}`,
      })),
    );
    await store.appendEvents(events);
    await store.close();
    const { code, out } = await shelfwise('evaluate', 'shop', shop, '--model', 'transition-knn', '--json');
    const report = JSON.parse(out);
    expect({ code, ...report }).toMatchObject({ code: 0, task: 'shop', items: 40 });
    expect(report.metrics['Recall@10']).toBeGreaterThan(0.8);
    expect(report.baseline.metrics['Recall@10']).toBeLessThan(0.5);
    expect(report.metrics['Diversity']).toBeGreaterThan(0);
    const late = await shelfwise('evaluate', 'shop', shop, '--model', 'popularity', '--from', '2030-01-01', '--json');
    expect(late.code).toBe(2);
    expect(JSON.parse(late.out).error.message).toMatch(/expected events before and after 2030-01-01/);
  });

  test.each([
    ['an unknown model', ['sequence', path, '--model', 'nope'], 'SW_MODEL_UNKNOWN', /transition-knn/],
    ['an unknown task', ['dance', path, '--model', 'popularity'], 'SW_USAGE', /sequence, interactions, session, shop/],
    [
      'an unknown setting',
      ['sequence', path, '--model', 'popularity', '--set', 'popularity.hue=1'],
      'SW_SETTING',
      /hue/,
    ],
    ['no path', ['sequence', '--model', 'popularity'], 'SW_USAGE', /TASK PATH --model NAME/],
    ['a wrong layout', ['session', path, '--model', 'popularity'], 'SW_INPUT_FORMAT', /train_sessions\.txt/],
    ['a wrong number', ['sequence', path, '--model', 'popularity', '--sampled', 'few'], 'SW_USAGE', /--sampled/],
  ])('%s exits 2 and says what was expected', async (_, args, errorCode, message) => {
    const { code, out } = await shelfwise('evaluate', ...args, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out).error).toMatchObject({ code: errorCode, message: expect.stringMatching(message) });
  });
});
