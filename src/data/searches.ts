/** What people searched for, by person and time: the last words before a moment are part of what is known at it. */
import type { EventColumns, FurtherColumns } from './event-store.ts';
import { visitGapMs } from './shop-histories.ts';

/** A search speaks for so long, milliseconds: as long as a visit goes on without a word. */
export const searchHoldsMs: number = visitGapMs;

export class Searches {
  readonly #times: Float64Array;
  readonly #codes: Int32Array;
  readonly #texts: readonly string[];
  /** First and past the last search of each person. */
  readonly #spans = new Map<number, readonly [from: number, to: number]>();

  /** @param events - searches with their texts; a person's stand together, oldest first */
  constructor({ length, person, time, text }: EventColumns & Pick<FurtherColumns, 'text'>) {
    this.#times = time;
    this.#codes = text.codes;
    this.#texts = text.values;
    for (let from = 0, to = 0; from < length; from = to) {
      do to++;
      while (to < length && person[to] === person[from]);
      this.#spans.set(person[from]!, [from, to]);
    }
  }

  get count(): number {
    return this.#times.length;
  }

  /** The last words of a person until a moment, and no older than they hold. */
  lastOf(person: number, moment: number): string | undefined {
    const [from, to] = this.#spans.get(person) ?? [0, 0];
    for (let e = to - 1; e >= from; e--) {
      if (this.#times[e]! > moment) continue;
      if (moment - this.#times[e]! > searchHoldsMs) return undefined;
      if (this.#codes[e]! >= 0) return this.#texts[this.#codes[e]!];
    }
    return undefined;
  }

  /** All there is, for a hash of what taught. */
  *arrays(): Generator<Float64Array | Int32Array | Uint8Array> {
    yield this.#times;
    yield this.#codes;
    yield new TextEncoder().encode(JSON.stringify(this.#texts));
  }
}
