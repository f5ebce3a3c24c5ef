/** Likeness of items by what the catalogue says of them now: it follows the catalogue item by item. */
import type { Description } from '../data/catalogue.ts';
import type { Similarity } from '../selection/compose/mmr.ts';
import { attributeNames } from './attributes.ts';

export class ItemLikeness {
  readonly #codes = new Map<string, number>();
  /** Items that have each name. */
  readonly #counts: number[] = [];
  /** Codes of each item's names, ascending. */
  readonly #rows: Int32Array[];
  #shared = 0;

  /** @param described - by item index; undefined where the catalogue does not know the item */
  constructor(described: readonly (Description | undefined)[]) {
    this.#rows = described.map(() => none);
    for (const [item, one] of described.entries()) this.describe(item, one);
  }

  /** False where no name is of two items: nothing tells then which are alike. */
  get tells(): boolean {
    return this.#shared > 0;
  }

  /** The item is described anew. */
  describe(item: number, described: Description | undefined): void {
    const codes = (described ? attributeNames(described) : []).map((name) => this.#codeOf(name));
    for (const code of codes) if (++this.#counts[code]! === 2) this.#shared++;
    for (const code of this.#rows[item]!) if (--this.#counts[code]! === 1) this.#shared--;
    this.#rows[item] = Int32Array.from(codes).sort();
  }

  /** Jaccard index of the names that two items or more have; 0 where either has none of them. */
  readonly similarity: Similarity = (a, b) => {
    const [left, right, counts] = [this.#rows[a]!, this.#rows[b]!, this.#counts];
    let [both, either] = [0, 0];
    for (let i = 0, j = 0; i < left.length || j < right.length; ) {
      const [own, other] = [left[i] ?? Infinity, right[j] ?? Infinity];
      if (counts[Math.min(own, other)]! > 1) {
        either++;
        if (own === other) both++;
      }
      if (own <= other) i++;
      if (other <= own) j++;
    }
    return either > 0 ? both / either : 0;
  };

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

const none = new Int32Array(0);
