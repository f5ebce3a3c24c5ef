/**
 * What the demo store asks for its products and when it has them: a price that changes once, promotions at festivals and
 * between them, and times without stock.
 */
import type { Random } from '../core/random.ts';
import { day, type Festival } from './calendar.ts';
import type { DemoProduct } from './products.ts';

export interface Promotion {
  readonly promotionId: string;
  /** Share taken off the price, in (0, 1). */
  readonly discount: number;
  /** First and last moment, milliseconds since 1970. */
  readonly span: readonly [number, number];
}

/** What holds of a product over time. */
export interface ProductOffers {
  /** The full price changes at this time, once. */
  readonly changeTime: number;
  readonly laterPriceMinor: number;
  /** In time order, without overlap. */
  readonly promotions: readonly Promotion[];
  /** Times without stock, in order; the last may reach beyond the end. */
  readonly stockOuts: readonly (readonly [number, number])[];
  readonly unitsOnHand: number;
}

/** Products that a festival's promotion takes in. */
const promotedShare = 0.35;
const soldOutAtTheEnd = 0.06;

export function makeOffers(
  product: DemoProduct,
  span: readonly [number, number],
  festivals: readonly Festival[],
  random: Random,
): ProductOffers {
  const begin = Math.max(span[0], product.launchTime);
  const length = span[1] - begin;
  const changes = random.uniform() < 0.15;
  const changeTime = dayOf(begin + length * (0.3 + 0.4 * random.uniform()));
  const laterPriceMinor = changes
    ? Math.round(product.priceMinor * (0.8 + 0.3 * random.uniform()))
    : product.priceMinor;

  const promotions: Promotion[] = [];
  for (const { name, span: days, discount } of festivals) {
    if (discount === 0 || random.uniform() >= promotedShare) continue;
    const promotionId = `${name}-${new Date(days[1]).getUTCFullYear()}`;
    if (days[0] >= begin)
      promotions.push({ promotionId, span: days, discount: inSteps(discount * (0.4 + 0.6 * random.uniform())) });
  }
  if (random.uniform() < 0.2) {
    const from = dayOf(begin + length * random.uniform());
    const own: Promotion = {
      promotionId: 'weekly',
      span: [from, from + 7 * day],
      discount: inSteps(0.05 + 0.2 * random.uniform()),
    };
    if (promotions.every(({ span: [a, b] }) => own.span[1] <= a || own.span[0] >= b)) promotions.push(own);
  }
  promotions.sort((a, b) => a.span[0] - b.span[0]);

  const stockOuts: [number, number][] = [];
  for (let n = random.below(3); n > 0; n--) {
    const from = dayOf(begin + length * ((stockOuts.length + random.uniform()) / 3));
    stockOuts.push([from, from + (2 + random.below(9)) * day]);
  }
  const soldOut = random.uniform() < soldOutAtTheEnd;
  if (soldOut) stockOuts.push([span[1] - (1 + random.below(5)) * day, Number.POSITIVE_INFINITY]);
  const now = stockOuts.some(([from, to]) => from <= span[1] && span[1] < to);
  return {
    ...{ changeTime, laterPriceMinor, promotions },
    stockOuts: stockOuts.sort((a, b) => a[0] - b[0]),
    unitsOnHand: now ? 0 : 5 + random.below(120),
  };
}

export function promotionAt({ promotions }: ProductOffers, time: number): Promotion | undefined {
  return promotions.find(({ span }) => time >= span[0] && time < span[1]);
}

/** Price without a promotion. */
export function fullPriceAt(product: DemoProduct, offers: ProductOffers, time: number): number {
  return time < offers.changeTime ? product.priceMinor : offers.laterPriceMinor;
}

export function priceAt(product: DemoProduct, offers: ProductOffers, time: number): number {
  const discount = promotionAt(offers, time)?.discount ?? 0;
  return Math.max(10, Math.round((fullPriceAt(product, offers, time) * (1 - discount)) / 10) * 10);
}

export function isInStock({ stockOuts }: ProductOffers, time: number): boolean {
  return !stockOuts.some(([from, to]) => time >= from && time < to);
}

/** Every moment at which the price or the stock of a product is another, from its first day on. */
export function changesOf(product: DemoProduct, offers: ProductOffers, span: readonly [number, number]): number[] {
  const times = [
    Math.max(span[0], product.launchTime),
    ...(offers.laterPriceMinor === product.priceMinor ? [] : [offers.changeTime]),
    ...offers.promotions.flatMap(({ span: days }) => days),
    ...offers.stockOuts.flat(),
  ].filter((time) => time >= Math.max(span[0], product.launchTime) && time < span[1]);
  return [...new Set(times)].sort((a, b) => a - b);
}

function dayOf(time: number): number {
  return Math.floor(time / day) * day;
}

function inSteps(share: number): number {
  return Math.max(0.05, Math.round(share * 20) / 20);
}
