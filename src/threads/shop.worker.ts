/** A thread that does one piece of work: its own store of the shop, its own engines, and messages for the way there and back. */
import { parentPort, workerData } from 'node:worker_threads';
import { openCompute } from '../adapters/compute.ts';
import { openDuckdb } from '../adapters/duckdb/analytics.ts';
import { openEncoder } from '../adapters/open-encoder.ts';
import { openReranker } from '../adapters/open-reranker.ts';
import { openStoreOf } from '../adapters/open-store.ts';
import { ShelfwiseError } from '../core/errors.ts';
import { importFiles } from '../data/import/import-files.ts';
import { releaseQuarantined } from '../data/import/release.ts';
import type { ShopStore } from '../data/shop-store.ts';
import type { OpenEncoder } from '../engine/content.ts';
import { evaluate, evaluateStore } from '../engine/evaluate.ts';
import { evaluateClicks } from '../engine/evaluate-clicks.ts';
import type { OpenReranking } from '../engine/rerank-stage.ts';
import { trainShop } from '../engine/training.ts';
import type { Compute } from '../models/model.ts';
import { compositeFitters } from '../selection/composites.ts';
import { carriedError, type FromThread, type ShopTask, type ThreadData, type ToThread } from './messages.ts';

/** Shares are told at most so often. */
const tellMs = 50;

const { task, store: of, now: time, version, threads } = workerData as ThreadData;
const port = parentPort!;
const abort = new AbortController();
const now = (): number => time;

port.on('message', ({ stop }: ToThread) => {
  abort.abort(new ShelfwiseError('SW_CANCELLED', stop, 'Nothing was stored; start it again.'));
});

const tell = (...progress: unknown[]): void => port.postMessage({ progress } satisfies FromThread);
const told = { at: -Infinity, note: '' };
/** Work tells its share more often than anybody looks. */
function tellShare(share: number, note?: string): void {
  const at = performance.now();
  if (at - told.at < tellMs && share < 1 && (note === undefined || note === told.note)) return;
  told.at = at;
  told.note = note ?? told.note;
  tell(share, note);
}

async function withCompute<T>(work: (compute: Compute) => Promise<T>): Promise<T> {
  const compute = await openCompute(threads === undefined ? {} : { threads });
  try {
    return await work(compute);
  } finally {
    await compute.close();
  }
}

async function onShop(shopTask: ShopTask, folder: string, store: ShopStore): Promise<unknown> {
  const { signal } = abort;
  const imports = { store, folder, openAnalytics: openDuckdb, now, signal, onProgress: tell };
  const shares = { signal, onProgress: tellShare };
  const encoderOf: OpenEncoder = (choice) => openEncoder(folder, choice);
  const openReranking: OpenReranking = (choice) => openReranker(folder, choice);
  switch (shopTask.kind) {
    case 'import':
      return importFiles(shopTask.paths, { ...shopTask.options, ...imports });
    case 'release':
      return releaseQuarantined({ ...shopTask.options, ...imports, step: shopTask.step });
    case 'train': {
      const lent = { ...{ folder, store, version, now }, right: shopTask.right, openEncoder: encoderOf, openReranking };
      return withCompute((compute) => trainShop({ ...lent, compute }, { ...shopTask.options, ...shares }));
    }
    case 'evaluate':
      return withCompute((compute) =>
        evaluateStore(
          { folder, store, openEncoder: encoderOf, openReranking },
          { ...shopTask.options, ...shares, compute },
        ),
      );
  }
}

async function run(): Promise<unknown> {
  if (task.kind === 'evaluate-files') {
    const shares = { signal: abort.signal, onProgress: tellShare };
    return withCompute((compute) => evaluate({ ...task.options, ...shares, compute, composites: compositeFitters }));
  }
  if (task.kind === 'evaluate-clicks') {
    const shares = { signal: abort.signal, onProgress: tellShare };
    return withCompute((compute) => evaluateClicks({ ...task.options, ...shares, compute }));
  }
  const store = await openStoreOf(of!);
  try {
    return await onShop(task, of!.folder, store);
  } finally {
    await store.close();
  }
}

const answer = await run().then(
  (done): FromThread => ({ done }),
  (error: unknown): FromThread => ({ failed: carriedError(error) }),
);
port.postMessage(answer);
port.close();
