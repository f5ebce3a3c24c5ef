import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ShelfwiseError } from '../../core/errors.ts';
import { ownTag } from '../../core/scratch.ts';
import type { ImportProgress } from '../../data/import/import-options.ts';
import { threadImporter } from './thread-importer.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shelfwise-thread-'));
  file = join(folder, 'orders.csv');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const shop = (): string => join(folder, 'shop');
const importer = (script?: URL) =>
  threadImporter({
    folder: shop(),
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
    parentPort.postMessage({ progress: { phase: 'read', share: 0, rows: 0 } });
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
