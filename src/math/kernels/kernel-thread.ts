/** One worker thread of a KernelPool, seen from outside: a task goes in, its end or its failure comes out. */
import { Worker } from 'node:worker_threads';
import { ShelfwiseError } from '../../core/errors.ts';
import { workerFlags } from '../../core/worker-flags.ts';

/** Handed to a worker at its start. */
export interface KernelThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
}

export interface KernelTask {
  readonly kernel: string;
  readonly rows: number;
  readonly chunk: number;
  readonly args: readonly number[];
}

export type KernelReply = { readonly done: true } | { readonly failed: string };

export class KernelThread {
  readonly #worker: Worker;
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  #ended: Error | undefined;

  constructor(data: KernelThreadData) {
    const self = import.meta.url;
    const script = new URL(self.endsWith('.ts') ? './kernel.worker.ts' : './kernel.worker.js', self);
    this.#worker = new Worker(script, { workerData: data, ...workerFlags() });
    this.#worker.unref();
    this.#worker.on('message', (reply: KernelReply) => {
      const failure = 'failed' in reply ? new ShelfwiseError('SW_INTERNAL', `kernels: ${reply.failed}.`) : undefined;
      this.#settle(failure);
    });
    this.#worker.on('error', (error: Error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new ShelfwiseError('SW_INTERNAL', 'kernels: the pool is closed.')));
  }

  /** Resolves when this thread finds no more rows to take. */
  run(task: KernelTask): Promise<void> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(task);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#settle(this.#ended);
  }

  #settle(failure: Error | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#worker.unref();
    if (failure) waiting?.reject(failure);
    else waiting?.resolve();
  }
}
