/** The k best of what is offered one by one, whatever the order; for lists that are short beside all there is. */

/** Item indices and their scores, best first; of equal scores the lower index. */
export interface Ranked {
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

/** A heap whose root is the worst of the best. Scores are compared as float32, as rows of scores hold them. */
export class Best {
  readonly #items: Int32Array;
  readonly #scores: Float32Array;
  #size = 0;

  constructor(k: number) {
    this.#items = new Int32Array(k);
    this.#scores = new Float32Array(k);
  }

  get size(): number {
    return this.#size;
  }

  /** What scores less than this is not kept. */
  get floor(): number {
    return this.#size < this.#items.length ? -Infinity : this.#size > 0 ? this.#scores[0]! : Infinity;
  }

  /** @param score - NaN is never kept */
  offer(item: number, score: number): void {
    const [items, scores] = [this.#items, this.#scores];
    const value = Math.fround(score);
    const k = items.length;
    let at: number;
    if (this.#size < k) {
      if (Number.isNaN(value)) return;
      at = this.#size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!worse(value, item, scores[parent]!, items[parent]!)) break;
        items[at] = items[parent]!;
        scores[at] = scores[parent]!;
        at = parent;
      }
    } else {
      if (k === 0 || !worse(scores[0]!, items[0]!, value, item)) return;
      at = this.#sink(value, item, k);
    }
    items[at] = item;
    scores[at] = value;
  }

  /** Where a value belongs that takes the root's place; what is worse moves up. */
  #sink(value: number, item: number, size: number): number {
    const [items, scores] = [this.#items, this.#scores];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) return at;
      if (child + 1 < size && worse(scores[child + 1]!, items[child + 1]!, scores[child]!, items[child]!)) child++;
      if (!worse(scores[child]!, items[child]!, value, item)) return at;
      items[at] = items[child]!;
      scores[at] = scores[child]!;
      at = child;
    }
  }

  /** What was kept, best first; nothing may be offered after. */
  ranked(): Ranked {
    const [items, scores] = [this.#items, this.#scores];
    const size = this.#size;
    for (let end = size - 1; end > 0; end--) {
      const [item, score] = [items[end]!, scores[end]!];
      [items[end], scores[end]] = [items[0]!, scores[0]!];
      const at = this.#sink(score, item, end);
      items[at] = item;
      scores[at] = score;
    }
    return { items: items.subarray(0, size), scores: scores.subarray(0, size) };
  }
}

function worse(score: number, item: number, other: number, otherItem: number): boolean {
  return score < other || (score === other && item > otherItem);
}
