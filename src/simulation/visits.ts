/**
 * How the demo store's shoppers behave. A shopper looks over the window, then narrows the shelf step by step (department,
 * kind, brand level, then a product by its appeal), looks at a few of its neighbours, and fills a basket within a budget;
 * some products draw their planted complement into the same basket, some are followed by another one days later, what
 * runs out is bought again, and a mailed offer brings some who would not have come and keeps some away.
 *
 * @source Tversky, Elimination by Aspects: A Theory of Choice, Psychological Review 79(4), 1972
 */
import type { Random } from '../core/random.ts';
import { day, festiveDemand, seasonOf, trafficAt } from './calendar.ts';
import { fullPriceAt, isInStock, priceAt, promotionAt } from './offers.ts';
import { type DemoProduct, kinds } from './products.ts';
import { writeReview } from './reviews.ts';
import { respondTo } from './shelf-response.ts';
import type { Shopper } from './shoppers.ts';
import { departments } from './words.ts';
import type { DemoWorld } from './world.ts';

export interface VisitEvent {
  readonly time: number;
  readonly name: 'search' | 'view_item' | 'add_to_cart' | 'purchase' | 'refund' | 'review';
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
  /** Whence the shopper came to the product: `window`, `search`, `mail`, or nothing. */
  readonly referrer: string;
  /** Stars of a review; NaN elsewhere. */
  readonly value: number;
  /** Search words or review. */
  readonly text: string;
}

const minute = 60_000;
const windowSize = 6;

/** Every event of one shopper, in time order. */
export function visitsOf(index: number, world: DemoWorld): VisitEvent[] {
  const { shopper, random } = world.shopper(index);
  return new Life(shopper, world.mailed(index), world, random).events;
}

interface Plan {
  readonly time: number;
  /** Absent where a mail brings the shopper. */
  readonly product?: DemoProduct;
}

type Basket = Map<DemoProduct, { readonly variantId: string; readonly quantity: number }>;

class Life {
  readonly events: VisitEvent[];
  readonly #made: VisitEvent[] = [];
  readonly #shopper: Shopper;
  readonly #world: DemoWorld;
  readonly #random: Random;
  readonly #visitorId: string;
  /** What the shopper means to come back for, and when. */
  #planned: Plan[] = [];
  readonly #bought = new Map<string, number>();
  #spentMinor = 0;
  #time = 0;
  #session = '';
  #signedIn = false;

