/**
 * Imports on threads of their own, so that the caller's stays free and an import can always be stopped: asked first, and
 * ended where it does not answer. A thread that runs out of memory fails alone.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ShelfwiseError } from '../../core/errors.ts';
import { tagOfThread } from '../../core/scratch.ts';
import type { FileImportOptions, Importer } from '../../data/import/importer.ts';
import type { ImportReport } from '../../data/import-log.ts';
import type { StoreOfFolder } from '../open-store.ts';
import { errorOf, type ImportTask, type ImportThreadData, type ToImport, type ToMain } from './messages.ts';

/** A thread that was asked to stop is ended after this time. */
const graceMs = 2_000;

export interface ThreadImporterOptions extends StoreOfFolder {
  readonly now: () => number;
  /** The program of a thread. */
  readonly script?: URL;
}

interface Running {
  readonly ended: Promise<unknown>;
  stop(reason: ShelfwiseError): void;
}

export function threadImporter({ now, script = importScript(), ...store }: ThreadImporterOptions): Importer {
  const running = new Set<Running>();
  let closed = false;

  async function run(task: ImportTask, { signal, onProgress }: Callbacks): Promise<ImportReport | ImportReport[]> {
    if (closed) {
      const message = 'import: expected an open shop, got one that was closed.';
      throw new ShelfwiseError('SW_SHOP_CLOSED', message, 'Open it again, and close it when all is done.');
    }
    if (signal?.aborted) throw reasonOf(signal);
    const thread = startThread(script, { task, store, now: now() }, onProgress);
    const onAbort = (): void => thread.stop(reasonOf(signal!));
    signal?.addEventListener('abort', onAbort, { once: true });
    running.add(thread);
    try {
      return await thread.ended;
    } finally {
      running.delete(thread);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  return {
    async importFiles(paths, { signal, onProgress, ...options }) {
      return (await run({ paths, options }, { signal, onProgress })) as ImportReport;
    },
    async releaseQuarantined(step, { signal, onProgress, ...options }) {
      return (await run({ release: step, options }, { signal, onProgress })) as ImportReport[];
    },
    async close() {
      closed = true;
      const stopped = new ShelfwiseError('SW_CANCELLED', 'import: stopped, since the shop was closed.');
      for (const thread of running) thread.stop(stopped);
      await Promise.allSettled([...running].map(({ ended }) => ended));
    },
  };
}

type Callbacks = Pick<FileImportOptions, 'signal' | 'onProgress'>;

function startThread(
  script: URL,
  data: ImportThreadData,
  onProgress: Callbacks['onProgress'],
): Running & { ended: Promise<ImportReport | ImportReport[]> } {
  const worker = new Worker(script, { workerData: data });
  const { threadId } = worker;
  const { promise, resolve, reject } = Promise.withResolvers<ImportReport | ImportReport[]>();
  let patience: NodeJS.Timeout | undefined;
  let stopped: ShelfwiseError | undefined;

  function stop(reason: ShelfwiseError): void {
    if (stopped) return;
    stopped = reason;
    worker.postMessage({ stop: reason.message } satisfies ToImport);
    patience = setTimeout(() => void worker.terminate(), graceMs);
  }

  let answer: ToMain | undefined;
  worker.on('message', (message: ToMain) => {
    if (message.progress) {
      try {
        onProgress?.(message.progress);
      } catch (error) {
        stop(new ShelfwiseError('SW_CANCELLED', 'import: stopped, since `onProgress` threw.', '', {}, error));
      }
    } else answer = message;
  });
  let fault: Error | undefined;
  worker.on('error', (error) => {
    fault = error;
  });
  worker.on('exit', () => {
    clearTimeout(patience);
    if (answer?.done) resolve(answer.done);
    else {
      // The thread that answered has removed its scratch itself.
      if (!answer) removeScratch(data.store.folder, `spill-${tagOfThread(threadId)}`);
      reject(stopped ?? (answer?.failed ? errorOf(answer.failed) : ended(fault)));
    }
  });
  return { ended: promise, stop };
}

function ended(fault: Error | undefined): Error {
  if ((fault as NodeJS.ErrnoException | undefined)?.code !== 'ERR_WORKER_OUT_OF_MEMORY')
    return fault ?? new ShelfwiseError('SW_INTERNAL', 'import: expected an answer of its thread, got none.');
  return new ShelfwiseError(
    'SW_MEMORY',
    'import: expected to fit into memory, got more than JavaScript may take.',
    'Nothing was stored. Split the file, or give Node more: NODE_OPTIONS=--max-old-space-size=MIB.',
    {},
    fault,
  );
}

function removeScratch(folder: string, name: string): void {
  const imports = join(folder, 'imports');
  if (!existsSync(imports)) return;
  for (const entry of readdirSync(imports, { withFileTypes: true }))
    if (entry.isDirectory()) rmSync(join(imports, entry.name, name), { recursive: true, force: true });
}

function reasonOf({ reason }: AbortSignal): ShelfwiseError {
  if (reason instanceof ShelfwiseError) return reason;
  return new ShelfwiseError('SW_CANCELLED', 'import: stopped on request.', 'Nothing was stored; start it again.');
}

function importScript(): URL {
  const self = import.meta.url;
  return new URL(self.endsWith('.ts') ? './import.worker.ts' : './import.worker.js', self);
}
