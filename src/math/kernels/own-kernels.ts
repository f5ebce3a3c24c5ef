/** The kernels on the caller's own thread, for work that is too short to be handed to another. */
import { KernelMemory, kernelsOver } from './kernel-memory.ts';
import { kernelsModule } from './kernels-wasm.ts';

export class OwnKernels extends KernelMemory {
  readonly #kernels: Readonly<Record<string, (...args: number[]) => void>>;

  private constructor(module: WebAssembly.Module, holding?: Float32Array) {
    super(holding);
    this.#kernels = kernelsOver(module, this.memory);
  }

  /**
   * @param holding - an array to work on: as it lies where kernels can run over it, see `KernelMemory`
   * @throws ShelfwiseError `SW_PART_MISSING` where the kernels can neither be read nor compiled
   */
  static async open(holding?: Float32Array): Promise<OwnKernels> {
    return new OwnKernels(await kernelsModule(), holding);
  }

  /** Rows `0 .. rows - 1` at once. @param args - numbers as they are, arrays of this memory as their addresses */
  run(kernel: string, rows: number, args: readonly (number | Float32Array | Int32Array)[]): void {
    this.#kernels[kernel]!(0, rows, 0, ...args.map((a) => (typeof a === 'number' ? a : a.byteOffset)));
  }
}
