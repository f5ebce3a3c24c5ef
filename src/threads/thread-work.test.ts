import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMemoryStore } from '../adapters/memory/memory-store.ts';
import { openStoreOf } from '../adapters/open-store.ts';
import { ShelfwiseError } from '../core/errors.ts';
import { ownTag } from '../core/scratch.ts';
import type { ImportProgress } from '../data/import/import-options.ts';
import { evaluate, openShop, type Shop } from '../index.ts';
import { threadWork } from './thread-work.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shelfwise-thread-'));
  file = join(folder, 'orders.csv');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const shop = (): string => join(folder, 'shop');
const ofShop = () => ({ folder: shop(), memoryLimitBytes: 2 ** 28 });
const importer = (script?: URL) =>
  threadWork({
    ...{ folder: shop(), store: createMemoryStore(), version: '0' },
    create: 'on-write',
    memoryLimitBytes: 2 ** 28,
    now: () => Date.UTC(2024, 5, 1),
    ...(script && { script }),
  });
const program = (text: string): URL => new URL(`data:text/javascript,${encodeURIComponent(text)}`);

function writeOrders(rows: number): void {
  const lines = Array.from({ length: rows }, (_, n) => `o${n},u${n % 997},p${n % 89},2024-05-${10 + (n % 20)},1,9.99`);
  writeFileSync(file, ['order_id,user_id,product_id,time,quantity,price', ...lines].join('\n'));
}

async function failure(work: Promise<unknown>): Promise<ShelfwiseError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ShelfwiseError);
  return error as ShelfwiseError;
}

test('an import on its own thread tells its progress and uses the given clock', async () => {
  writeOrders(60_000);
  const told: ImportProgress[] = [];
  const report = await importer().importFiles([file], { onProgress: (progress) => told.push(progress) });
  expect(report.eventsKept).toBe(60_000);
  expect(report.importId).toMatch(/^20240601T/);
  expect(told.at(-1)).toMatchObject({ phase: 'store', share: 1, rows: 60_000 });
  expect(readdirSync(join(shop(), 'segments')).length).toBeGreaterThan(0);
  expect(existsSync(join(shop(), 'imports'))).toBe(false);
});

test('faults of the input come back as the named errors they are', async () => {
  const error = await failure(importer().importFiles([join(folder, 'none.csv')], {}));
  expect(error.code).toBe('SW_INPUT_NOT_FOUND');
  expect(error.hint).not.toBe('');
  expect(error.details).toMatchObject({ path: join(folder, 'none.csv') });
  expect((await failure(importer().releaseQuarantined('magic', {}))).code).toBe('SW_USAGE');
  expect(existsSync(shop())).toBe(false);
});

test('an import that is stopped stores nothing and leaves nothing', async () => {
  writeOrders(200_000);
  const stop = new AbortController();
  const onProgress = ({ rows }: ImportProgress): void => {
    if (rows > 0) stop.abort();
  };
  const error = await failure(importer().importFiles([file], { signal: stop.signal, onProgress }));
  expect(error.code).toBe('SW_CANCELLED');
  expect(existsSync(shop())).toBe(false);
  const before = await failure(importer().importFiles([file], { signal: stop.signal }));
  expect(before.code).toBe('SW_CANCELLED');
});

test('a thread that does not answer is ended, and its scratch removed', async () => {
  const scratch = `
    import { mkdirSync } from 'node:fs';
    import { workerData, threadId, parentPort } from 'node:worker_threads';
    mkdirSync(workerData.store.folder + '/imports/20240601T000000Z-aaaaaa/spill-${ownTag.replace(/\d+$/, '')}' + threadId, { recursive: true });
    parentPort.postMessage({ progress: [{ phase: 'read', share: 0, rows: 0 }] });
    for (;;);`;
  mkdirSync(join(shop(), 'imports', '20240601T000000Z-bbbbbb', 'spill-1'), { recursive: true });
  const stop = new AbortController();
  const work = importer(program(scratch)).importFiles([file], {
    signal: stop.signal,
    onProgress: () => stop.abort(new ShelfwiseError('SW_CANCELLED', 'import: stopped by the test.')),
  });
  expect((await failure(work)).message).toBe('import: stopped by the test.');
  expect(readdirSync(join(shop(), 'imports', '20240601T000000Z-aaaaaa'))).toEqual([]);
  expect(readdirSync(join(shop(), 'imports', '20240601T000000Z-bbbbbb'))).toEqual(['spill-1']);
});

