/**
 * The form of models that give the shopper and every item a vector: a score is their product. A subclass makes the
 * shopper's vector; retrieval, the scores of given items and whole rows follow from it.
 */
import { Random } from '../core/random.ts';
import { type Histories, type Query, queryOfRow, rowCount } from '../data/histories.ts';
import { Best, type Ranked } from '../math/best.ts';
import type { VectorIndex } from '../math/vector-index.ts';
import { absent } from './absent.ts';
import type { Compute, Model, ModelState, Settings } from './model.ts';
import type { Shelf } from './shelf.ts';

export abstract class VectorForm implements Model {
  abstract readonly name: string;
  readonly settings: Settings;
  readonly itemCount: number;
  entriesRead = 0;
  protected readonly index: VectorIndex;
  readonly #compute: Compute;
  /** 1 for items that have a vector; all have where absent. */
  readonly #known: Uint8Array | undefined;
  /** Items that came to their vector after the index was made: its groups may not hold them where they belong. */
  readonly #late = new Set<number>();
  #asked: { readonly query: Query; readonly vector: Float32Array | undefined } | undefined;

  constructor(
    settings: Settings,
    index: VectorIndex,
    compute: Compute,
    itemCount: number = index.d > 0 ? index.vectors.length / index.d : 0,
    known?: Uint8Array,
  ) {
    this.settings = settings;
    this.index = index;
    this.#compute = compute;
    this.itemCount = itemCount;
    this.#known = known;
  }

  /** Gives an item its vector, or another than it had. @param vector - shape `[d]` */
  protected place(item: number, vector: Float32Array): void {
    this.index.vectors.set(vector, item * this.index.d);
    if (this.#known) this.#known[item] = 1;
    this.#late.add(item);
    this.#asked = undefined;
  }

  /** False for an item without a vector: nothing can be said of it. */
  protected knows(item: number): boolean {
    return this.#known === undefined || this.#known[item] === 1;
  }

  /** @returns shape `[d]`; undefined where the query tells the model nothing */
  abstract userVector(query: Query): Float32Array | undefined;

  abstract state(): ModelState;

  retrieve(query: Query, k: number, shelf?: Shelf): Ranked {
    const best = new Best(k);
    const vector = this.#vectorOf(query);
    if (vector && k > 0) {
      for (const item of this.#late) if (!shelf || shelf.has(item)) best.offer(item, this.index.product(item, vector));
      this.entriesRead += this.#late.size * this.index.d;
      this.entriesRead += this.index.scan(vector, k, (item, product) => {
        if ((shelf && !shelf.has(item)) || !this.knows(item) || this.#late.has(item)) return false;
        best.offer(item, product);
        return true;
      });
    }
    return best.ranked();
  }

  scoreItems(query: Query, items: Int32Array, out: Float32Array): void {
    const vector = this.#vectorOf(query);
    if (!vector) out.fill(absent, 0, items.length);
    else {
      this.index.products(items, vector, out);
      this.entriesRead += items.length * this.index.d;
      if (this.#known) for (let n = 0; n < items.length; n++) if (!this.knows(items[n]!)) out[n] = absent;
    }
  }

  async score(queries: readonly Query[], out: Float32Array): Promise<void> {
    const { itemCount: n, index } = this;
    const b = index.vectors;
    const [m, k] = [queries.length, index.d];
    const known = queries.map((query) => this.userVector(query));
    const a = new Float32Array(m * k);
    for (const [q, vector] of known.entries()) if (vector) a.set(vector, q * k);
    await this.#compute.dense.matmul({ a, b, m, k, n, transposeB: true, out });
    for (const [q, vector] of known.entries()) {
      if (!vector) out.fill(absent, q * n, (q + 1) * n);
      else if (this.#known) for (let i = 0; i < n; i++) if (!this.knows(i)) out[q * n + i] = absent;
    }
  }

  #vectorOf(query: Query): Float32Array | undefined {
    if (this.#asked?.query !== query) this.#asked = { query, vector: this.userVector(query) };
    return this.#asked.vector;
  }
}

/** Vectors of some of the histories' own shoppers, for an index to be settled by; shape `[examples, d]`. */
export function exampleVectors(
  histories: Histories,
  seed: number,
  d: number,
  vectorOf: (query: Query) => Float32Array | undefined,
): Float32Array {
  const rows = new Random(seed, 0xe8a1).shuffle(Int32Array.from({ length: rowCount(histories) }, (_, row) => row));
  const vectors = new Float32Array(examples * d);
  let found = 0;
  for (let n = 0; n < rows.length && n < 4 * examples && found < examples; n++) {
    const vector = vectorOf(queryOfRow(histories, rows[n]!));
    if (vector) vectors.set(vector, found++ * d);
  }
  return vectors.subarray(0, found * d);
}

const examples = 48;
