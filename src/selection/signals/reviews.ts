/**
 * How well reviews speak of a candidate, in all and beside what this shopper usually chooses; and whether they praise the
 * aspects that are praised of what the shopper chose.
 */
import type { ItemReviews } from '../../data/item-reviews.ts';
import type { ModelState } from '../../models/model.ts';
import { columnsOf, type FittedSignal, type SignalDefinition, type SignalRequest } from './signal.ts';

/** Fewer reviews, or fewer stars, are no reason. */
const [tellingReviews, goodStars] = [5, 4];

export const reviewsSignal: SignalDefinition = {
  name: 'reviews',
  reason: {
    say: (_, { column }) => {
      const reviews = Math.round(Math.expm1(column('reviews.known')));
      const stars = 3 + 2 * column('reviews.stars');
      if (reviews < tellingReviews || !(stars >= goodStars)) return undefined;
      return { kind: 'reviews', items: [], facts: { stars, reviews } };
    },
    sentences: {
      reviews: {
        en: ({ facts }) => `Rated ${Number(facts['stars']).toFixed(1)} of 5 in ${facts['reviews']} reviews.`,
        zh: ({ facts }) => `${facts['reviews']} 条评价，平均 ${Number(facts['stars']).toFixed(1)} 星。`,
      },
    },
  },
  fit: ({ facts: { reviews } }) => (reviews?.count.some((count) => count > 0) ? new Reviews(reviews) : undefined),
  load: ({ meta, arrays }) =>
    new Reviews({
      aspectCount: meta['aspectCount'] as number,
      ...(arrays as unknown as Omit<ItemReviews, 'aspectCount'>),
    }),
};

class Reviews implements FittedSignal {
  readonly columns = columnsOf('reviews', ['sentiment', 'known', 'usual', 'aspects', 'stars']);
  readonly #of: ItemReviews;

  constructor(reviews: ItemReviews) {
    this.#of = reviews;
  }

  write({ query: { items }, candidates }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    const { count, stars, sentiment, aspects, aspectCount } = this.#of;
    const liked = new Float64Array(aspectCount);
    let [usual, reviewed] = [0, 0];
    for (const item of items) {
      if (!(count[item]! > 0)) continue;
      usual += sentiment[item]!;
      reviewed++;
      for (let a = 0; a < aspectCount; a++) liked[a]! += aspects[item * aspectCount + a]!;
    }
    const length = Math.hypot(...liked);
    for (let c = 0; c < candidates.length; c++) {
      const item = candidates[c]!;
      const to = c * stride + at;
      const own = sentiment[item] ?? 0;
      let [fit, size] = [0, 0];
      for (let a = 0; a < aspectCount; a++) {
        const praised = aspects[item * aspectCount + a] ?? 0;
        fit += praised * liked[a]!;
        size += praised ** 2;
      }
      out[to] = own;
      out[to + 1] = Math.log1p(count[item] ?? 0);
      // One step of shrinkage toward what all choose.
      out[to + 2] = own - usual / (reviewed + 1);
      out[to + 3] = length > 0 && size > 0 ? fit / (length * Math.sqrt(size)) : 0;
      out[to + 4] = stars[item]! >= 1 ? (stars[item]! - 3) / 2 : 0;
    }
  }

  state(): ModelState {
    const { aspectCount, ...arrays } = this.#of;
    return { meta: { aspectCount }, arrays };
  }
}
