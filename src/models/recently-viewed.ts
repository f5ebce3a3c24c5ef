/** Items that the shopper touched last, newest first: the shelf that reminds, and the signal of coming back. */
import type { Query } from '../data/histories.ts';
import type { Contribution, Model, ModelDefinition, ModelState, Settings } from './model.ts';

export const recentlyViewed: ModelDefinition = {
  name: 'recently-viewed',
  about: "The history's own items, newest first; touched more often counts more.",
  settings: {
    decay: { default: 0.8, min: 0, max: 0.999, search: [0.5, 0.8, 0.95], doc: 'Weight lost per step back.' },
  },
  async fit(histories, settings) {
    return new RecentlyViewed(settings, histories.itemCount);
  },
  async load(state) {
    return new RecentlyViewed(state.meta['settings'] as Settings, state.meta['itemCount'] as number);
  },
};

class RecentlyViewed implements Model {
  readonly name = 'recently-viewed';
  readonly settings: Settings;
  readonly itemCount: number;

  constructor(settings: Settings, itemCount: number) {
    this.settings = settings;
    this.itemCount = itemCount;
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    out.fill(0, 0, queries.length * this.itemCount);
    for (const [b, query] of queries.entries()) {
      for (let p = 0; p < query.items.length; p++) {
        const item = query.items[p]!;
        if (item >= 0 && item < this.itemCount) out[b * this.itemCount + item]! += this.#weight(query, p);
      }
    }
  }

  explain(query: Query, item: number): Contribution[] {
    const parts: Contribution[] = [];
    for (let p = 0; p < query.items.length; p++) {
      if (query.items[p] === item) parts.push({ position: p, value: this.#weight(query, p) });
    }
    return parts;
  }

  state(): ModelState {
    return { meta: { settings: this.settings, itemCount: this.itemCount }, arrays: {} };
  }

  #weight(query: Query, position: number): number {
    return (this.settings['decay'] as number) ** (query.items.length - 1 - position);
  }
}