test('closing stops what runs, and nothing runs after it', async () => {
  const hangs = importer(program('for (;;);'));
  const work = failure(hangs.importFiles([file], {}));
  await hangs.close();
  expect((await work).code).toBe('SW_CANCELLED');
  expect((await failure(hangs.importFiles([file], {}))).code).toBe('SW_SHOP_CLOSED');
});

test('a thread without memory, or without an answer, fails alone and by name', async () => {
  const heap = program(`throw Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });`);
  expect((await failure(importer(heap).importFiles([file], {}))).code).toBe('SW_MEMORY');
  expect((await failure(importer(program('process.exit(0);')).importFiles([file], {}))).code).toBe('SW_INTERNAL');
  writeOrders(10);
  const thrower = importer().importFiles([file], {
    onProgress: () => {
      throw new Error('no screen');
    },
  });
  const error = await failure(thrower);
  expect([error.code, error.cause]).toEqual(['SW_CANCELLED', new Error('no screen')]);
});

/** A shop of two tastes, with enough visits to hold some back. */
async function shopToTrain(events = 4_000): Promise<Shop> {
  const made = await openShop(shop(), { now: () => Date.UTC(2026, 0, 1) });
  await made.record(
    Array.from({ length: events }, (_, n) => ({
      ...{ eventId: `e${n}`, kind: 'purchase', time: Date.UTC(2025, 11, 1) + 60_000 * n, userId: `u${n % 97}` },
      productId: `p${((n * 7) % 20) * 2 + (n % 2)}`,
    })),
  );
  return made;
}

test('training and evaluation leave the event loop to others, and tell how far they are', async () => {
  await using made = await shopToTrain();
  const held = monitorEventLoopDelay({ resolution: 5 });
  held.enable();
  const told: number[] = [];
  const report = await made.train({ onProgress: (share) => told.push(share) });
  const measured = await made.evaluate({ model: 'item-knn', cacheFolder: false });
  held.disable();
  expect(report).toMatchObject({ generation: 1, data: { events: 4_000 } });
  expect(measured.cases).toBeGreaterThan(0);
  expect(told.at(-1)).toBe(1);
  expect(told.length).toBeGreaterThan(5);
  // The fits alone would hold it for seconds; no exact time is asserted on a busy machine.
  expect(held.max / 1e6).toBeLessThan((1_000 * report.seconds) / 4);
  expect((await made.recommend({ user: 'u1' })).generation).toBe(1);
  await expect(made.evaluate({ model: 'magic' })).rejects.toMatchObject({ code: 'SW_MODEL_UNKNOWN' });
  expect(await made.train()).toMatchObject({ generation: 1, unchanged: true });
});

test('a training whose thread dies leaves nothing behind and lets the next one begin; two at once are refused', async () => {
  await using made = await shopToTrain();
  const [store, of] = [await openStoreOf({ ...ofShop(), create: false }), ofShop()];
  const broken = threadWork({
    ...{ ...of, create: false as const, store, version: '0', now: Date.now },
    script: program(`
      import { mkdirSync } from 'node:fs';
      import { workerData, threadId } from 'node:worker_threads';
      mkdirSync(workerData.store.folder + '/models/.writing-${ownTag.replace(/\d+$/, '')}' + threadId + '-ab', { recursive: true });
      setTimeout(() => process.exit(0), 300);`),
  });
  const dies = failure(broken.train({}));
  await sleep(100);
  expect((await failure(made.train())).code).toBe('SW_SHOP_BUSY');
  expect((await dies).code).toBe('SW_INTERNAL');
  expect(readdirSync(join(shop(), 'models'))).toEqual([]);
  await store.close();
  const stop = new AbortController();
  const stopped = failure(made.train({ signal: stop.signal, onProgress: () => stop.abort() }));
  expect((await stopped).code).toBe('SW_CANCELLED');
  expect(await made.train()).toMatchObject({ generation: 1 });
});

test('files are measured on a thread as well', async () => {
  const path = join(folder, 'sequences.txt');
  writeFileSync(path, Array.from({ length: 60 }, (_, n) => `${n} ${n % 7} ${(n + 1) % 7} ${(n + 2) % 7}`).join('\n'));
  const report = await evaluate({ task: 'sequence', path, model: 'transition-knn', cacheFolder: false });
  expect(report.metrics['HR@10']).toBeGreaterThan(0.9);
  const stop = AbortSignal.abort();
  const work = evaluate({ task: 'sequence', path, model: 'transition-knn', signal: stop });
  expect((await failure(work)).code).toBe('SW_CANCELLED');
});
