/**
 * Evidence for items as a sparse sum: what it costs is what is added, and clearing it costs what was touched. Zero in the
 * table of sums means that nothing was added: so nothing has to be asked about an item whose sum grows.
 */
import { Best, type Ranked } from '../math/best.ts';
import { absent } from './absent.ts';
import type { Shelf } from './shelf.ts';

/** Stands for a sum of zero that was added up; as a float32 it is zero. */
const leastSum = Number.MIN_VALUE;

function notZero(sum: number): number {
  return sum === 0 ? leastSum : sum;
}

export class Evidence {
  readonly itemCount: number;
  /** In float64, so that the parts of an explanation sum to the score. Shape `[itemCount]`. */
  readonly #sums: Float64Array;
  /** Items that something was added for, and room for one more; some may have been dropped since. */
  #touched: Int32Array = new Int32Array(256);
  #count = 0;

  constructor(itemCount: number) {
    this.itemCount = itemCount;
    this.#sums = new Float64Array(itemCount);
  }

  clear(): void {
    for (let n = 0; n < this.#count; n++) this.#sums[this.#touched[n]!] = 0;
    this.#count = 0;
  }

  add(item: number, value: number): void {
    const sum = this.#sums[item]!;
    this.#sums[item] = notZero(Number.isNaN(sum) ? value : sum + value);
    if (sum !== 0) return;
    this.#makeRoom(1);
    this.#touched[this.#count++] = item;
  }

  /**
   * Adds `weight · values[n]` to each of `indices`, from one place to another.
   *
   * @param values - > 0
   * @param weight - > 0
   */
  addRow(indices: Int32Array, values: Float32Array, from: number, to: number, weight: number): void {
    this.#makeRoom(to - from);
    const [sums, touched] = [this.#sums, this.#touched];
    let count = this.#count;
    for (let n = from; n < to; n++) {
      const item = indices[n]!;
      const sum = sums[item]!;
      sums[item] = sum + weight * values[n]!;
      // Written whether it is new or not: a branch here could not be foreseen.
      touched[count] = item;
      count += sum === 0 ? 1 : 0;
    }
    this.#count = count;
  }

  /** NaN where there is none. */
  of(item: number): number {
    const sum = this.#sums[item]!;
    return sum === 0 ? Number.NaN : sum;
  }

  /** Puts a value in the place of the sum; NaN takes the evidence away. */
  set(item: number, value: number): void {
    if (this.#sums[item] !== 0) this.#sums[item] = notZero(value);
    else if (!Number.isNaN(value)) this.add(item, value);
  }

  multiply(factor: number): void {
    for (let n = 0; n < this.#count; n++) {
      const item = this.#touched[n]!;
      this.#sums[item] = notZero(this.#sums[item]! * factor);
    }
  }

  best(k: number, shelf?: Shelf): Ranked {
    const best = new Best(k);
    const [sums, touched, count] = [this.#sums, this.#touched, this.#count];
    let floor = best.floor;
    for (let n = 0; n < count; n++) {
      const item = touched[n]!;
      const sum = sums[item]!;
      // Most fall short: the shelf is asked of few.
      if (!(Math.fround(sum) >= floor) || (shelf && !shelf.has(item))) continue;
      best.offer(item, sum);
      floor = best.floor;
    }
    return best.ranked();
  }

  /** @param out - shape `[items.length]` */
  pick(items: Int32Array, out: Float32Array): void {
    for (let n = 0; n < items.length; n++) {
      const sum = this.#sums[items[n]!]!;
      out[n] = sum === 0 || Number.isNaN(sum) ? absent : sum;
    }
  }

  /** @param out - shape `[itemCount]` */
  spread(out: Float32Array): void {
    out.fill(absent);
    for (let n = 0; n < this.#count; n++) {
      const sum = this.#sums[this.#touched[n]!]!;
      if (!Number.isNaN(sum)) out[this.#touched[n]!] = sum;
    }
  }

  #makeRoom(more: number): void {
    const least = this.#count + more + 1;
    if (least <= this.#touched.length) return;
    const grown = new Int32Array(Math.max(2 * this.#touched.length, least));
    grown.set(this.#touched);
    this.#touched = grown;
  }
}
