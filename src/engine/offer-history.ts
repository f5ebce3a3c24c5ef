/**
 * Price and availability of every item at any moment of the past, so that a past visit is taught and measured with the
 * offers of its own time. Facts of single places are left out, since events do not say theirs.
 */
import { everywhere, type Product, type TimedFact } from '../data/catalogue.ts';
import { noProduct } from '../data/shop-histories.ts';
import { learnFact, type Offer, offerOf, type VariantFacts } from './offer.ts';

interface Change {
  readonly time: number;
  readonly item: number;
  readonly available: 0 | 1;
}

export class OfferHistory {
  /** Of the prices; what is priced in another currency has no price here. */
  readonly currency: string | undefined;
  /** Item i's prices are at `offsets[i] .. offsets[i + 1] - 1`; shape `[itemCount + 1]`. */
  readonly #offsets: Int32Array;
  /** From when each price holds, ascending within an item. */
  readonly #from: Float64Array;
  readonly #prices: Float64Array;
  /** Changes of availability, by time. */
  readonly #changes: readonly Change[];
  readonly #allowed: Uint8Array;
  #applied = 0;

  private constructor(
    currency: string | undefined,
    offsets: Int32Array,
    from: Float64Array,
    prices: Float64Array,
    changes: readonly Change[],
  ) {
    this.currency = currency;
    this.#offsets = offsets;
    this.#from = from;
    this.#prices = prices;
    this.#changes = changes;
    this.#allowed = new Uint8Array(offsets.length - 1).fill(1);
  }

  /**
   * @param products - ids by item index
   * @param facts - of one kind, variant and place the oldest first
   * @param until - what begins later is left out: it cannot have touched any event
   */
  static async of(
    products: readonly string[],
    catalogue: ReadonlyMap<string, Product>,
    facts: AsyncIterable<TimedFact>,
    until: number,
  ): Promise<OfferHistory> {
    const byVariant = new Map<string, TimedFact[]>();
    for await (const fact of facts) {
      if (fact.place !== everywhere || fact.fact === 'promotion') continue;
      const known = byVariant.get(fact.variantId) ?? [];
      known.push(fact);
      byVariant.set(fact.variantId, known);
    }
    const offers = products.map((id) => (id === noProduct ? neverOffered : offersOver(catalogue.get(id), byVariant)));
    const currency = commonest(offers.map((some) => some.at(-1)?.offer.currency));
    const [offsets, from, prices]: [number[], number[], number[]] = [[0], [], []];
    const changes: Change[] = [];
    for (const [item, some] of offers.entries()) {
      let [price, available] = [Number.NaN, true];
      for (const { time, offer } of some) {
        const now = offer.currency === currency ? (offer.priceMinor ?? Number.NaN) : Number.NaN;
        // The first price that is known stands for the time before it; what begins after the last event does not count.
        if (!Number.isNaN(now) && now !== price && (time <= until || Number.isNaN(price))) {
          from.push(Number.isNaN(price) ? -Infinity : time);
          prices.push(now);
          price = now;
        }
        if (offer.available !== available && time <= until) {
          changes.push({ time, item, available: offer.available ? 1 : 0 });
          available = offer.available;
        }
      }
      offsets.push(from.length);
    }
    changes.sort((a, b) => a.time - b.time || a.item - b.item);
    return new OfferHistory(
      currency,
      Int32Array.from(offsets),
      Float64Array.from(from),
      Float64Array.from(prices),
      changes,
    );
  }

  /** Smallest unit of `currency`; NaN where no price is known. */
  priceAt(item: number, time: number): number {
    const [first, end] = [this.#offsets[item], this.#offsets[item + 1]];
    if (first === undefined || end === undefined || first === end) return Number.NaN;
    let [low, high] = [first, end];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#from[middle]! <= time) low = middle;
      else high = middle;
    }
    return this.#prices[low]!;
  }

  /** 1 for the items that could be bought, shape `[itemCount]`; overwritten by the next call. */
  allowedAt(time: number): Uint8Array {
    // Forward and back from where the last call stood: neighbouring moments cost little.
    while (this.#applied < this.#changes.length && this.#changes[this.#applied]!.time <= time) {
      const { item, available } = this.#changes[this.#applied++]!;
      this.#allowed[item] = available;
    }
    while (this.#applied > 0 && this.#changes[this.#applied - 1]!.time > time) {
      const { item, available } = this.#changes[--this.#applied]!;
      this.#allowed[item] = 1 - available;
    }
    return this.#allowed;
  }

  /** Everything above as numbers, to tell whether anything changed. */
  arrays(): readonly (Int32Array | Float64Array)[] {
    const changes = this.#changes.flatMap(({ time, item, available }) => [time, item, available]);
    return [this.#offsets, this.#from, this.#prices, Float64Array.from(changes)];
  }
}

/** A row that waits for a product. */
const neverOffered: ReturnType<typeof offersOver> = [
  {
    time: -Infinity,
    offer: {
      productId: noProduct,
      variantId: undefined,
      title: '',
      priceMinor: undefined,
      currency: undefined,
      available: false,
    },
  },
];

/** The offer of a product after each moment at which a fact of its variants begins. */
function offersOver(
  product: Product | undefined,
  byVariant: ReadonlyMap<string, readonly TimedFact[]>,
): { time: number; offer: Offer }[] {
  if (!product) return [];
  const facts = product.variants.flatMap(({ variantId }) => byVariant.get(variantId) ?? []);
  facts.sort((a, b) => a.from - b.from);
  const known = new Map<string, VariantFacts>();
  const offers: { time: number; offer: Offer }[] = [];
  for (const [n, fact] of facts.entries()) {
    const of = known.get(fact.variantId) ?? {};
    known.set(fact.variantId, of);
    learnFact(of, fact);
    if (facts[n + 1]?.from === fact.from) continue;
    offers.push({ time: fact.from, offer: offerOf(product, (variantId) => known.get(variantId)) });
  }
  return offers;
}

function commonest(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0];
}
