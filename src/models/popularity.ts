/** How often each item was chosen, newer events counting more where the data has times: the baseline of everything. */
import type { Query } from '../data/histories.ts';
import { recentEnd } from '../data/recent-end.ts';
import type { Model, ModelDefinition, ModelState, Settings } from './model.ts';

const day = 86_400_000;

export const popularity: ModelDefinition = {
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
  async fit(histories, settings) {
    const scores = new Float64Array(histories.itemCount);
    const halfLife = (settings['halfLifeDays'] as number) * day;
    const { items, times, weights } = histories;
    const end = times && times.length > 0 ? recentEnd(times) : 0;
    for (let p = 0; p < items.length; p++) {
      const age = times && halfLife > 0 ? end - times[p]! : 0;
      scores[items[p]!]! += (weights ? weights[p]! : 1) * (age > 0 ? 2 ** (-age / halfLife) : 1);
    }
    return new Popularity(settings, Float32Array.from(scores));
  },
  async load(state) {
    return new Popularity(state.meta['settings'] as Settings, state.arrays['scores'] as Float32Array);
  },
};

class Popularity implements Model {
  readonly name = 'popularity';
  readonly settings: Settings;
  readonly itemCount: number;
  readonly #scores: Float32Array;

  constructor(settings: Settings, scores: Float32Array) {
    this.settings = settings;
    this.itemCount = scores.length;
    this.#scores = scores;
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    for (let b = 0; b < queries.length; b++) out.set(this.#scores, b * this.itemCount);
  }

  state(): ModelState {
    return { meta: { settings: this.settings }, arrays: { scores: this.#scores } };
  }
}
