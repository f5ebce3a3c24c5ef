/** The long work of a shop in a folder, each piece on a thread of its own with its own store of the same shop. */
import type { StoreOfFolder } from '../adapters/open-store.ts';
import { ShelfwiseError } from '../core/errors.ts';
import type { ImportReport } from '../data/import-log.ts';
import type { ShopStore } from '../data/shop-store.ts';
import type { EvaluationReport } from '../engine/evaluation-report.ts';
import type { ShopWork } from '../engine/shop-work.ts';
import type { TrainingReport } from '../engine/training-report.ts';
import type { ShopTask } from './messages.ts';
import { type RunningThread, runThread, shopScript } from './thread.ts';

export interface ThreadWorkOptions extends StoreOfFolder {
  /** Holds the right to train while a thread does. */
  readonly store: Pick<ShopStore, 'beginTraining'>;
  readonly now: () => number;
  readonly version: string;
  readonly threads?: number;
  /** The program of a thread. */
  readonly script?: URL;
}

export function threadWork({
  now,
  script = shopScript(),
  store: right,
  version,
  threads,
  ...store
}: ThreadWorkOptions): ShopWork {
  const running = new Set<RunningThread>();
  let closed = false;

  async function run(task: ShopTask, callbacks: Parameters<typeof runThread>[2]): Promise<unknown> {
    if (closed) {
      const message = `${task.kind === 'release' ? 'import' : task.kind}: expected an open shop, got one that was closed.`;
      throw new ShelfwiseError('SW_SHOP_CLOSED', message, 'Open it again, and close it when all is done.');
    }
    let thread: RunningThread | undefined;
    const data = { task, store, now: now(), version, ...(threads !== undefined && { threads }) };
    try {
      return await runThread(script, data, callbacks, (started) => {
        thread = started;
        running.add(started);
      });
    } finally {
      if (thread) running.delete(thread);
    }
  }

  return {
    async importFiles(paths, { signal, onProgress, ...options }) {
      return (await run({ kind: 'import', paths, options }, { signal, onProgress })) as ImportReport;
    },
    async releaseQuarantined(step, { signal, onProgress, ...options }) {
      return (await run({ kind: 'release', step, options }, { signal, onProgress })) as ImportReport[];
    },
    async train({ signal, onProgress, ...options }) {
      // Held here, where the heart beats while the thread computes, and where it ends with a thread that died.
      const held = await right.beginTraining();
      try {
        return (await run({ kind: 'train', options, right: held.token }, { signal, onProgress })) as TrainingReport;
      } finally {
        held.end();
      }
    },
    async evaluate({ signal, onProgress, ...options }) {
      return (await run({ kind: 'evaluate', options }, { signal, onProgress })) as EvaluationReport;
    },
    async close() {
      closed = true;
      const stopped = new ShelfwiseError('SW_CANCELLED', 'work: stopped, since the shop was closed.');
      for (const thread of running) thread.stop(stopped);
      await Promise.allSettled([...running].map(({ ended }) => ended));
    },
  };
}
