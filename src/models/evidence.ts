/** Evidence for items as a sparse sum: what it costs is what is added, and clearing it costs what was touched. */
import { Best, type Ranked } from '../math/best.ts';
import { absent } from './absent.ts';
import type { Shelf } from './shelf.ts';

export class Evidence {
  readonly itemCount: number;
  /** NaN where nothing was added; in float64, so that the parts of an explanation sum to the score. Shape `[itemCount]`. */
  readonly #sums: Float64Array;
  /** Items that something was added for; some may have been dropped since. */
  #touched: Int32Array = new Int32Array(256);
  #count = 0;

  constructor(itemCount: number) {
    this.itemCount = itemCount;
    this.#sums = new Float64Array(itemCount).fill(Number.NaN);
  }

  clear(): void {
    for (let n = 0; n < this.#count; n++) this.#sums[this.#touched[n]!] = Number.NaN;
    this.#count = 0;
  }

  add(item: number, value: number): void {
    const sum = this.#sums[item]!;
    if (!Number.isNaN(sum)) {
      this.#sums[item] = sum + value;
      return;
    }
    if (this.#count === this.#touched.length) this.#grow();
    this.#touched[this.#count++] = item;
    this.#sums[item] = value;
  }

  /** Adds `weight · values[n]` to each of `indices`, from one place to another. */
  addRow(indices: Int32Array, values: Float32Array, from: number, to: number, weight: number): void {
    const sums = this.#sums;
    if (this.#count + to - from > this.#touched.length) this.#grow(this.#count + to - from);
    const touched = this.#touched;
    let count = this.#count;
    for (let n = from; n < to; n++) {
      const item = indices[n]!;
      const sum = sums[item]!;
      if (!Number.isNaN(sum)) sums[item] = sum + weight * values[n]!;
      else {
        touched[count++] = item;
        sums[item] = weight * values[n]!;
      }
    }
    this.#count = count;
  }

  /** NaN where there is none. */
  of(item: number): number {
    return this.#sums[item]!;
  }

  /** Puts a value in the place of the sum; NaN takes the evidence away. */
  set(item: number, value: number): void {
    if (!Number.isNaN(this.#sums[item]!)) this.#sums[item] = value;
    else if (!Number.isNaN(value)) this.add(item, value);
  }

  multiply(factor: number): void {
    for (let n = 0; n < this.#count; n++) this.#sums[this.#touched[n]!]! *= factor;
  }

  best(k: number, shelf?: Shelf): Ranked {
    const best = new Best(k);
    for (let n = 0; n < this.#count; n++) {
      const item = this.#touched[n]!;
      if (!shelf || shelf.has(item)) best.offer(item, this.#sums[item]!);
    }
    return best.ranked();
  }

  /** @param out - shape `[items.length]` */
  pick(items: Int32Array, out: Float32Array): void {
    for (let n = 0; n < items.length; n++) {
      const sum = this.#sums[items[n]!]!;
      out[n] = Number.isNaN(sum) ? absent : sum;
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

  #grow(least = 0): void {
    const grown = new Int32Array(Math.max(2 * this.#touched.length, least));
    grown.set(this.#touched);
    this.#touched = grown;
  }
}
