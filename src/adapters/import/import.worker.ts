/** The thread of one import: its own store of the same shop, its own DuckDB, and messages for the way there and back. */
import { parentPort, workerData } from 'node:worker_threads';
import { ShelfwiseError } from '../../core/errors.ts';
import { importFiles } from '../../data/import/import-files.ts';
import type { ImportProgress } from '../../data/import/import-options.ts';
import { releaseQuarantined } from '../../data/import/release.ts';
import { openDuckdb } from '../duckdb/analytics.ts';
import { openStoreOf } from '../open-store.ts';
import { carriedError, type ImportThreadData, type ToImport, type ToMain } from './messages.ts';

const { task, store: of, now } = workerData as ImportThreadData;
const port = parentPort!;
const abort = new AbortController();

port.on('message', ({ stop }: ToImport) => {
  abort.abort(new ShelfwiseError('SW_CANCELLED', stop, 'Nothing was stored; start it again.'));
});

async function run(): Promise<ToMain> {
  const store = await openStoreOf(of);
  try {
    const shared = {
      store,
      folder: of.folder,
      openAnalytics: openDuckdb,
      now: () => now,
      signal: abort.signal,
      onProgress: (progress: ImportProgress) => port.postMessage({ progress } satisfies ToMain),
    };
    return task.release === undefined
      ? { done: await importFiles(task.paths, { ...task.options, ...shared }) }
      : { done: await releaseQuarantined({ ...task.options, ...shared, step: task.release }) };
  } finally {
    await store.close();
  }
}

const answer = await run().catch((error: unknown): ToMain => ({ failed: carriedError(error) }));
port.postMessage(answer);
port.close();
