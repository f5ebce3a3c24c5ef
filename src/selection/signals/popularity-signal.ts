/** How often an item was chosen, against the mean item, and how much that means for a history of this length. */

import type { ModelState } from '../../models/model.ts';
import { notable } from '../explain/reason.ts';
import { columnsOf, type FittedSignal, type SignalDefinition, type SignalRequest } from './signal.ts';

export const popularitySignal: SignalDefinition = {
  name: 'popular',
  reason: {
    say: (_, { column }) => {
      const times = Math.exp(column('popular.log'));
      return times >= notable ? { kind: 'popular', items: [], facts: { timesTheMean: times } } : undefined;
    },
    sentences: {
      popular: {
        en: ({ facts }) => `Chosen ${(facts['timesTheMean'] ?? 1).toFixed(1)} times as often as the average product.`,
        zh: ({ facts }) => `受欢迎程度是一般商品的 ${(facts['timesTheMean'] ?? 1).toFixed(1)} 倍。`,
      },
    },
  },
  fit({ histories: { itemCount, items } }) {
    const counts = new Float64Array(itemCount);
    for (let p = 0; p < items.length; p++) counts[items[p]!]!++;
    const mean = Math.max(1e-9, items.length / Math.max(1, itemCount));
    return new PopularitySignal(Float32Array.from(counts, (n) => Math.log((n + 0.5) / (mean + 0.5))));
  },
  load: ({ arrays }) => new PopularitySignal(arrays['logs'] as Float32Array),
};

class PopularitySignal implements FittedSignal {
  readonly columns = columnsOf('popular', ['log', 'length']);
  readonly #logs: Float32Array;

  constructor(logs: Float32Array) {
    this.#logs = logs;
  }

  write({ query, candidates }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    const length = Math.log((1 + query.items.length) / 11);
    for (let c = 0; c < candidates.length; c++) {
      const log = this.#logs[candidates[c]!]!;
      out[c * stride + at] = log;
      out[c * stride + at + 1] = log * length;
    }
  }

  state(): ModelState {
    return { meta: {}, arrays: { logs: this.#logs } };
  }
}
