/** Memory that kernels work on: arrays are laid out one after another and live as long as the memory. */
import { ShelfwiseError } from '../../core/errors.ts';

const page = 65536;
/** The most a 32-bit wasm memory can have: 4 GiB. */
const pages = 65536;
/** Bytes before the arrays: a pool's row counter, and the kernels' own static data (tables of exp and log) from 1024 on. */
const reserved = page;
const alignment = 16;

type KernelArray = Float32Array | Int32Array;

/** Which memory holds an array's bytes: kernels run over them where they lie. */
const holders = new WeakMap<ArrayBufferLike, WebAssembly.Memory>();

/** Memory for so many bytes from `at` on, that threads may share; undefined past what one can have. */
export function sharedMemory(bytes: number): { readonly memory: WebAssembly.Memory; readonly at: number } | undefined {
  const initial = Math.ceil((reserved + bytes) / page);
  if (initial > pages) return undefined;
  return { memory: new WebAssembly.Memory({ initial, maximum: pages, shared: true }), at: reserved };
}

/**
 * The engine does not count shared wasm memory among what it holds, and would collect none for want of a reason. Beside each
 * memory that a thread is given stands a buffer of its size, which is counted and of which no byte is ever touched.
 */
const counted = new WeakMap<WebAssembly.Memory, ArrayBuffer>();

/** Says that arrays lie in a memory, in this thread. */
export function liesIn(memory: WebAssembly.Memory, arrays: Iterable<ArrayBufferView>): void {
  if (!counted.has(memory)) counted.set(memory, new ArrayBuffer(memory.buffer.byteLength));
  for (const { buffer } of arrays) holders.set(buffer, memory);
}

export class KernelMemory {
  readonly memory: WebAssembly.Memory;
  /** Where the next array begins, and where the bytes end that are this object's own. */
  #top: number = reserved;
  #end: number = page;

  /** @param holding - an array to work on; where kernels can run over it as it lies, its memory is used, else a new one */
  constructor(holding?: Float32Array) {
    const memory = holding && holders.get(holding.buffer);
    this.memory = memory ?? new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
    if (memory) this.#end = this.#top = memory.buffer.byteLength;
  }

  /** The same array where it lies in this memory, else a copy there. */
  holding(values: Float32Array): Float32Array {
    return holders.get(values.buffer) === this.memory ? values : this.f32(values);
  }

  /**
   * Zeros in the shared memory, or a copy of `values` there. Aligned to 16 bytes; lives until `reset`.
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

  /** Forgets every array allocated so far; their memory is used again. */
  reset(): void {
    this.#top = reserved;
  }

  #allocate<A extends KernelArray>(
    type: new (buffer: ArrayBufferLike, offset: number, length: number) => A,
    values: number | ArrayLike<number>,
  ): A {
    const length = typeof values === 'number' ? values : values.length;
    const bytes = Math.ceil((length * 4) / alignment) * alignment;
    // Another thread may have grown the same memory in between: what is new then lies apart.
    while (this.#top + bytes > this.#end) {
      const missing = Math.ceil((this.#top + bytes - this.#end) / page);
      const from = this.#grow(missing, bytes);
      if (from !== this.#end) this.#top = from;
      this.#end = from + missing * page;
    }
    const array = new type(this.memory.buffer, this.#top, length);
    this.#top += bytes;
    if (typeof values === 'number') array.fill(0);
    else array.set(values);
    return array;
  }

  /** @returns where the new bytes begin */
  #grow(missing: number, bytes: number): number {
    try {
      return this.memory.grow(missing) * page;
    } catch (cause) {
      const needed = `${((this.#top + bytes) / 2 ** 30).toFixed(1)} GiB`;
      throw new ShelfwiseError(
        'SW_MODEL_LIMIT',
        `kernels: expected at most 4 GiB of arrays, got ${needed}.`,
        'Use fewer dimensions or neighbours, or free memory.',
        { bytes: this.#top + bytes },
        cause,
      );
    }
  }
}

/** An instance of the kernels over a memory. */
export function kernelsOver(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Readonly<Record<string, (...args: number[]) => void>> {
  const abort = (_message: number, _file: number, line: number, column: number): never => {
    throw new Error(`abort at ${line}:${column}`);
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
  return exports as Record<string, (...args: number[]) => void>;
}
