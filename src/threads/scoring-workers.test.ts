import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RequestTime } from '../engine/request-time.ts';
import type { Recommendation, RecommendRequest } from '../index.ts';
import { openShop, ShelfwiseError, type Shop } from '../index.ts';
import { ScoringWorkers } from './scoring-workers.ts';

let folder: string;
/** Answers on its own thread, beside one that has two for it. */
let alone: Shop;
let shop: Shop;
const now = Date.UTC(2026, 0, 1);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'scoring-'));
  alone = await openShop(folder, { now: () => now });
  await alone.putProducts(
    Array.from({ length: 40 }, (_, n) => ({
      ...{ productId: `p${n}`, title: `Product ${n}`, categories: [[`c${n % 2}`]], attributes: {}, images: [] },
      variants: [{ variantId: `p${n}-1`, options: {} }],
    })),
  );
  await alone.record(
    Array.from({ length: 4_000 }, (_, n) => ({
      ...{ eventId: `e${n}`, kind: 'purchase', time: Date.UTC(2025, 11, 1) + 60_000 * n, userId: `u${n % 97}` },
      productId: `p${((n * 7) % 20) * 2 + (n % 2)}`,
    })),
  );
  await alone.train();
  shop = await openShop(folder, { workers: 2, now: () => now });
}, 240_000);
afterAll(async () => {
  await shop.close();
  await alone.close();
  rmSync(folder, { recursive: true, force: true });
});

const plain = ({ recommendationId: _, ms: __, ...rest }: Recommendation) => rest;
const requests: readonly RecommendRequest[] = [
  { user: 'u1' },
  { user: 'u2', count: 3, language: 'zh', exclude: ['p1'] },
  { visitor: 'nobody' },
  { viewing: ['p3', 'gone'], cart: ['p5-1'], explain: false },
  {},
];

test('threads answer what one answers, all at once', async () => {
  const wanted = [];
  for (const request of requests) wanted.push(plain(await alone.recommend(request)));
  await Promise.all(requests.map((request) => shop.recommend(request)));
  const many = Array.from({ length: 60 }, (_, n) => requests[n % requests.length]!);
  const answers = await Promise.all(many.map((request) => shop.recommend(request)));
  for (const [n, answer] of answers.entries()) expect(plain(answer)).toEqual(wanted[n % requests.length]);
  expect(answers[0]!.items[0]!.reasons.length).toBeGreaterThan(0);
  expect((await shop.status()).workersRestarted).toBe(0);
  expect((await alone.status()).workersRestarted).toBeUndefined();
});

test('what is recorded, put and trained is in the next answer of every thread', async () => {
  await shop.record([{ eventId: 'new', kind: 'purchase', time: now - 1, userId: 'fresh', productId: 'p7' }]);
  await shop.putFacts([{ fact: 'stock', variantId: 'p9-1', place: '', from: now - 1, unitsOnHand: 0 }]);
  const generation = (await shop.train({ force: true })).generation;
  const answers = await Promise.all(Array.from({ length: 12 }, () => shop.recommend({ user: 'fresh', count: 40 })));
  for (const answer of answers) {
    expect(answer.basis).toBe('1 event of this shopper');
    expect(answer.generation).toBe(generation);
    expect(answer.items.some(({ productId }) => productId === 'p9')).toBe(false);
  }
  await shop.putFacts([{ fact: 'stock', variantId: 'p9-1', place: '', from: now, unitsOnHand: 5 }]);
}, 240_000);

