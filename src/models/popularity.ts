/** How often each item was chosen, newer events counting more where the data has times: the baseline of everything. */
import type { Query } from '../data/histories.ts';
import { recentEnd } from '../data/recent-end.ts';
import { Best, type Ranked } from '../math/best.ts';
import { topK } from '../math/top-k.ts';
import { absent } from './absent.ts';
import { defineModel, type Model, type ModelDefinition, type ModelState, type Settings } from './model.ts';
import type { Shelf } from './shelf.ts';

const day = 86_400_000;
/** Items that are put in order at first; more are only where a shelf holds few of them. */
const orderedFirst = 4096;

export const popularity: ModelDefinition = defineModel({
  name: 'popularity',
  about: 'Weighted counts with exponential decay in time.',
  settings: {
    halfLifeDays: {
      default: 60,
      min: 0,
      max: 36_500,
      search: [7, 30, 90, 0],
      doc: 'An event loses half its weight in so many days; 0 for never.',
    },
  },
  async fit({ histories }, settings) {
    const scores = new Float64Array(histories.itemCount);
    const halfLife = settings.halfLifeDays * day;
    const { items, times, weights } = histories;
    const end = times && times.length > 0 ? recentEnd(times) : 0;
    for (let p = 0; p < items.length; p++) {
      const age = times && halfLife > 0 ? end - times[p]! : 0;
      scores[items[p]!]! += (weights ? weights[p]! : 1) * (age > 0 ? 2 ** (-age / halfLife) : 1);
    }
    return new Popularity(settings, Float32Array.from(scores));
  },
  async load({ arrays }, settings) {
    return new Popularity(settings, arrays['scores'] as Float32Array);
  },
});

class Popularity implements Model {
  readonly name = 'popularity';
  readonly settings: Settings;
  readonly itemCount: number;
  entriesRead = 0;
  /** Above 0 for items that were chosen. */
  readonly #scores: Float32Array;
  #order: Int32Array | undefined;

  constructor(settings: Settings, scores: Float32Array) {
    this.settings = settings;
    this.itemCount = scores.length;
    this.#scores = scores;
  }

  retrieve(_: Query, k: number, shelf?: Shelf): Ranked {
    const best = new Best(k);
    for (let wanted = Math.min(orderedFirst, this.itemCount); ; wanted = this.itemCount) {
      const order = this.#inOrder(wanted);
      for (let n = 0; n < order.length && best.size < k; n++) {
        this.entriesRead++;
        if (!shelf || shelf.has(order[n]!)) best.offer(order[n]!, this.#scores[order[n]!]!);
      }
      if (best.size === k || order.length < wanted || wanted === this.itemCount) return best.ranked();
    }
  }

  scoreItems(_: Query, items: Int32Array, out: Float32Array): void {
    for (let n = 0; n < items.length; n++) out[n] = this.#scoreOf(items[n]!);
    this.entriesRead += items.length;
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    for (let item = 0; item < this.itemCount; item++)
      for (let b = 0; b < queries.length; b++) out[b * this.itemCount + item] = this.#scoreOf(item);
  }

  state(): ModelState {
    return { meta: { settings: this.settings }, arrays: { scores: this.#scores } };
  }

  #scoreOf(item: number): number {
    const score = this.#scores[item]!;
    return score > 0 ? score : absent;
  }

  /** The most chosen items, best first; those that nobody chose are none. */
  #inOrder(wanted: number): Int32Array {
    if (!this.#order || (this.#order.length < wanted && wanted > orderedFirst)) {
      const best = topK(this.#scores, wanted);
      let count = best.length;
      while (count > 0 && !(this.#scores[best[count - 1]!]! > 0)) count--;
      this.#order = best.subarray(0, count);
    }
    return this.#order;
  }
}
