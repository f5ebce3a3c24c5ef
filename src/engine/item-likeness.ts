/** Likeness of items by what the catalogue says of them now: it follows the catalogue item by item. */
import type { Description } from '../data/catalogue.ts';
import type { Similarity } from '../selection/compose/mmr.ts';
import { attributeNames } from './attributes.ts';

export class ItemLikeness {
  readonly #codes = new Map<string, number>();
  /** Items that have each name. */
  readonly #counts: number[] = [];
  /** Codes of each item's names, ascending, one item after another: many small arrays would hold up the collector. */
  #rows = new Int32Array(1024);
  #end = 0;
  /** Where each item's row begins, how long it is and how long it may become there. */
  readonly #from: Int32Array;
  readonly #length: Int32Array;
  readonly #room: Int32Array;
  #shared = 0;

  /** Of so many items, none of them described yet. */
  constructor(itemCount: number) {
    this.#from = new Int32Array(itemCount);
    this.#length = new Int32Array(itemCount);
    this.#room = new Int32Array(itemCount);
  }

  /** False where no name is of two items: nothing tells then which are alike. */
  get tells(): boolean {
    return this.#shared > 0;
  }

  /** The item is described anew. */
  describe(item: number, described: Description | undefined): void {
    const codes = (described ? attributeNames(described) : []).map((name) => this.#codeOf(name)).sort((a, b) => a - b);
    for (const code of codes) if (++this.#counts[code]! === 2) this.#shared++;
    const [from, to] = [this.#from[item]!, this.#from[item]! + this.#length[item]!];
    for (let n = from; n < to; n++) if (--this.#counts[this.#rows[n]!]! === 1) this.#shared--;
    if (codes.length > this.#room[item]!) this.#move(item, codes.length);
    this.#rows.set(codes, this.#from[item]!);
    this.#length[item] = codes.length;
  }

  /** Jaccard index of the names that two items or more have; 0 where either has none of them. */
  readonly similarity: Similarity = (a, b) => {
    const [rows, counts] = [this.#rows, this.#counts];
    let [both, either] = [0, 0];
    let [i, j] = [this.#from[a]!, this.#from[b]!];
    const [endOfA, endOfB] = [i + this.#length[a]!, j + this.#length[b]!];
    while (i < endOfA || j < endOfB) {
      const own = i < endOfA ? rows[i]! : Infinity;
      const other = j < endOfB ? rows[j]! : Infinity;
      if (counts[Math.min(own, other)]! > 1) {
        either++;
        if (own === other) both++;
      }
      if (own <= other) i++;
      if (other <= own) j++;
    }
    return either > 0 ? both / either : 0;
  };

  /** Gives the item's row room at the end. */
  #move(item: number, room: number): void {
    if (this.#end + room > this.#rows.length) {
      const rows = new Int32Array(Math.max(2 * this.#rows.length, this.#end + room));
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#from[item] = this.#end;
    this.#room[item] = room;
    this.#end += room;
  }

  #codeOf(name: string): number {
    let code = this.#codes.get(name);
    if (code === undefined) {
      code = this.#codes.size;
      this.#codes.set(name, code);
      this.#counts.push(0);
    }
    return code;
  }
}
