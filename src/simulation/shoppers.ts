/** The demo store's shoppers: tastes, brand level, budget, thrift, language, and how a mailed offer moves them. */
import type { Random } from '../core/random.ts';
import { kinds } from './products.ts';
import { departments } from './words.ts';

/**
 * What a mailed offer does to a shopper: `persuaded` comes and buys because of it, `put-off` stays away for a while, and
 * nothing changes for the others.
 *
 * @source Radcliffe & Surry, Real-World Uplift Modelling with Significance-Based Uplift Trees, 2011
 */
export type OfferResponse = 'persuaded' | 'put-off' | 'unmoved';

export interface Shopper {
  readonly userId: string;
  /** Share of each department in what the shopper sets out for; shape `[departments]`, sums to 1. */
  readonly departments: readonly number[];
  /** Habit of each kind within its department, in [0.2, 1.2]; shape `[kinds]`. */
  readonly kindHabits: readonly number[];
  readonly level: 0 | 1 | 2;
  /** What a visit may cost, smallest unit of the currency. */
  readonly budgetMinor: number;
  /** How much a price counts, in [0, 1]. */
  readonly thrift: number;
  /** Chance of looking at the next place of a shelf, in (0, 1). */
  readonly patience: number;
  readonly language: 'en' | 'zh';
  readonly place: string;
  readonly device: 'mobile' | 'desktop';
  /** Days between visits, on the mean of an ordinary time. */
  readonly gapDays: number;
  readonly offerResponse: OfferResponse;
}

const places = ['SG', 'SG', 'SG', 'MY', 'HK', 'CN'] as const;

export function makeShopper(index: number, random: Random): Shopper {
  // One or two departments that the household cares for, a little of the rest.
  const weights = departments.map(() => 0.15 + 0.35 * random.uniform());
  weights[random.below(weights.length)]! += 3;
  if (random.uniform() < 0.6) weights[random.below(weights.length)]! += 1.5;
  const sum = weights.reduce((a, b) => a + b);
  const level = ([0, 1, 1, 2] as const)[random.below(4)]!;
  const place = places[random.below(places.length)]!;
  const moved = random.uniform();
  return {
    userId: `U${String(index + 1).padStart(5, '0')}`,
    departments: weights.map((w) => w / sum),
    kindHabits: kinds.map(() => 0.2 + random.uniform()),
    level,
    budgetMinor: Math.round([4500, 8000, 16_000][level]! * Math.exp(0.4 * random.normal())),
    thrift: Math.min(1, Math.max(0, [0.8, 0.5, 0.2][level]! + 0.2 * random.normal())),
    patience: 0.7 + 0.25 * random.uniform(),
    language: place === 'CN' || random.uniform() < 0.3 ? 'zh' : 'en',
    place,
    device: random.uniform() < 0.65 ? 'mobile' : 'desktop',
    gapDays: 6 + 44 * random.uniform(),
    offerResponse: moved < 0.2 ? 'persuaded' : moved < 0.28 ? 'put-off' : 'unmoved',
  };
}
