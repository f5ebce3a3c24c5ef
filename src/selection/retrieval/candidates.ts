/**
 * The first stage: unites the best items of several retrievers into one set without repeats. Each has a declared quota;
 * where the limit is short, ranks are taken in turn, so that every retriever keeps its share of the places.
 */
import { topK } from '../../math/top-k.ts';

export interface RetrievalPlan {
  /** Items taken from each retriever at most; 0 where it only scores. */
  readonly quotas: readonly number[];
  /** Candidates of a query at most. */
  readonly limit: number;
}

/** Items that may not be retrieved. */
export interface Exclusions {
  readonly items?: Int32Array;
  /** 0 where an item may not be shown; shape `[itemCount]`. */
  readonly allowed?: Uint8Array;
}

export class CandidateUnion {
  readonly #seen: Int32Array;
  readonly #blocked: Int32Array;
  #turn = 0;

  constructor(itemCount: number) {
    this.#seen = new Int32Array(itemCount);
    this.#blocked = new Int32Array(itemCount);
  }

  /**
   * @param rows - scores of each retriever, shape `[itemCount]`; excluded items are overwritten with -Infinity
   * @param fill - items that follow, in order, until there are `least` candidates
   * @returns candidates without repeats, and for each retriever what it brought, best first
   */
  gather(
    rows: readonly Float32Array[],
    plan: RetrievalPlan,
    exclusions: Exclusions = {},
    fill: Int32Array = new Int32Array(0),
    least = 0,
  ): { readonly candidates: Int32Array; readonly lists: readonly Int32Array[] } {
    const turn = ++this.#turn;
    this.#block(rows, exclusions, turn);
    const lists = rows.map((row, m) => (plan.quotas[m]! > 0 ? topEvidence(row, plan.quotas[m]!) : new Int32Array(0)));
    const out = new Int32Array(plan.limit);
    let count = 0;
    const add = (item: number): void => {
      if (count === plan.limit || this.#seen[item] === turn || this.#blocked[item] === turn) return;
      this.#seen[item] = turn;
      out[count++] = item;
    };
    const depth = Math.max(0, ...lists.map((list) => list.length));
    for (let rank = 0; rank < depth && count < plan.limit; rank++)
      for (const list of lists) if (rank < list.length) add(list[rank]!);
    for (let n = 0; n < fill.length && count < Math.min(least, plan.limit); n++) add(fill[n]!);
    return { candidates: out.slice(0, count), lists };
  }

  #block(rows: readonly Float32Array[], { items, allowed }: Exclusions, turn: number): void {
    const block = (item: number): void => {
      this.#blocked[item] = turn;
      for (const row of rows) row[item] = -Infinity;
    };
    const count = this.#blocked.length;
    if (items) for (let n = 0; n < items.length; n++) if (items[n]! >= 0 && items[n]! < count) block(items[n]!);
    if (allowed) for (let item = 0; item < count; item++) if (allowed[item] === 0) block(item);
  }
}

/** The k best items that have any evidence: zero means none, and less than zero is evidence against. */
export function topEvidence(scores: Float32Array, k: number): Int32Array {
  const best = topK(scores, k);
  let count = best.length;
  while (count > 0 && !(scores[best[count - 1]!]! > 0)) count--;
  return best.subarray(0, count);
}
