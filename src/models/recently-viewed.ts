/** Items that the shopper touched last, newest first: the shelf that reminds, and the signal of coming back. */
import type { Query } from '../data/histories.ts';
import type { Evidence } from './evidence.ts';
import { type Contribution, defineModel, type ModelDefinition, type ModelState } from './model.ts';
import { NeighbourForm } from './neighbour-form.ts';

export const recentlyViewed: ModelDefinition = defineModel({
  name: 'recently-viewed',
  about: "The history's own items, newest first; touched more often counts more.",
  settings: {
    decay: { default: 0.8, min: 0, max: 0.999, search: [0.5, 0.8, 0.95], doc: 'Weight lost per step back.' },
  },
  async fit({ histories }, settings) {
    return new RecentlyViewed(settings, histories.itemCount);
  },
  async load({ meta }, settings) {
    return new RecentlyViewed(settings, meta['itemCount'] as number);
  },
});

class RecentlyViewed extends NeighbourForm {
  readonly name = 'recently-viewed';
  readonly #decay: number;

  constructor(settings: { readonly decay: number }, itemCount: number) {
    super({ ...settings }, itemCount);
    this.#decay = settings.decay;
  }

  protected gather({ items }: Query, evidence: Evidence): number {
    for (let p = 0; p < items.length; p++) {
      const item = items[p]!;
      if (item >= 0 && item < this.itemCount) evidence.add(item, this.#weight(items.length, p));
    }
    return items.length;
  }

  explain({ items }: Query, item: number): Contribution[] {
    const parts: Contribution[] = [];
    for (let p = 0; p < items.length; p++)
      if (items[p] === item) parts.push({ position: p, value: this.#weight(items.length, p) });
    return parts;
  }

  state(): ModelState {
    return { meta: { settings: this.settings, itemCount: this.itemCount }, arrays: {} };
  }

  #weight(length: number, position: number): number {
    return this.#decay ** (length - 1 - position);
  }
}
