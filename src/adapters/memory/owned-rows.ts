/** Rows that know which import wrote them, so that it can be taken back; 0 for what was put otherwise. */
export class OwnedRows<Key, Row> {
  readonly #rows = new Map<Key, { readonly row: Row; readonly by: number }>();
  /** What stood in the place of an import's rows, by the import. */
  readonly #replaced = new Map<number, Map<Key, { readonly row: Row; readonly by: number }>>();

  get size(): number {
    return this.#rows.size;
  }

  get(key: Key): Row | undefined {
    return this.#rows.get(key)?.row;
  }

  keys(): IterableIterator<Key> {
    return this.#rows.keys();
  }

  *values(): Generator<Row> {
    for (const { row } of this.#rows.values()) yield row;
  }

  *[Symbol.iterator](): Generator<[Key, Row]> {
    for (const [key, { row }] of this.#rows) yield [key, row];
  }

  delete(key: Key): void {
    this.#rows.delete(key);
    this.forgetReplaced(key);
  }

  forgetReplaced(key: Key): void {
    for (const before of this.#replaced.values()) before.delete(key);
  }

  set(key: Key, row: Row, by: number): void {
    this.#keep(key, by);
    this.#rows.set(key, { row, by });
  }

  /** Another row in the place of one, by whoever wrote that. */
  amend(key: Key, row: Row): void {
    const before = this.#rows.get(key);
    if (before) this.#rows.set(key, { row, by: before.by });
  }

  /** Takes a row out until the import that says so is taken back. */
  withdraw(key: Key, by: number): boolean {
    this.#keep(key, by);
    return this.#rows.delete(key);
  }

  #keep(key: Key, by: number): void {
    const before = this.#rows.get(key);
    if (by === 0 || !before || before.by === by) return;
    const replaced = this.#replaced.get(by) ?? new Map();
    if (!replaced.has(key)) replaced.set(key, before);
    this.#replaced.set(by, replaced);
  }

  /** Whatever stood in the place of an import's rows. */
  *replaced(): Generator<Row> {
    for (const rows of this.#replaced.values()) for (const { row } of rows.values()) yield row;
  }

  /** Rows of an import in whose place others stand. */
  replacedOf(by: number): Row[] {
    return [...this.#replaced.values()].flatMap((later) =>
      [...later.values()].filter((before) => before.by === by).map(({ row }) => row),
    );
  }

  #isReplaced(key: Key): boolean {
    return [...this.#replaced.values()].some((rows) => rows.has(key));
  }

  /** @returns the keys of the rows that the import had written and that stood */
  takeBack(by: number): Key[] {
    const replaced = this.#replaced.get(by) ?? new Map<Key, { row: Row; by: number }>();
    const taken: Key[] = [];
    for (const [key, { by: writer }] of [...this.#rows]) {
      if (writer !== by) continue;
      taken.push(key);
      const before = replaced.get(key);
      if (before) this.#rows.set(key, before);
      else this.#rows.delete(key);
    }
    for (const later of this.#replaced.values())
      for (const [key, { by: writer }] of [...later]) {
        if (writer !== by) continue;
        const before = replaced.get(key);
        if (before) later.set(key, before);
        else later.delete(key);
      }
    this.#replaced.delete(by);
    for (const [key, before] of replaced)
      if (!this.#rows.has(key) && !this.#isReplaced(key)) this.#rows.set(key, before);
    return taken;
  }
}
