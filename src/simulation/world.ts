/**
 * The demo store's world: its products with their offers, which of them belong together, and its festivals, made from a
 * seed; and its shoppers one by one, so that a million of them need no memory.
 */
import { Random } from '../core/random.ts';
import { day, type Festival, festivalsIn } from './calendar.ts';
import { isInStock, makeOffers, type ProductOffers } from './offers.ts';
import { type DemoProduct, kinds, makeProducts } from './products.ts';
import { makeShopper, type Shopper } from './shoppers.ts';
import { complementKinds, followingKinds } from './words.ts';

export interface WorldOptions {
  readonly seed: number;
  /** @default 300 */
  readonly products?: number;
  /** @default 1500 */
  readonly shoppers?: number;
  /** End of the store's life, milliseconds since 1970. @default 1 October 2025 */
  readonly until?: number;
  /** Days of the store's life. @default 365 */
  readonly days?: number;
}

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

/** A mail with an offer: each customer gets it or not by the toss of a coin. */
export interface Mailing {
  readonly offerId: string;
  readonly time: number;
}

const streams = { catalogue: 1, pairs: 2, offers: 4, mailings: 0x8000_0000, shoppers: 1000 } as const;

export class DemoWorld {
  readonly seed: number;
  readonly shopperCount: number;
  readonly span: readonly [number, number];
  readonly products: readonly DemoProduct[];
  readonly festivals: readonly Festival[];
  readonly complements: readonly Complement[];
  readonly followers: readonly Follower[];
  readonly mailings: readonly Mailing[];
  readonly #offers: ReadonlyMap<string, ProductOffers>;
  readonly #byId: ReadonlyMap<string, DemoProduct>;
  readonly #complements: ReadonlyMap<string, readonly Complement[]>;
  readonly #followers: ReadonlyMap<string, readonly Follower[]>;
  readonly #shelves: readonly (readonly Shelf[])[];
  readonly #whole: Shelf;

  constructor({ seed, products = 300, shoppers = 1500, until = Date.UTC(2025, 9, 1), days = 365 }: WorldOptions) {
    this.seed = seed;
    this.shopperCount = shoppers;
    this.span = [until - days * day, until];
    this.festivals = festivalsIn(this.span);
    this.products = makeProducts(products, this.span, new Random(seed, streams.catalogue));
    const offers = new Random(seed, streams.offers);
    this.#offers = new Map(
      this.products.map((product) => [product.productId, makeOffers(product, this.span, this.festivals, offers)]),
    );
    this.#byId = new Map(this.products.map((product) => [product.productId, product]));
    const always = this.products.filter(({ launchTime }) => launchTime === this.span[0]);
    const pairs = plantPairs(always, new Random(seed, streams.pairs));
    this.complements = pairs.complements;
    this.followers = pairs.followers;
    this.#complements = Map.groupBy(pairs.complements, ({ product }) => product);
    this.#followers = Map.groupBy(pairs.followers, ({ from }) => from);
    this.mailings = [0.35, 0.55, 0.75, 0.92].map((share, m) => ({
      offerId: `mail-${m + 1}`,
      time: Math.floor((this.span[0] + share * (until - this.span[0])) / day) * day + 10 * 3_600_000,
    }));
    const byKind = Map.groupBy(this.products, ({ kind }) => kind);
    // Each kind's shelf: plain, middle and fine, then all of them.
    this.#shelves = kinds.map((_, k) => {
      const all = byKind.get(k) ?? [];
      return [...([0, 1, 2] as const).map((level) => new Shelf(all.filter((p) => p.level === level))), new Shelf(all)];
    });
    this.#whole = new Shelf(this.products.map((product) => ({ ...product, appeal: 1 })));
  }

  /** @returns nothing for an id that is none of its products */
  product(productId: string): DemoProduct | undefined {
    return this.#byId.get(productId);
  }

  offers({ productId }: DemoProduct): ProductOffers {
    return this.#offers.get(productId)!;
  }

  complementsOf({ productId }: DemoProduct): readonly Complement[] {
    return this.#complements.get(productId) ?? [];
  }

  followersOf({ productId }: DemoProduct): readonly Follower[] {
    return this.#followers.get(productId) ?? [];
  }

  /** Products of a kind by their appeal; of one level where it is given. */
  shelf(kind: number, level: 0 | 1 | 2 | 3 = 3): Shelf {
    return this.#shelves[kind]![level]!;
  }

  /** What stands in the window: products in stock, each with the same chance. */
  window(count: number, time: number, random: Random): DemoProduct[] {
    const found = new Set<string>();
    for (let tries = 0; found.size < count && tries < 4 * count; tries++) {
      const drawn = this.#whole.draw(time, random);
      if (drawn && isInStock(this.offers(drawn), time)) found.add(drawn.productId);
    }
    return [...found].map((id) => this.#byId.get(id)!);
  }

  /** The shopper of a number from 0 on, and the chance that drives it; the same at every call. */
  shopper(index: number): { readonly shopper: Shopper; readonly random: Random } {
    const random = new Random(this.seed, streams.shoppers + index);
    return { shopper: makeShopper(index, random), random };
  }

  /** All of them, for a store of some thousands. */
  shoppers(): Shopper[] {
    return Array.from({ length: this.shopperCount }, (_, s) => this.shopper(s).shopper);
  }

  /** True for each mailing that a shopper is sent; drawn apart from all that the shopper does. */
  mailed(index: number): boolean[] {
    const random = new Random(this.seed, streams.mailings + index);
    return this.mailings.map(() => random.uniform() < 0.5);
  }
}