test('errors, deadlines and aborts are those of one thread', async () => {
  await expect(shop.recommend({ count: 0 })).rejects.toMatchObject({ code: 'SW_USAGE' });
  await expect(shop.recommend({ deadlineMs: -1 })).rejects.toMatchObject({ code: 'SW_USAGE' });
  await expect(shop.recommend({ user: (() => 1) as never })).rejects.toMatchObject({ code: 'SW_USAGE' });
  const late = await shop.recommend({ user: 'u1', deadlineMs: 0.001 });
  expect(late.items.length).toBe(10);
  expect(late.fellBack.map(({ code }) => code)).toContain('deadline_choice');
  await expect(shop.recommend({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'SW_CANCELLED' });
  const ids = Array.from({ length: 10_000 }, (_, n) => `x${n}`);
  expect((await shop.recommend({ viewing: ids, exclude: ids })).items.length).toBe(10);
});

const program = (text: string): URL => new URL(`data:text/javascript,${encodeURIComponent(text)}`);
const answered = (scoring: ScoringWorkers, user: string) => scoring.recommend({ user }, now, new RequestTime({}));
const of = () => ({ folder, create: false as const, memoryLimitBytes: 2 ** 28 });

test('a thread that dies with requests is replaced and counted, and others answer; one that always dies is told', async () => {
  const scoring = new ScoringWorkers({
    ...{ workers: 2, of: of() },
    script: program(`
      import { existsSync, writeFileSync } from 'node:fs';
      import { parentPort, workerData } from 'node:worker_threads';
      const died = workerData.folder + '/died';
      parentPort.postMessage({ ready: true });
      parentPort.on('message', ({ id, request, close }) => {
        if (close) return parentPort.close();
        if (request.user === 'fatal') process.exit(1);
        if (request.user === 'once' && !existsSync(died)) {
          writeFileSync(died, '');
          process.exit(1);
        }
        setTimeout(() => parentPort.postMessage({ id, answer: { items: [], basis: request.user } }), 20);
      });`),
  });
  const answers = Array.from({ length: 8 }, (_, n) => answered(scoring, n === 0 ? 'once' : `u${n}`));
  expect((await Promise.all(answers)).map(({ basis }) => basis)).toEqual([
    'once',
    ...[1, 2, 3, 4, 5, 6, 7].map((n) => `u${n}`),
  ]);
  expect(scoring.restarted).toBeGreaterThanOrEqual(1);
  await expect(answered(scoring, 'fatal')).rejects.toMatchObject({ code: 'SW_INTERNAL' });
  expect((await answered(scoring, 'after')).basis).toBe('after');
  // What was asked before is answered, nothing is afterwards.
  const last = answered(scoring, 'last');
  await scoring.close();
  expect((await last).basis).toBe('last');
}, 60_000);

test('threads that cannot begin are named, and a closed shop answers what it took and no more', async () => {
  const broken = new ScoringWorkers({ workers: 2, of: { ...of(), folder: join(folder, 'none') } });
  const error: unknown = await answered(broken, 'u1').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ShelfwiseError);
  expect((error as ShelfwiseError).cause).toMatchObject({ message: expect.stringContaining('none') });
  await broken.close();
  for (const workers of [1, 2]) {
    const closing = await openShop(folder, { workers, now: () => now });
    const taken = Promise.all(Array.from({ length: 6 }, () => closing.recommend({ user: 'u3' })));
    await closing.close();
    for (const { items } of await taken) expect(items.length).toBe(10);
    await expect(closing.recommend()).rejects.toMatchObject({ code: 'SW_SHOP_CLOSED' });
  }
  await expect(openShop(folder, { workers: 0 })).rejects.toMatchObject({ code: 'SW_USAGE' });
}, 60_000);

test('threads that nobody waits for keep no process alive, and closing them ends', () => {
  const index = new URL('../index.ts', import.meta.url).href;
  const script = `
    import { openShop } from ${JSON.stringify(index)};
    const open = () => openShop(${JSON.stringify(folder)}, { workers: 2 });
    const closed = await open();
    await closed.recommend();
    await closed.close();
    const left = await open();
    console.log((await left.recommend({ user: 'u1' })).items.length);`;
  const options = { encoding: 'utf8', timeout: 60_000 } as const;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], options).trim()).toBe('10');
}, 90_000);