  constructor(shopper: Shopper, mailed: readonly boolean[], world: DemoWorld, random: Random) {
    this.#shopper = shopper;
    this.#world = world;
    this.#random = random;
    this.#visitorId = `v${shopper.userId.slice(1)}${String(random.below(10_000)).padStart(4, '0')}`;
    const [begin, end] = world.span;
    const anonymousVisits = random.uniform() < 0.25 ? 1 + random.below(2) : 0;
    const neverSignsIn = random.uniform() < 0.05;
    const first = begin + (end - begin) * 0.8 * random.uniform() ** 1.5;
    const sent = neverSignsIn ? [] : world.mailings.filter(({ time }, m) => mailed[m] && time > first);
    const stayingAway = shopper.offerResponse === 'put-off' ? sent.map(({ time }) => time) : [];
    if (shopper.offerResponse === 'persuaded')
      for (const { time } of sent) this.#planned.push({ time: time + (1 + 4 * random.uniform()) * day });
    let next = first;
    for (let visit = 0; next < end; ) {
      this.#time = next;
      if (!stayingAway.some((time) => next >= time && next < time + 14 * day)) {
        this.#session = `s${shopper.userId.slice(1)}-${++visit}`;
        this.#signedIn = !neverSignsIn && visit > anonymousVisits;
        this.#visit();
      }
      const gap = (-Math.log(1 - random.uniform()) * shopper.gapDays * day) / trafficAt(this.#time, world.festivals);
      next = this.#time + Math.max(2 * 3_600_000, gap);
      const planned = Math.min(...this.#planned.map((p) => p.time));
      if (planned < next && planned > this.#time) next = planned;
    }
    this.events = this.#made.filter((event) => event.time < end).sort((a, b) => a.time - b.time);
  }

  #visit(): void {
    const basket: Basket = new Map();
    this.#spentMinor = 0;
    const due = this.#planned.filter(({ time }) => time <= this.#time);
    this.#planned = this.#planned.filter(({ time }) => time > this.#time);
    const isMailed = due.some(({ product }) => !product);
    for (const { product } of due) if (product) this.#consider(product, basket, 0.85, '');
    if (isMailed) this.#mailed(basket);
    else if (this.#random.uniform() < 0.5) this.#lookOver(basket);
    const wishes = due.length > 0 ? this.#random.below(2) : 1 + this.#random.below(3);
    for (let w = 0; w < wishes; w++) {
      const drawn = this.#narrow();
      if (!drawn) continue;
      const [kind, level] = drawn;
      const searched = this.#random.uniform() < 0.25;
      if (searched) this.#search(kinds[kind]!);
      const from = searched ? 'search' : '';
      const looks = this.#random.below(3);
      for (let l = 0; l < looks; l++) {
        const seen = this.#world.shelf(kind, level).draw(this.#time, this.#random);
        if (seen) this.#view(seen, from);
      }
      const wanted = this.#world.shelf(kind, level).draw(this.#time, this.#random);
      if (wanted) this.#consider(wanted, basket, 0.5, from);
    }
    if (basket.size === 0 || (!isMailed && this.#random.uniform() > 0.75)) return;
    this.#wait(minute * (1 + 4 * this.#random.uniform()));
    const bought = this.#time;
    for (const [product, line] of basket) {
      this.#record('purchase', product, line);
      this.#bought.set(product.productId, bought);
      this.#planAfter(product, bought);
      if (this.#random.uniform() < 0.025 + 0.05 * (1 - product.quality) ** 2) this.#refundLater(product, line);
      else if (this.#random.uniform() < 0.12) this.#reviewLater(product, line.variantId);
    }
  }

  /** A mailed offer is for something of the shopper's own departments, and is taken. */
  #mailed(basket: Basket): void {
    for (let tries = 0; tries < 5 && basket.size === 0; tries++) {
      const [kind, level] = this.#narrow() ?? [];
      const product = kind !== undefined && this.#world.shelf(kind, level).draw(this.#time, this.#random);
      if (product) this.#consider(product, basket, 1, 'mail');
    }
  }

  #lookOver(basket: Basket): void {
    const shown = this.#world.window(windowSize, this.#time, this.#random).map(({ productId }) => productId);
    const moment = { time: this.#time, bought: this.#bought };
    for (const { productId, want } of respondTo(shown, this.#shopper, moment, this.#world, this.#random))
      this.#consider(this.#world.product(productId)!, basket, want, 'window');
  }

  /** Department by taste and season, kind by habit and festival, then the shopper's brand level where the shelf has it. */
  #narrow(): [number, 0 | 1 | 2 | 3] | undefined {
    const shopper = this.#shopper;
    const demand = departments.map((_, d) => shopper.departments[d]! * seasonOf(d, this.#time));
    const department = draw(demand, this.#random);
    const kind = draw(
      kinds.map((k, i) =>
        k.department === department ? shopper.kindHabits[i]! * festiveDemand(k, this.#time, this.#world.festivals) : 0,
      ),
      this.#random,
    );
    const own = this.#random.uniform() < 0.75 && this.#world.shelf(kind, shopper.level).draw(this.#time, this.#random);
    return [kind, own ? shopper.level : 3];
  }

  #consider(product: DemoProduct, basket: Basket, want: number, referrer: string): void {
    const variantId = this.#view(product, referrer);
    const offers = this.#world.offers(product);
    const price = priceAt(product, offers, this.#time);
    const { thrift, budgetMinor } = this.#shopper;
    const bargain = 1 + 2 * thrift * (promotionAt(offers, this.#time)?.discount ?? 0);
    const afforded = this.#spentMinor + price <= budgetMinor ? 1 : 1 - 0.7 * thrift;
    if (this.#random.uniform() >= Math.min(1, want * bargain * (want < 1 ? afforded : 1)) || basket.has(product))
      return;
    if (!isInStock(offers, this.#time)) return;
    this.#wait(minute * this.#random.uniform());
    const quantity = this.#random.uniform() < 0.15 ? 2 : 1;
    this.#spentMinor += quantity * price;
    basket.set(product, { variantId, quantity });
    this.#record('add_to_cart', product, { variantId, quantity });
    for (const { complement, probability } of this.#world.complementsOf(product))
      if (this.#random.uniform() < probability) this.#consider(this.#world.product(complement)!, basket, 1, '');
  }

  #planAfter(product: DemoProduct, bought: number): void {
    const lasts = kinds[product.kind]!.lastsDays;
    if (lasts !== undefined && this.#random.uniform() < 0.35)
      this.#planned.push({ time: bought + lasts * (0.8 + 0.4 * this.#random.uniform()) * day, product });
    for (const { to, probability, days } of this.#world.followersOf(product)) {
      if (this.#random.uniform() >= probability) continue;
      const wait = days[0] + (days[1] - days[0]) * this.#random.uniform();
      this.#planned.push({ time: bought + wait * day, product: this.#world.product(to)! });
    }
  }

  #refundLater(product: DemoProduct, line: { variantId: string; quantity: number }): void {
    this.#later((1 + 6 * this.#random.uniform()) * day, (then) => this.#record('refund', product, line, then));
  }

  #reviewLater(product: DemoProduct, variantId: string): void {
    const offers = this.#world.offers(product);
    const paid = priceAt(product, offers, this.#time) / fullPriceAt(product, offers, this.#time);
    const { stars, text } = writeReview(product, this.#shopper, Math.min(1, paid), this.#random);
    this.#later((3 + 12 * this.#random.uniform()) * day, () => {
      const { productId } = product;
      this.#made.push({ ...this.#visitFields('review'), productId, variantId, value: stars, text });
    });
  }

  /** Something that comes some time after this moment; `act` is given this moment. */
  #later(milliseconds: number, act: (now: number) => void): void {
    const now = this.#time;
    this.#time = now + milliseconds;
    act(now);
    this.#time = now;
  }

  #view(product: DemoProduct, referrer: string): string {
    const { variantId } = product.variants[this.#random.below(product.variants.length)]!;
    this.#wait(minute * (0.2 + 2 * this.#random.uniform()));
    this.#record('view_item', product, { variantId, quantity: Number.NaN, referrer });
    return variantId;
  }

  #search(kind: (typeof kinds)[number]): void {
    const isChinese = this.#shopper.language === 'zh' || this.#random.uniform() < 0.1;
    this.#made.push({ ...this.#visitFields('search'), text: isChinese ? kind.chinese : kind.name.toLowerCase() });
  }

  #record(
    name: VisitEvent['name'],
    product: DemoProduct,
    line: { readonly variantId: string; readonly quantity: number; readonly referrer?: string },
    pricedAt: number = this.#time,
  ): void {
    const { productId } = product;
    const priceMinor = priceAt(product, this.#world.offers(product), pricedAt);
    this.#made.push({ ...this.#visitFields(name), ...line, productId, priceMinor });
  }

  #visitFields(name: VisitEvent['name']): VisitEvent {
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
      device: this.#shopper.device,
      place: this.#shopper.place,
      referrer: '',
      value: Number.NaN,
      text: '',
    };
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
