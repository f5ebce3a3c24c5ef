/**
 * Worker threads that run wasm kernels over one shared memory. Rows are handed out in chunks by an atomic counter; each
 * row is computed by one thread in a fixed order, so results do not depend on the number of threads.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { KernelThread } from './kernel-thread.ts';
import { kernelsModule } from './kernels-wasm.ts';

const page = 65536;
/** The most a 32-bit wasm memory can have: 4 GiB. */
const pages = 65536;
/** Bytes before the arena: the row counter, and the kernels' own static data (tables of exp and log) from 1024 on. */
const reserved = page;
const alignment = 16;

type SharedArray = Float32Array | Int32Array;

export class KernelPool {
  readonly threads: number;
  readonly #memory: WebAssembly.Memory;
  readonly #workers: readonly KernelThread[];
  /** One task at a time owns the row counter. */
  #turn: Promise<void> = Promise.resolve();
  #top = reserved;

  private constructor(memory: WebAssembly.Memory, workers: readonly KernelThread[]) {
    this.#memory = memory;
    this.#workers = workers;
    this.threads = workers.length;
  }

  /**
   * @param threads - worker threads to start; at least one is
   * @throws ShelfwiseError `SW_PART_MISSING` where the kernels can neither be read nor compiled
   */
  static async open(threads: number): Promise<KernelPool> {
    const module = await kernelsModule();
    const memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
    const count = Math.max(1, Math.floor(threads));
    return new KernelPool(
      memory,
      Array.from({ length: count }, (_, thread) => new KernelThread({ module, memory, thread })),
    );
  }

  /**
   * Zeros in the shared memory, or a copy of `values` there. Aligned to 16 bytes; lives until `reset` or `close`.
   *
   * @throws ShelfwiseError `SW_MODEL_LIMIT` past 4 GiB in all
   */
  f32(values: number | ArrayLike<number>): Float32Array {
    return this.#allocate(Float32Array, values);
  }

  /** As `f32`, of 32-bit integers. */
  i32(values: number | ArrayLike<number>): Int32Array {
    return this.#allocate(Int32Array, values);
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

  /** Forgets every array allocated so far; their memory is used again. */
  reset(): void {
    this.#top = reserved;
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
    const counter = new Int32Array(this.#memory.buffer, 0, 1);
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

  #allocate<A extends SharedArray>(
    type: new (buffer: ArrayBufferLike, offset: number, length: number) => A,
    values: number | ArrayLike<number>,
  ): A {
    const length = typeof values === 'number' ? values : values.length;
    const offset = this.#top;
    const top = Math.ceil((offset + length * 4) / alignment) * alignment;
    const missing = Math.ceil(top / page) - this.#memory.buffer.byteLength / page;
    if (missing > 0) this.#grow(missing, top);
    this.#top = top;
    const array = new type(this.#memory.buffer, offset, length);
    if (typeof values === 'number') array.fill(0);
    else array.set(values);
    return array;
  }

  #grow(missing: number, bytes: number): void {
    try {
      this.#memory.grow(missing);
    } catch (cause) {
      const needed = `${(bytes / 2 ** 30).toFixed(1)} GiB`;
      throw new ShelfwiseError(
        'SW_MODEL_LIMIT',
        `kernels: expected at most 4 GiB of arrays, got ${needed}.`,
        'Use fewer dimensions or neighbours, or free memory.',
        { bytes },
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
