/** A signal that is a table of numbers per item, looked up for each candidate. */
import type { ModelState } from '../../models/model.ts';
import { columnsOf, type FittedSignal, type SignalColumn, type SignalRequest } from './signal.ts';

export class ItemColumns implements FittedSignal {
  readonly columns: readonly SignalColumn[];
  readonly #source: string;
  readonly #parts: readonly string[];
  readonly #values: Float32Array;

  /** @param values - shape `[itemCount, parts]` */
  constructor(source: string, parts: readonly string[], values: Float32Array) {
    this.columns = columnsOf(source, parts);
    this.#source = source;
    this.#parts = parts;
    this.#values = values;
  }

  static load({ meta, arrays }: ModelState): ItemColumns {
    return new ItemColumns(meta['source'] as string, meta['parts'] as string[], arrays['values'] as Float32Array);
  }

  write({ candidates }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    const parts = this.#parts.length;
    for (let c = 0; c < candidates.length; c++) {
      const from = candidates[c]! * parts;
      for (let n = 0; n < parts; n++) out[c * stride + at + n] = this.#values[from + n]!;
    }
  }

  state(): ModelState {
    return { meta: { source: this.#source, parts: this.#parts }, arrays: { values: this.#values } };
  }
}
