/** Memory that kernels work on: arrays are laid out one after another and live as long as the memory. */
import { ShelfwiseError } from '../../core/errors.ts';

const page = 65536;
/** The most a 32-bit wasm memory can have: 4 GiB. */
const pages = 65536;
/** Bytes before the arrays: a pool's row counter, and the kernels' own static data (tables of exp and log) from 1024 on. */
const reserved = page;
const alignment = 16;

type KernelArray = Float32Array | Int32Array;

export class KernelMemory {
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
  #top = reserved;

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
    const offset = this.#top;
    const top = Math.ceil((offset + length * 4) / alignment) * alignment;
    const missing = Math.ceil(top / page) - this.memory.buffer.byteLength / page;
    if (missing > 0) this.#grow(missing, top);
    this.#top = top;
    const array = new type(this.memory.buffer, offset, length);
    if (typeof values === 'number') array.fill(0);
    else array.set(values);
    return array;
  }

  #grow(missing: number, bytes: number): void {
    try {
      this.memory.grow(missing);
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
