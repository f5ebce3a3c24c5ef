/**
 * Attribute ids of items, those of today and those that held before. Row i is item i as it is described today; further
 * rows are former descriptions, so that a past moment is judged by what could be known of an item then.
 */
export interface FormerAttributes {
  readonly item: number;
  /** When the description gave way to the next, milliseconds since 1970. */
  readonly until: number;
  readonly ids: Int32Array;
}

export class ItemAttributes {
  /** Attribute ids by row. */
  readonly rows: readonly Int32Array[];
  readonly itemCount: number;
  /** The name that each id stands for; empty where ids came without. */
  readonly names: readonly string[];
  /** Former descriptions of item i are `offsets[i] .. offsets[i + 1] - 1`, the oldest first; shape `[itemCount + 1]`. */
  readonly #offsets: Int32Array;
  /** Until when each former description held. */
  readonly #until: Float64Array;

  private constructor(
    rows: readonly Int32Array[],
    offsets: Int32Array,
    until: Float64Array,
    names: readonly string[] = [],
  ) {
    this.rows = rows;
    this.names = names;
    this.itemCount = offsets.length - 1;
    this.#offsets = offsets;
    this.#until = until;
  }

  /**
   * @param today - attribute ids by item index
   * @param names - by id
   */
  static of(
    today: readonly Int32Array[],
    former: readonly FormerAttributes[] = [],
    names: readonly string[] = [],
  ): ItemAttributes {
    const known = former.filter(({ item }) => item >= 0 && item < today.length);
    known.sort((a, b) => a.item - b.item || a.until - b.until);
    const offsets = new Int32Array(today.length + 1);
    for (const { item } of known) offsets[item + 1]!++;
    for (let i = 0; i < today.length; i++) offsets[i + 1]! += offsets[i]!;
    const rows = [...today, ...known.map(({ ids }) => ids)];
    return new ItemAttributes(
      rows,
      offsets,
      Float64Array.from(known, ({ until }) => until),
      names,
    );
  }

  /** The same moments over other rows, as `times()` gave them. */
  static load(rows: readonly Int32Array[], offsets: Int32Array, until: Float64Array): ItemAttributes {
    return new ItemAttributes(rows, offsets, until);
  }

  get today(): readonly Int32Array[] {
    return this.#until.length === 0 ? this.rows : this.rows.slice(0, this.itemCount);
  }

  /** The row that described an item at `time`; today's by default. The oldest known stands for the time before it. */
  rowAt(item: number, time: number = Infinity): number {
    const end = this.#offsets[item + 1]!;
    for (let n = this.#offsets[item]!; n < end; n++) if (time < this.#until[n]!) return this.itemCount + n;
    return item;
  }

  times(): { readonly offsets: Int32Array; readonly until: Float64Array } {
    return { offsets: this.#offsets, until: this.#until };
  }
}
