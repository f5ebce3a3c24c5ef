/** What may be retrieved for one query: items that are on the shelf and not left out. */

/** Items that may not be retrieved. */
export interface Exclusions {
  readonly items?: Int32Array;
  /** 0 where an item may not be shown; shape `[itemCount]`. */
  readonly allowed?: Uint8Array;
  /** False where it may not be shown for another reason; asked of few items. */
  readonly admits?: ((item: number) => boolean) | undefined;
}

/** One for many queries: what it holds is laid out anew for each, at the cost of what that one leaves out. */
export class Shelf {
  readonly itemCount: number;
  /** The turn in which an item was left out last; shape `[itemCount]`. */
  readonly #left: Int32Array;
  #allowed: Uint8Array | undefined;
  #admits: ((item: number) => boolean) | undefined;
  #turn = 0;

  constructor(itemCount: number) {
    this.itemCount = itemCount;
    this.#left = new Int32Array(itemCount);
  }

  arrange({ items, allowed, admits }: Exclusions = {}): this {
    const turn = ++this.#turn;
    this.#allowed = allowed;
    this.#admits = admits;
    if (items)
      for (let n = 0; n < items.length; n++)
        if (items[n]! >= 0 && items[n]! < this.itemCount) this.#left[items[n]!] = turn;
    return this;
  }

  has(item: number): boolean {
    if (this.#left[item] === this.#turn || (this.#allowed !== undefined && this.#allowed[item] === 0)) return false;
    return this.#admits === undefined || this.#admits(item);
  }
}
