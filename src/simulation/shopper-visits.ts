/**
 * How the basket store's shoppers behave. A shopper narrows the shelf step by step (department, kind, brand level, then a
 * product by its appeal), looks at a few of its neighbours, and fills a basket; some products draw their planted
 * complement into the same basket, some are followed by another one days later, and what runs out is bought again.
 *
 * @source Tversky, Elimination by Aspects: A Theory of Choice, Psychological Review 79(4), 1972
 */
import type { Random } from '../core/random.ts';
import { type BasketProduct, kinds, priceAt } from './basket-catalogue.ts';
import { departments } from './basket-lexicon.ts';

export interface Complement {
  readonly product: string;
  readonly complement: string;
  /** Probability that the complement joins a basket when the product does. */
  readonly probability: number;
}

export interface Follower {
  readonly from: string;
  readonly to: string;
  /** Probability that a buyer of `from` comes back for `to`. */
  readonly probability: number;
  /** Days between, at least and at most. */
  readonly days: readonly [number, number];
}

export interface Shopper {
  readonly userId: string;
  /** Share of each department in what the shopper sets out for; shape `[departments]`, sums to 1. */
  readonly departments: readonly number[];
  readonly level: 0 | 1 | 2;
}

export interface BasketEvent {
  readonly time: number;
  readonly name: 'search' | 'view_item' | 'add_to_cart' | 'purchase' | 'refund';
  readonly userId: string;
  readonly visitorId: string;
  readonly sessionId: string;
  readonly productId: string;
  readonly variantId: string;
  readonly quantity: number;
  /** Minor units; NaN where the event has no price. */
  readonly priceMinor: number;
  readonly device: string;
  readonly place: string;
  readonly searchTerm: string;
}

export interface BasketWorld {
  readonly products: readonly BasketProduct[];
  readonly complements: readonly Complement[];
  readonly followers: readonly Follower[];
  readonly span: readonly [number, number];
}

const day = 86_400_000;
const minute = 60_000;
const places = ['SG', 'SG', 'SG', 'MY', 'HK', 'CN'] as const;

export function makeShopper(index: number, random: Random): Shopper {
  // One or two departments that the household cares for, a little of the rest.
  const weights = departments.map(() => 0.15 + 0.35 * random.uniform());
  weights[random.below(weights.length)]! += 3;
  if (random.uniform() < 0.6) weights[random.below(weights.length)]! += 1.5;
  const sum = weights.reduce((a, b) => a + b);
  return {
    userId: `U${String(index + 1).padStart(5, '0')}`,
    departments: weights.map((w) => w / sum),
    level: ([0, 1, 1, 2] as const)[random.below(4)]!,
  };
}

/** Every event of one shopper, in time order. */
export function visitsOf(shopper: Shopper, world: BasketWorld, random: Random): BasketEvent[] {
  return new Life(shopper, world, random).events;
}

class Life {
  readonly events: BasketEvent[] = [];
  readonly #shopper: Shopper;
  readonly #world: BasketWorld;
  readonly #random: Random;
  readonly #visitorId: string;
  readonly #place: string;
  readonly #device: string;
  readonly #kindWeights: readonly number[];
  /** Products that the shopper means to come back for, and when. */
  #planned: { time: number; product: BasketProduct }[] = [];
  #time = 0;
  #session = '';
  #signedIn = false;