/** Products from which one is drawn by its appeal, among those that were launched. */
export class Shelf {
  /** By launch. */
  readonly #products: readonly DemoProduct[];
  /** Appeal of the products up to each. */
  readonly #sums: Float64Array;

  constructor(products: readonly DemoProduct[]) {
    this.#products = [...products].sort((a, b) => a.launchTime - b.launchTime);
    this.#sums = new Float64Array(products.length);
    let sum = 0;
    for (const [i, { appeal }] of this.#products.entries()) this.#sums[i] = sum += appeal;
  }

  /** @returns nothing where nothing was launched by then */
  draw(time: number, random: Random): DemoProduct | undefined {
    const launched = firstWhere(this.#products.length, (i) => this.#products[i]!.launchTime > time);
    if (launched === 0) return undefined;
    const mark = random.uniform() * this.#sums[launched - 1]!;
    return this.#products[firstWhere(launched - 1, (i) => this.#sums[i]! > mark)]!;
  }
}

/** The first number below `count` for which it holds, and for all after it; `count` where for none. */
function firstWhere(count: number, holds: (i: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Pairs of products whose kinds go together, each product in one pair of its sort at most. */
function plantPairs(
  products: readonly DemoProduct[],
  random: Random,
): { complements: Complement[]; followers: Follower[] } {
  const kindIndex = new Map(kinds.map(({ name }, k) => [name, k]));
  const paired = (first: string, second: string): [DemoProduct, DemoProduct][] => {
    const [a, b] = [first, second].map((name) =>
      random.shuffle(products.filter(({ kind }) => kind === kindIndex.get(name))),
    );
    return a!.slice(0, 5).flatMap((product, i) => (b![i] ? [[product, b![i]!] as [DemoProduct, DemoProduct]] : []));
  };
  return {
    complements: complementKinds.flatMap(([first, second]) =>
      paired(first, second).map(([a, b]) => ({
        product: a.productId,
        complement: b.productId,
        probability: 0.4 + 0.2 * random.uniform(),
      })),
    ),
    followers: followingKinds.flatMap(([first, second]) =>
      paired(first, second).map(([a, b]) => ({
        from: a.productId,
        to: b.productId,
        probability: 0.5 + 0.2 * random.uniform(),
        days: [5, 20] as const,
      })),
    ),
  };
}
