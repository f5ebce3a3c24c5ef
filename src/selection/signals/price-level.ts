/**
 * A candidate's price beside what this shopper usually looks at, all at the prices of the moment: log ratio, its
 * distance, and the plain level.
 */
import type { ModelState } from '../../models/model.ts';
import { columnsOf, type FittedSignal, type SignalDefinition, type SignalRequest } from './signal.ts';

export const priceLevel: SignalDefinition = {
  name: 'price',
  reason: {
    say: (_, { column }) => {
      const ratio = Math.exp(column('price.ratio'));
      const near = column('price.known') > 0 && ratio > 0.75 && ratio < 1.33;
      return near ? { kind: 'price', items: [], facts: { ratio } } : undefined;
    },
    sentences: { price: { en: () => 'Priced near what you usually choose.', zh: () => '价格接近您平时的选择。' } },
  },
  fit({ facts: { priceMinor } }) {
    const known = priceMinor?.filter((price) => price > 0).sort();
    return known?.length ? new PriceLevel(Math.log(known[known.length >> 1]!)) : undefined;
  },
  load: ({ meta }) => new PriceLevel(meta['median'] as number),
};

class PriceLevel implements FittedSignal {
  readonly columns = columnsOf('price', ['level', 'ratio', 'distance', 'known']);
  /** Logarithm of the shop's median price. */
  readonly #median: number;

  constructor(median: number) {
    this.#median = median;
  }

  write({ query: { items }, candidates, priceOf }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    const logOf = (item: number): number => {
      const price = priceOf?.(item) ?? Number.NaN;
      return price > 0 ? Math.log(price) : Number.NaN;
    };
    let [sum, count] = [0, 0];
    for (let p = 0; p < items.length; p++) {
      const log = logOf(items[p]!);
      if (Number.isNaN(log)) continue;
      sum += log;
      count++;
    }
    // One step of shrinkage toward the shop's median price.
    const usual = (sum + this.#median) / (count + 1);
    for (let c = 0; c < candidates.length; c++) {
      const log = logOf(candidates[c]!);
      const to = c * stride + at;
      const known = !Number.isNaN(log);
      out[to] = known ? log - this.#median : 0;
      out[to + 1] = known ? log - usual : 0;
      out[to + 2] = known ? -Math.abs(log - usual) : 0;
      out[to + 3] = known ? 1 : 0;
    }
  }

  state(): ModelState {
    return { meta: { median: this.#median }, arrays: {} };
  }
}
