/** A candidate's price beside what this shopper usually looks at: log ratio, its distance, and the plain level. */
import type { ModelState } from '../../models/model.ts';
import { columnsOf, type FittedSignal, type SignalDefinition, type SignalRequest } from './signal.ts';

export const priceLevel: SignalDefinition = {
  name: 'price',
  fit({ facts: { priceMinor } }) {
    if (!priceMinor?.some((price) => price > 0)) return undefined;
    const logs = Float32Array.from(priceMinor, (price) => (price > 0 ? Math.log(price) : Number.NaN));
    const known = logs.filter((log) => !Number.isNaN(log)).sort();
    return new PriceLevel(logs, known[known.length >> 1]!);
  },
  load: ({ meta, arrays }) => new PriceLevel(arrays['logs'] as Float32Array, meta['median'] as number),
};

class PriceLevel implements FittedSignal {
  readonly columns = columnsOf('price', ['level', 'ratio', 'distance', 'known']);
  readonly #logs: Float32Array;
  readonly #median: number;

  constructor(logs: Float32Array, median: number) {
    this.#logs = logs;
    this.#median = median;
  }

  write({ query: { items }, candidates }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    let [sum, count] = [0, 0];
    for (let p = 0; p < items.length; p++) {
      const log = this.#logs[items[p]!] ?? Number.NaN;
      if (Number.isNaN(log)) continue;
      sum += log;
      count++;
    }
    // One step of shrinkage toward the shop's median price.
    const usual = (sum + this.#median) / (count + 1);
    for (let c = 0; c < candidates.length; c++) {
      const log = this.#logs[candidates[c]!]!;
      const to = c * stride + at;
      const known = !Number.isNaN(log);
      out[to] = known ? log - this.#median : 0;
      out[to + 1] = known ? log - usual : 0;
      out[to + 2] = known ? -Math.abs(log - usual) : 0;
      out[to + 3] = known ? 1 : 0;
    }
  }

  state(): ModelState {
    return { meta: { median: this.#median }, arrays: { logs: this.#logs } };
  }
}
