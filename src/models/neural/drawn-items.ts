/** Items drawn for each step, the more often the more often they were chosen: by the square root of that. */
import { Random } from '../../core/random.ts';
import type { Histories } from '../../data/histories.ts';

export class DrawnItems {
  readonly #cumulated: Float64Array;
  readonly #logQ: Float64Array;
  readonly #seed: number;
  readonly #items: BigInt64Array;
  readonly #itemsLogQ: Float32Array;

  constructor({ items, itemCount }: Histories, count: number, seed: number) {
    const counts = new Float64Array(itemCount).fill(1);
    for (const item of items) counts[item]!++;
    let total = 0;
    this.#cumulated = counts.map((own) => {
      total += Math.sqrt(own);
      return total;
    });
    this.#logQ = counts.map((own) => Math.log((count * Math.sqrt(own)) / total));
    this.#seed = seed;
    this.#items = new BigInt64Array(count);
    this.#itemsLogQ = new Float32Array(count);
  }

  /** @returns what they are, and the logarithm of how often each is drawn on average; used again by the next */
  of(step: number): { readonly draws: BigInt64Array; readonly drawsLogQ: Float32Array } {
    const random = new Random(this.#seed, 0xd0_000000 + step);
    const total = this.#cumulated.at(-1)!;
    for (let n = 0; n < this.#items.length; n++) {
      const item = placeOf(this.#cumulated, random.uniform() * total);
      this.#items[n] = BigInt(item);
      this.#itemsLogQ[n] = this.#logQ[item]!;
    }
    return { draws: this.#items, drawsLogQ: this.#itemsLogQ };
  }
}

/** The first place whose cumulated value is above one. */
function placeOf(cumulated: Float64Array, value: number): number {
  let [low, high] = [0, cumulated.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulated[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
