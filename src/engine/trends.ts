/**
 * What is chosen more than it was: events of the last week against those that the three weeks before let expect, in
 * standard deviations of a Poisson count, `(r - e) / √(e + 1)`. Counted anew after a while, beside the requests.
 */
import { inTurns } from '../core/in-turns.ts';
import type { EventStore } from '../data/event-store.ts';
import { type EventKind, eventKinds } from '../data/events.ts';
import type { VariantCodes } from '../data/variant-codes.ts';

const day = 86_400_000;
const recentDays = 7;
const baseDays = 21;
const ageMs = 60_000;
/** Fewer events than these are no trend. */
const least = 3;
const most = 1_000;

export class Trends {
  readonly #store: Pick<EventStore, 'readEvents'>;
  #known: { readonly products: readonly string[]; readonly time: number } | undefined;
  #counting: Promise<readonly string[]> | undefined;

  constructor(store: Pick<EventStore, 'readEvents'>) {
    this.#store = store;
  }

  /** Product ids, those that have grown most first; empty where nothing was chosen lately. */
  async products(
    now: number,
    weights: Readonly<Partial<Record<EventKind, number>>>,
    codes: VariantCodes,
  ): Promise<readonly string[]> {
    if (this.#known && Math.abs(now - this.#known.time) < ageMs) return this.#known.products;
    this.#counting ??= this.#count(now, weights, codes)
      .then((products) => {
        this.#known = { products, time: now };
        return products;
      })
      .finally(() => {
        this.#counting = undefined;
      });
    // Whoever asks while it is counted anew gets what was known.
    return this.#known?.products ?? this.#counting;
  }

  async #count(now: number, weights: Readonly<Partial<Record<EventKind, number>>>, codes: VariantCodes) {
    const since = now - (recentDays + baseDays) * day;
    const events = codes.resolve(await this.#store.readEvents({ since, until: now + 1 }));
    const weightOf = eventKinds.map((kind) => weights[kind] ?? 0);
    const [recent, base] = [new Float64Array(events.products.length), new Float64Array(events.products.length)];
    await inTurns(events.length, (n) => {
      const product = events.product[n]!;
      const weight = weightOf[events.kind[n]!]!;
      if (product >= 0) (now - events.time[n]! < recentDays * day ? recent : base)[product]! += weight;
    });
    const grown = (product: number): number => {
      const expected = (base[product]! * recentDays) / baseDays;
      return (recent[product]! - expected) / Math.sqrt(expected + 1);
    };
    return [...recent.keys()]
      .filter((product) => recent[product]! >= least && grown(product) > 0)
      .sort((a, b) => grown(b) - grown(a) || a - b)
      .slice(0, most)
      .map((product) => events.products[product]!);
  }
}
