/**
 * One thread for one piece of work, so that the caller's stays free and the work can always be stopped: asked first, and
 * ended where it does not answer. A thread that runs out of memory fails alone.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ShelfwiseError } from '../core/errors.ts';
import { noteEnded, tagIn, tagOfThread } from '../core/scratch.ts';
import { workerFlags } from '../core/worker-flags.ts';
import { errorOf, type FromThread, type ThreadData, type ToThread } from './messages.ts';

/** A thread that was asked to stop is ended after this time. */
const graceMs = 2_000;

export interface RunningThread {
  /** What the work answered. */
  readonly ended: Promise<unknown>;
  stop(reason: ShelfwiseError): void;
}

/** Names of the kinds of work, in errors. */
const wordOf = (data: ThreadData): string =>
  ({
    import: 'import',
    release: 'import',
    train: 'train',
    evaluate: 'evaluate',
    'evaluate-files': 'evaluate',
    'evaluate-clicks': 'evaluate',
  })[data.task.kind];

export function startThread(
  script: URL,
  data: ThreadData,
  onProgress: ((...told: never[]) => void) | undefined,
): RunningThread {
  const worker = new Worker(script, { workerData: data, ...workerFlags() });
  const { threadId } = worker;
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let patience: NodeJS.Timeout | undefined;
  let stopped: ShelfwiseError | undefined;

  function stop(reason: ShelfwiseError): void {
    if (stopped) return;
    stopped = reason;
    worker.postMessage({ stop: reason.message } satisfies ToThread);
    patience = setTimeout(() => void worker.terminate(), graceMs);
  }

  let answer: FromThread | undefined;
  worker.on('message', (message: FromThread) => {
    if (message.progress) {
      try {
        onProgress?.(...(message.progress as never[]));
      } catch (error) {
        stop(
          new ShelfwiseError('SW_CANCELLED', `${wordOf(data)}: stopped, since \`onProgress\` threw.`, '', {}, error),
        );
      }
    } else answer = message;
  });
  let fault: Error | undefined;
  worker.on('error', (error) => {
    fault = error;
  });
  worker.on('exit', () => {
    clearTimeout(patience);
    noteEnded(threadId);
    if (answer?.failed === undefined && answer) resolve(answer.done);
    else {
      // The thread that answered has removed its scratch itself.
      if (!answer && data.store) removeScratch(data.store.folder, tagOfThread(threadId));
      reject(stopped ?? (answer?.failed ? errorOf(answer.failed) : endedWithout(fault, wordOf(data))));
    }
  });
  return { ended: promise, stop };
}

/** Runs one piece of work, until a signal says otherwise. */
export async function runThread(
  script: URL,
  data: ThreadData,
  { signal, onProgress }: { signal?: AbortSignal | undefined; onProgress?: ((...told: never[]) => void) | undefined },
  started: (thread: RunningThread) => void = () => {},
): Promise<unknown> {
  const word = wordOf(data);
  if (signal?.aborted) throw reasonOf(signal, word);
  const thread = startThread(script, data, onProgress);
  const onAbort = (): void => thread.stop(reasonOf(signal!, word));
  signal?.addEventListener('abort', onAbort, { once: true });
  started(thread);
  return thread.ended.finally(() => signal?.removeEventListener('abort', onAbort));
}

function endedWithout(fault: Error | undefined, word: string): Error {
  if ((fault as NodeJS.ErrnoException | undefined)?.code !== 'ERR_WORKER_OUT_OF_MEMORY')
    return fault ?? new ShelfwiseError('SW_INTERNAL', `${word}: expected an answer of its thread, got none.`);
  return new ShelfwiseError(
    'SW_MEMORY',
    `${word}: expected to fit into memory, got more than JavaScript may take.`,
    `Nothing was stored. ${word === 'import' ? 'Split the file, or give' : 'Give'} Node more: NODE_OPTIONS=--max-old-space-size=MIB.`,
    {},
    fault,
  );
}

/** What a thread that was ended left in the shop. */
function removeScratch(folder: string, tag: string): void {
  const sweep = (part: string): void => {
    if (!existsSync(part)) return;
    for (const name of readdirSync(part))
      if (tagIn(name) === tag) rmSync(join(part, name), { recursive: true, force: true });
  };
  sweep(join(folder, 'models'));
  const imports = join(folder, 'imports');
  if (!existsSync(imports)) return;
  sweep(imports);
  for (const entry of readdirSync(imports, { withFileTypes: true }))
    if (entry.isDirectory()) sweep(join(imports, entry.name));
}

function reasonOf({ reason }: AbortSignal, word: string): ShelfwiseError {
  if (reason instanceof ShelfwiseError) return reason;
  const hint = 'Nothing was stored; start it again.';
  return new ShelfwiseError('SW_CANCELLED', `${word}: stopped on request.`, hint, {}, reason);
}

/** The program of a thread. */
export function shopScript(): URL {
  const self = import.meta.url;
  return new URL(self.endsWith('.ts') ? './shop.worker.ts' : './shop.worker.js', self);
}
