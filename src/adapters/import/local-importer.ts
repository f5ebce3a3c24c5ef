/** Imports on the caller's own thread, into a store that was handed in: another thread could not open it. */
import { ShelfwiseError } from '../../core/errors.ts';
import { importFiles } from '../../data/import/import-files.ts';
import type { Importer } from '../../data/import/importer.ts';
import { releaseQuarantined } from '../../data/import/release.ts';
import type { ShopStore } from '../../data/shop-store.ts';
import { openDuckdb } from '../duckdb/analytics.ts';

export function localImporter(shop: {
  readonly store: ShopStore;
  /** For work in progress. */
  readonly folder: string;
  readonly now: () => number;
}): Importer {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  const parts = { ...shop, openAnalytics: openDuckdb };
  async function run<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (closing.signal.aborted) {
      const message = 'import: expected an open shop, got one that was closed.';
      throw new ShelfwiseError('SW_SHOP_CLOSED', message, 'Open it again, and close it when all is done.');
    }
    const done = work(signal ? AbortSignal.any([signal, closing.signal]) : closing.signal);
    running.add(done);
    return done.finally(() => running.delete(done));
  }
  return {
    importFiles: (paths, { signal, ...options }) =>
      run(signal, (stop) => importFiles(paths, { ...options, ...parts, signal: stop })),
    releaseQuarantined: (step, { signal, ...options }) =>
      run(signal, (stop) => releaseQuarantined({ ...options, ...parts, signal: stop, step })),
    async close() {
      closing.abort(new ShelfwiseError('SW_CANCELLED', 'import: stopped, since the shop was closed.'));
      await Promise.allSettled(running);
    },
  };
}
