/**
 * Worker threads that run wasm kernels over one shared memory. Rows are handed out in chunks by an atomic counter; each
 * row is computed by one thread in a fixed order, so results do not depend on the number of threads.
 */
import { Worker } from 'node:worker_threads';
import { ShelfwiseError } from '../../core/errors.ts';
import { kernelsModule } from './kernels-wasm.ts';

const page = 65536;
const pages = 65536;
/** Bytes before the arena: the row counter, and what AssemblyScript keeps of its own. */
const reserved = 4096;

export interface KernelTask {
  readonly kernel: string;
  readonly rows: number;
  readonly chunk: number;
  readonly args: readonly number[];
}

type Reply = { readonly done: true } | { readonly failed: string };
type SharedArray = Float32Array | Float64Array | Int32Array;

export class KernelPool {
  readonly threads: number;
  readonly #memory: WebAssembly.Memory;
  readonly #workers: readonly Worker[];
  #top = reserved;

  private constructor(memory: WebAssembly.Memory, workers: readonly Worker[]) {
    this.#memory = memory;
    this.#workers = workers;
    this.threads = workers.length;
  }

  static async open(threads: number): Promise<KernelPool> {
    const module = await kernelsModule();
    const memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
    const self = import.meta.url;
    const script = new URL(self.endsWith('.ts') ? './kernel.worker.ts' : './kernel.worker.js', self);
    const workers = Array.from({ length: Math.max(1, threads) }, (_, thread) => {
      const worker = new Worker(script, { workerData: { module, memory, thread } });
      worker.unref();
      return worker;
    });
    return new KernelPool(memory, workers);
  }

  /** Zeros in the shared memory, or a copy of `values` there. */
  f32(values: number | ArrayLike<number>): Float32Array {
    return this.#allocate(Float32Array, values);
  }

  i32(values: number | ArrayLike<number>): Int32Array {
    return this.#allocate(Int32Array, values);
  }

  /** Calls `kernel(begin, end, thread, ...args)` until all rows are done; arrays pass as their addresses. */
  async run(
    kernel: string,
    rows: number,
    args: readonly (number | SharedArray)[],
    options: { readonly chunk?: number; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    if (rows <= 0) return;
    const counter = new Int32Array(this.#memory.buffer, 0, 1);
    Atomics.store(counter, 0, 0);
    const chunk = options.chunk ?? Math.max(1, Math.min(256, Math.ceil(rows / (this.threads * 16))));
    const task: KernelTask = { kernel, rows, chunk, args: args.map((a) => (typeof a === 'number' ? a : a.byteOffset)) };
    const stop = (): void => void Atomics.store(counter, 0, rows);
    options.signal?.throwIfAborted();
    options.signal?.addEventListener('abort', stop, { once: true });
    try {
      await Promise.all(this.#workers.map((worker) => ask(worker, task)));
    } finally {
      options.signal?.removeEventListener('abort', stop);
    }
    options.signal?.throwIfAborted();
  }

  /** Forgets every array allocated so far; their memory is used again. */
  reset(): void {
    this.#top = reserved;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #allocate<A extends Float32Array | Int32Array>(
    type: new (buffer: ArrayBufferLike, offset: number, length: number) => A,
    values: number | ArrayLike<number>,
  ): A {
    const length = typeof values === 'number' ? values : values.length;
    const offset = this.#top;
    this.#top = Math.ceil((offset + length * 4) / 16) * 16;
    const missing = Math.ceil(this.#top / page) - this.#memory.buffer.byteLength / page;
    if (missing > 0) this.#grow(missing);
    const array = new type(this.#memory.buffer, offset, length);
    if (typeof values === 'number') array.fill(0);
    else array.set(values);
    return array;
  }

  #grow(missing: number): void {
    try {
      this.#memory.grow(missing);
    } catch (cause) {
      const needed = `${(this.#top / 2 ** 30).toFixed(1)} GiB`;
      throw new ShelfwiseError(
        'SW_MODEL_LIMIT',
        `kernels: expected at most 4 GiB of arrays, got ${needed}.`,
        'Use fewer dimensions or neighbours.',
        {},
        cause,
      );
    }
  }
}

/** Opens a pool for one piece of work and closes it whatever happens. */
export async function withKernels<T>(threads: number, work: (pool: KernelPool) => Promise<T>): Promise<T> {
  const pool = await KernelPool.open(threads);
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

function ask(worker: Worker, task: KernelTask): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.ref();
    const settle = (outcome: () => void): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.unref();
      outcome();
    };
    const onMessage = (reply: Reply): void => {
      settle(() =>
        'done' in reply
          ? resolve()
          : reject(new ShelfwiseError('SW_INTERNAL', `kernel ${task.kernel}: ${reply.failed}.`)),
      );
    };
    const onError = (error: Error): void => settle(() => reject(error));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.postMessage(task);
  });
}
