/**
 * Worker threads that run wasm kernels over one shared memory. Rows are handed out in chunks by an atomic counter; each
 * row is computed by one thread in a fixed order, so results do not depend on the number of threads.
 */
import { KernelMemory } from './kernel-memory.ts';
import { KernelThread } from './kernel-thread.ts';
import { kernelsModule } from './kernels-wasm.ts';

type SharedArray = Float32Array | Int32Array;

export class KernelPool extends KernelMemory {
  readonly threads: number;
  readonly #workers: readonly KernelThread[];
  /** One task at a time owns the row counter. */
  #turn: Promise<void> = Promise.resolve();

  private constructor(module: WebAssembly.Module, threads: number) {
    super();
    const { memory } = this;
    this.#workers = Array.from({ length: threads }, (_, thread) => new KernelThread({ module, memory, thread }));
    this.threads = threads;
  }

  /**
   * @param threads - worker threads to start; at least one is
   * @throws ShelfwiseError `SW_PART_MISSING` where the kernels can neither be read nor compiled
   */
  static async open(threads: number): Promise<KernelPool> {
    return new KernelPool(await kernelsModule(), Math.max(1, Math.floor(threads)));
  }

  /**
   * Calls `kernel(begin, end, thread, ...args)` until rows `0 .. rows - 1` are done. Tasks asked for at once run one
   * after another.
   *
   * @param args - numbers as they are, arrays of this pool as their addresses
   * @param options.chunk - rows a thread takes at a time
   * @param options.signal - stops between chunks and throws its reason; the output is then half written
   */
  run(
    kernel: string,
    rows: number,
    args: readonly (number | SharedArray)[],
    options: { readonly chunk?: number; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const mine = this.#turn.then(() => this.#runAlone(kernel, rows, args, options));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Stops the threads; a task under way fails. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  async #runAlone(
    kernel: string,
    rows: number,
    args: readonly (number | SharedArray)[],
    { chunk, signal }: { readonly chunk?: number; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    signal?.throwIfAborted();
    if (rows <= 0) return;
    const counter = new Int32Array(this.memory.buffer, 0, 1);
    Atomics.store(counter, 0, 0);
    const stop = (): void => void Atomics.store(counter, 0, rows);
    const task = {
      kernel,
      rows,
      chunk: chunk ?? Math.max(1, Math.min(256, Math.ceil(rows / (this.threads * 16)))),
      args: args.map((a) => (typeof a === 'number' ? a : a.byteOffset)),
    };
    signal?.addEventListener('abort', stop, { once: true });
    const ends = await Promise.allSettled(
      this.#workers.map((worker) =>
        worker.run(task).catch((error: unknown) => {
          stop();
          throw error;
        }),
      ),
    );
    signal?.removeEventListener('abort', stop);
    signal?.throwIfAborted();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
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
