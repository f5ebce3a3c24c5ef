/**
 * How a shopper reacts to what a shelf or a slate shows: the eye goes down from the first place and gives up at some
 * point; what it meets is clicked with a chance that the product's aspects give one after another.
 *
 * @source Craswell, Zoeter, Taylor & Ramsey, An Experimental Comparison of Click Position-Bias Models, WSDM 2008
 * (the eye); Tversky, Elimination by Aspects, Psychological Review 79(4), 1972 (the aspects)
 */
import type { Random } from '../core/random.ts';
import { day, festiveDemand, seasonOf } from './calendar.ts';
import { isInStock, priceAt, promotionAt } from './offers.ts';
import { type DemoProduct, kinds } from './products.ts';
import type { Shopper } from './shoppers.ts';
import type { DemoWorld } from './world.ts';

/** What a shopper's past says at a moment. */
export interface ShopperMoment {
  readonly time: number;
  readonly cart?: readonly string[];
  /** When each product was bought last. */
  readonly bought?: ReadonlyMap<string, number>;
}

export interface ShelfClick {
  readonly productId: string;
  /** From 0. */
  readonly position: number;
  /** Chance that the product is bought once it is clicked. */
  readonly want: number;
}

/** Of the products in `shown` order, those that the shopper clicks. Products that the world does not know are passed by. */
export function respondTo(
  shown: readonly string[],
  shopper: Shopper,
  moment: ShopperMoment,
  world: DemoWorld,
  random: Random,
): ShelfClick[] {
  const clicks: ShelfClick[] = [];
  for (const [position, productId] of shown.entries()) {
    const product = world.product(productId);
    const interest = product ? interestIn(product, shopper, moment, world) : 0;
    if (random.uniform() < interest) clicks.push({ productId, position, want: Math.min(0.9, 0.25 + 0.6 * interest) });
    if (random.uniform() >= shopper.patience) break;
  }
  return clicks;
}

/** The chance that a shopper who looks at a product clicks it, in [0, 1]. */
export function interestIn(product: DemoProduct, shopper: Shopper, moment: ShopperMoment, world: DemoWorld): number {
  const { time, cart = [], bought } = moment;
  const offers = world.offers(product);
  if (time < product.launchTime || !isInStock(offers, time) || cart.includes(product.productId)) return 0;
  const expected = [...cart, ...(bought?.keys() ?? [])].some((id) => drawsIn(id, product, moment, world));
  const need = expected ? 1 : needFor(product, bought?.get(product.productId), time);
  const kind = kinds[product.kind]!;
  const season = seasonOf(product.department, time) * festiveDemand(kind, time, world.festivals);
  const taste = Math.min(1, 2 * shopper.departments[product.department]! * season);
  const fits = product.level === shopper.level ? 1 : 0.35;
  const price = priceAt(product, offers, time);
  const afforded = price <= shopper.budgetMinor ? 1 - 0.5 * shopper.thrift * (price / shopper.budgetMinor) : 0.15;
  const bargain = 1 + 2 * shopper.thrift * (promotionAt(offers, time)?.discount ?? 0);
  const wanted = expected ? 0.8 : taste * Math.min(1, shopper.kindHabits[product.kind]!);
  return Math.min(1, wanted * need * fits * afforded * bargain * (0.6 + 0.4 * product.quality));
}

/** True where a product in the cart or of late asks for this one. */
function drawsIn(
  productId: string,
  other: DemoProduct,
  { cart, bought, time }: ShopperMoment,
  world: DemoWorld,
): boolean {
  const product = world.product(productId);
  if (!product) return false;
  if (cart?.includes(productId)) return world.complementsOf(product).some((c) => c.complement === other.productId);
  const since = (time - bought!.get(productId)!) / day;
  return world
    .followersOf(product)
    .some(({ to, days }) => to === other.productId && since >= days[0] && since <= days[1]);
}

/** What lasts is not needed twice, and what runs out not before it does. */
function needFor({ kind }: DemoProduct, boughtAt: number | undefined, time: number): number {
  if (boughtAt === undefined) return 1;
  const lasts = kinds[kind]!.lastsDays;
  if (lasts === undefined) return 0.05;
  return (time - boughtAt) / day < 0.7 * lasts ? 0.1 : 1.3;
}