  constructor(shopper: Shopper, world: BasketWorld, random: Random) {
    this.#shopper = shopper;
    this.#world = world;
    this.#random = random;
    this.#visitorId = `v${shopper.userId.slice(1)}${String(random.below(10_000)).padStart(4, '0')}`;
    this.#place = places[random.below(places.length)]!;
    this.#device = random.uniform() < 0.65 ? 'mobile' : 'desktop';
    this.#kindWeights = kinds.map(() => 0.2 + random.uniform());
    const [begin, end] = world.span;
    const anonymousVisits = random.uniform() < 0.25 ? 1 + random.below(2) : 0;
    const neverSignsIn = random.uniform() < 0.05;
    const meanGap = (5 + 35 * random.uniform()) * day;
    let next = begin + (end - begin) * 0.7 * random.uniform() ** 1.5;
    for (let visit = 0; next < end; visit++) {
      this.#time = next;
      this.#session = `s${shopper.userId.slice(1)}-${visit + 1}`;
      this.#signedIn = !neverSignsIn && visit >= anonymousVisits;
      this.#visit();
      const gap = -Math.log(1 - random.uniform()) * meanGap;
      next = this.#time + Math.max(2 * 3_600_000, gap);
      const planned = Math.min(...this.#planned.map((p) => p.time));
      if (planned < next && planned > this.#time) next = planned;
    }
    this.events = this.events.filter((event) => event.time < end);
  }

  #visit(): void {
    const basket = new Map<BasketProduct, { variantId: string; quantity: number }>();
    const due = this.#planned.filter(({ time }) => time <= this.#time);
    this.#planned = this.#planned.filter(({ time }) => time > this.#time);
    for (const { product } of due) this.#consider(product, basket, 0.85);
    const wishes = due.length > 0 ? this.#random.below(2) : 1 + this.#random.below(3);
    for (let w = 0; w < wishes; w++) {
      const shelf = this.#narrow();
      if (shelf.length === 0) continue;
      if (this.#random.uniform() < 0.25) this.#search(kinds[shelf[0]!.kind]!);
      const looks = this.#random.below(3);
      for (let l = 0; l < looks; l++) this.#view(this.#byAppeal(shelf));
      this.#consider(this.#byAppeal(shelf), basket, 0.5);
    }
    if (basket.size === 0 || this.#random.uniform() > 0.75) return;
    this.#wait(minute * (1 + 4 * this.#random.uniform()));
    const bought = this.#time;
    for (const [product, line] of basket) {
      this.#record('purchase', product, line.variantId, line.quantity);
      this.#planAfter(product, bought);
      if (this.#random.uniform() < 0.025) this.#refundLater(product, line);
    }
  }

  /** Department by taste and season, kind by habit, then the household's brand level where the shelf has it. */
  #narrow(): BasketProduct[] {
    const month = new Date(this.#time).getUTCMonth();
    const demand = departments.map(({ season }, d) => {
      const swing = season ? 1 + season.swing * Math.cos((2 * Math.PI * (month - season.peakMonth)) / 12) : 1;
      return this.#shopper.departments[d]! * swing;
    });
    const department = draw(demand, this.#random);
    const kind = draw(
      kinds.map((k, i) => (k.department === department ? this.#kindWeights[i]! : 0)),
      this.#random,
    );
    const shelf = this.#world.products.filter((p) => p.kind === kind && p.launchTime <= this.#time);
    const level = shelf.filter((p) => p.level === this.#shopper.level);
    return level.length > 0 && this.#random.uniform() < 0.75 ? level : shelf;
  }

  #byAppeal(shelf: readonly BasketProduct[]): BasketProduct {
    return shelf[
      draw(
        shelf.map((p) => p.appeal),
        this.#random,
      )
    ]!;
  }

  #consider(
    product: BasketProduct,
    basket: Map<BasketProduct, { variantId: string; quantity: number }>,
    want: number,
  ): void {
    const variantId = this.#view(product);
    if (this.#random.uniform() >= want || basket.has(product)) return;
    this.#wait(minute * this.#random.uniform());
    const quantity = this.#random.uniform() < 0.15 ? 2 : 1;
    basket.set(product, { variantId, quantity });
    this.#record('add_to_cart', product, variantId, quantity);
    for (const { complement, probability, product: of } of this.#world.complements) {
      if (of !== product.productId || this.#random.uniform() >= probability) continue;
      this.#consider(this.#named(complement), basket, 1);
    }
  }

  #planAfter(product: BasketProduct, bought: number): void {
    const lasts = kinds[product.kind]!.lastsDays;
    if (lasts !== undefined && this.#random.uniform() < 0.35) {
      this.#planned.push({ time: bought + lasts * (0.8 + 0.4 * this.#random.uniform()) * day, product });
    }
    for (const { from, to, probability, days } of this.#world.followers) {
      if (from !== product.productId || this.#random.uniform() >= probability) continue;
      const wait = days[0] + (days[1] - days[0]) * this.#random.uniform();
      this.#planned.push({ time: bought + wait * day, product: this.#named(to) });
    }
  }

  #refundLater(product: BasketProduct, line: { variantId: string; quantity: number }): void {
    const back = this.#time;
    this.#time = back + (1 + 6 * this.#random.uniform()) * day;
    this.#record('refund', product, line.variantId, line.quantity, back);
    this.#time = back;
  }

  #view(product: BasketProduct): string {
    const { variantId } = product.variants[this.#random.below(product.variants.length)]!;
    this.#wait(minute * (0.2 + 2 * this.#random.uniform()));
    this.#record('view_item', product, variantId, Number.NaN);
    return variantId;
  }

  #search(kind: (typeof kinds)[number]): void {
    const searchTerm = this.#place === 'CN' || this.#random.uniform() < 0.3 ? kind.chinese : kind.name.toLowerCase();
    this.events.push({ ...this.#visitFields('search'), searchTerm });
  }

  #record(
    name: BasketEvent['name'],
    product: BasketProduct,
    variantId: string,
    quantity: number,
    pricedAt: number = this.#time,
  ): void {
    const { productId } = product;
    const priceMinor = priceAt(product, pricedAt);
    this.events.push({ ...this.#visitFields(name), productId, variantId, quantity, priceMinor });
  }

  #visitFields(name: BasketEvent['name']): BasketEvent {
    return {
      time: Math.round(this.#time / 1000) * 1000,
      name,
      userId: this.#signedIn ? this.#shopper.userId : '',
      visitorId: this.#visitorId,
      sessionId: this.#session,
      productId: '',
      variantId: '',
      quantity: Number.NaN,
      priceMinor: Number.NaN,
      device: this.#device,
      place: this.#place,
      searchTerm: '',
    };
  }

  #named(productId: string): BasketProduct {
    return this.#world.products.find((p) => p.productId === productId)!;
  }

  #wait(milliseconds: number): void {
    this.#time += milliseconds;
  }
}

/** An index in proportion to its weight. */
function draw(weights: readonly number[], random: Random): number {
  let left = random.uniform() * weights.reduce((a, b) => a + b, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return i;
  }
  return weights.length - 1;
}
