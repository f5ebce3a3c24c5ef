/** The long work of a shop whose store was handed in, on the caller's own thread: another could not open the store. */
import { openDuckdb } from '../adapters/duckdb/analytics.ts';
import { openEncoder } from '../adapters/open-encoder.ts';
import { openReranker } from '../adapters/open-reranker.ts';
import { ShelfwiseError } from '../core/errors.ts';
import { importFiles } from '../data/import/import-files.ts';
import { releaseQuarantined } from '../data/import/release.ts';
import type { ShopStore } from '../data/shop-store.ts';
import type { EncoderChoice } from '../encoders/text/encoder-choice.ts';
import { evaluateStore } from '../engine/evaluate.ts';
import type { OpenReranking } from '../engine/rerank-stage.ts';
import type { ShopWork } from '../engine/shop-work.ts';
import { trainShop } from '../engine/training.ts';
import type { Compute } from '../models/model.ts';

export interface LocalWorkOptions {
  readonly store: ShopStore;
  /** Of trained generations, and for work in progress. */
  readonly folder: string;
  readonly now: () => number;
  readonly version: string;
  openCompute(): Promise<Compute>;
}

export function localWork({ openCompute, version, ...given }: LocalWorkOptions): ShopWork {
  const openReranking: OpenReranking = (choice) => openReranker(given.folder, choice);
  const shop = { ...given, openReranking, openEncoder: (choice: EncoderChoice) => openEncoder(given.folder, choice) };
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const parts = { ...shop, openAnalytics: openDuckdb };
  async function run<T>(
    word: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (closing.signal.aborted) {
      const message = `${word}: expected an open shop, got one that was closed.`;
      throw new ShelfwiseError('SW_SHOP_CLOSED', message, 'Open it again, and close it when all is done.');
    }
    const done = work(signal ? AbortSignal.any([signal, closing.signal]) : closing.signal);
    running.add(done);
    return done.finally(() => running.delete(done));
  }
  return {
    importFiles: (paths, { signal, ...options }) =>
      run('import', signal, (stop) => importFiles(paths, { ...options, ...parts, signal: stop })),
    releaseQuarantined: (step, { signal, ...options }) =>
      run('import', signal, (stop) => releaseQuarantined({ ...options, ...parts, signal: stop, step })),
    train: ({ signal, ...options }) =>
      run('train', signal, async (stop) =>
        trainShop({ ...shop, version, compute: await openCompute() }, { ...options, signal: stop }),
      ),
    evaluate: ({ signal, ...options }) =>
      run('evaluate', signal, async (stop) =>
        evaluateStore(shop, { ...options, signal: stop, compute: await openCompute() }),
      ),
    async close() {
      closing.abort(new ShelfwiseError('SW_CANCELLED', 'work: stopped, since the shop was closed.'));
      await Promise.allSettled(running);
    },
  };
}
