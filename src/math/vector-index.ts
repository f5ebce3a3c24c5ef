/**
 * The items whose vectors have the largest products with a query's, found by looking at few of them: vectors are grouped
 * by direction, the groups that promise most are scanned. How many are scanned is settled when the index is made, so that
 * on example queries nearly all of the exact answer is found; where that takes most of the groups, and where there are
 * few vectors, all are scanned. A look costs in the order of the root of the number of items.
 *
 * @source Jégou, Douze & Schmid, Product quantization for nearest neighbor search, PAMI 2011 (inverted lists); norms of
 *   lists as in Auvolat et al., Clustering is efficient for approximate maximum inner product search, 2015
 */
import { Random } from '../core/random.ts';
import { Best } from './best.ts';
import type { DenseMath } from './dense-math.ts';
import { normaliseTo1, sphericalKMeans } from './k-means.ts';
import { OwnKernels } from './kernels/own-kernels.ts';
import { topK } from './top-k.ts';

/** Up to so many vectors are all scanned: it takes no longer. */
const exactUpTo = 4096;
const depth = 100;
/** Lists that the recall is tried with. */
const tries = [8, 16, 24, 32, 48, 64, 96, 128, 192, 256];

/** Shares of the exact answer's first hundred, as found on the examples. */
export interface IndexRecall {
  readonly wanted: number;
  /** Below this all vectors are scanned instead. */
  readonly least: number;
  /** Lists that are scanned at most. */
  readonly mostLists: number;
}

/** Where the products are the whole score. */
const wholeAnswer: IndexRecall = { wanted: 0.99, least: 0.98, mostLists: 256 };

export interface IndexArrays {
  /** Unit directions of the lists, shape `[lists, d]`. */
  readonly centres: Float32Array;
  /** Largest length of a list's vectors, shape `[lists]`. */
  readonly reaches: Float32Array;
  /** Shape `[lists + 1]`. */
  readonly offsets: Int32Array;
  /** Items of each list, shape `[items]`. */
  readonly members: Int32Array;
}

export interface IndexOptions {
  readonly dense: DenseMath;
  readonly seed: number;
  /** Queries as they will come, shape `[examples, d]`. */
  readonly examples: Float32Array;
  /** What is asked of the lists; @default {@link wholeAnswer} */
  readonly recall?: IndexRecall;
  readonly signal?: AbortSignal | undefined;
}

/** Products that the kernel makes at once, where all vectors are scanned. */
const scannedAtOnce = 4096;

export class VectorIndex {
  readonly d: number;
  /** Lists that are scanned; 0 where all items are. */
  readonly probes: number;
  /** In the memory of the kernels, which threads may share; shape `[items, d]`. */
  readonly vectors: Float32Array;
  readonly #lists: IndexArrays | undefined;
  readonly #kernels: OwnKernels;
  readonly #query: Float32Array;
  #items: Int32Array;
  #out: Float32Array;

  private constructor(kernels: OwnKernels, vectors: Float32Array, d: number, lists?: IndexArrays, probes = 0) {
    this.d = d;
    this.#kernels = kernels;
    this.vectors = vectors;
    this.#query = kernels.f32(d);
    this.#items = kernels.i32(scannedAtOnce);
    this.#out = kernels.f32(scannedAtOnce);
    this.#lists = lists;
    this.probes = lists ? probes : 0;
  }

  /** All vectors are scanned. @param vectors - shape `[items, d]` */
  static async exact(vectors: Float32Array, d: number): Promise<VectorIndex> {
    const kernels = await OwnKernels.open(vectors);
    return new VectorIndex(kernels, kernels.holding(vectors), d);
  }

  /** Over the same vectors, scanned through lists where that pays. */
  async grouped(options: IndexOptions): Promise<VectorIndex> {
    const { vectors, d } = this;
    const items = d > 0 ? vectors.length / d : 0;
    if (items <= exactUpTo || options.examples.length === 0) return this;
    const lists = await listsOf(vectors, d, options);
    const probes = await calibrate(vectors, d, lists, options);
    return probes === undefined ? this : new VectorIndex(this.#kernels, vectors, d, lists, probes);
  }

  /** What `load` needs beside the vectors; nothing where all are scanned. */
  state(): { readonly arrays: Record<string, Float32Array | Int32Array>; readonly meta: { readonly probes: number } } {
    const arrays = this.#lists ? Object.entries(this.#lists).map(([name, array]) => [`index.${name}`, array]) : [];
    return { arrays: Object.fromEntries(arrays), meta: { probes: this.probes } };
  }

  static async load(
    vectors: Float32Array,
    d: number,
    arrays: Readonly<Record<string, unknown>>,
    probes: number,
  ): Promise<VectorIndex> {
    if (probes === 0) return VectorIndex.exact(vectors, d);
    const [centres, reaches, offsets, members] = ['centres', 'reaches', 'offsets', 'members'].map(
      (name) => arrays[`index.${name}`],
    );
    const lists = { centres, reaches, offsets, members } as IndexArrays;
    const kernels = await OwnKernels.open(vectors);
    return new VectorIndex(kernels, kernels.holding(vectors), d, lists, probes);
  }

  /**
   * Offers items with their products, those that promise most first, until it is enough.
   *
   * @param wanted - goes on past the usual number of lists until so many items were taken
   * @param offer - answers whether the item was taken
   * @returns how many components of vectors were read
   */
  scan(query: Float32Array, wanted: number, offer: (item: number, product: number) => boolean): number {
    const { d } = this;
    const lists = this.#lists;
    if (!lists) {
      const items = d > 0 ? this.vectors.length / d : 0;
      const some = Int32Array.from({ length: Math.min(items, scannedAtOnce) }, (_, n) => n);
      for (let first = 0; first < items; first += scannedAtOnce) {
        const count = Math.min(scannedAtOnce, items - first);
        if (first > 0) for (let n = 0; n < count; n++) some[n] = first + n;
        const products = this.#products(some.subarray(0, count), query);
        for (let n = 0; n < count; n++) offer(first + n, products[n]!);
      }
      return this.vectors.length;
    }
    const { offsets, members } = lists;
    const count = offsets.length - 1;
    let read = lists.centres.length;
    let taken = 0;
    let probed = 0;
    for (let probes = this.probes; probed < count; probes = count) {
      const order = promising(lists, query, d, probes);
      for (; probed < probes && (probed < this.probes || taken < wanted); probed++) {
        const list = order[probed]!;
        const some = members.subarray(offsets[list]!, offsets[list + 1]!);
        const products = this.#products(some, query);
        for (let n = 0; n < some.length; n++) if (offer(some[n]!, products[n]!)) taken++;
        read += some.length * d;
      }
      if (taken >= wanted || probed === count) break;
    }
    return read;
  }

  /** Products of given items with a query. @param out - shape `[items.length]` */
  products(items: Int32Array, query: Float32Array, out: Float32Array): void {
    out.set(this.#products(items, query));
  }

  product(item: number, query: Float32Array): number {
    return dot(this.vectors, item * this.d, query, this.d);
  }

  /** Valid until the next. */
  #products(items: Int32Array, query: Float32Array): Float32Array {
    if (items.length > this.#items.length) {
      this.#items = this.#kernels.i32(2 * items.length);
      this.#out = this.#kernels.f32(2 * items.length);
    }
    this.#items.set(items);
    this.#query.set(query);
    this.#kernels.run('vectorProducts', items.length, [this.vectors, this.d, this.#query, this.#items, this.#out]);
    return this.#out.subarray(0, items.length);
  }
}

/** The lists by the largest product that they could hold, the most promising first. */
function promising({ centres, reaches }: IndexArrays, query: Float32Array, d: number, count: number): Int32Array {
  const best = new Best(Math.min(count, reaches.length));
  for (let list = 0; list < reaches.length; list++) best.offer(list, dot(centres, list * d, query, d) * reaches[list]!);
  return best.ranked().items;
}

/** `Σ_f vectors[from + f] · query[f]`, in float64. */
function dot(vectors: Float32Array, from: number, query: Float32Array, d: number): number {
  let [a, b, c, e] = [0, 0, 0, 0];
  let f = 0;
  for (; f + 3 < d; f += 4) {
    a += vectors[from + f]! * query[f]!;
    b += vectors[from + f + 1]! * query[f + 1]!;
    c += vectors[from + f + 2]! * query[f + 2]!;
    e += vectors[from + f + 3]! * query[f + 3]!;
  }
  for (; f < d; f++) a += vectors[from + f]! * query[f]!;
  return a + b + (c + e);
}

const rowsAtOnce = 4096;

async function listsOf(vectors: Float32Array, d: number, { dense, seed, signal }: IndexOptions): Promise<IndexArrays> {
  const items = vectors.length / d;
  const k = Math.ceil(3 * Math.sqrt(items));
  const random = new Random(seed, 0x1d5e);
  const sample = random.shuffle(Int32Array.from({ length: items }, (_, i) => i)).subarray(0, Math.min(items, 24 * k));
  const taught = new Float32Array(sample.length * d);
  let rows = 0;
  for (const item of sample.toSorted()) {
    const row = taught.subarray(rows * d, (rows + 1) * d);
    row.set(vectors.subarray(item * d, (item + 1) * d));
    if (normaliseTo1(row)) rows++;
  }
  const directions = taught.subarray(0, rows * d);
  const { centres } = await sphericalKMeans(directions, d, Math.min(k, rows), {
    ...{ dense, random, iterations: 6, signal },
    seeding: 'any',
  });
  const count = centres.length / d;
  const listOf = new Int32Array(items);
  const reaches = new Float32Array(count);
  const offsets = new Int32Array(count + 1);
  const likeness = new Float32Array(rowsAtOnce * count);
  for (let first = 0; first < items; first += rowsAtOnce) {
    signal?.throwIfAborted();
    const m = Math.min(rowsAtOnce, items - first);
    const a = vectors.subarray(first * d, (first + m) * d);
    const out = likeness.subarray(0, m * count);
    await dense.matmul({ a, b: centres, m, k: d, n: count, transposeB: true, out });
    for (let r = 0; r < m; r++) {
      let best = 0;
      for (let c = 1; c < count; c++) if (out[r * count + c]! > out[r * count + best]!) best = c;
      listOf[first + r] = best;
      offsets[best + 1]!++;
      reaches[best] = Math.max(
        reaches[best]!,
        Math.sqrt(dot(vectors, (first + r) * d, a.subarray(r * d, (r + 1) * d), d)),
      );
    }
  }
  for (let c = 0; c < count; c++) offsets[c + 1]! += offsets[c]!;
  const next = offsets.slice(0, count);
  const members = new Int32Array(items);
  for (let item = 0; item < items; item++) members[next[listOf[item]!]!++] = item;
  return { centres, reaches, offsets, members };
}

/** Lists to scan for the wanted recall on the examples; undefined where scanning all is as good. */
async function calibrate(
  vectors: Float32Array,
  d: number,
  lists: IndexArrays,
  { dense, examples, recall: { wanted, least, mostLists } = wholeAnswer }: IndexOptions,
): Promise<number | undefined> {
  const items = vectors.length / d;
  const queries = examples.length / d;
  const { offsets, members } = lists;
  const listOf = new Int32Array(items);
  for (let list = 0; list + 1 < offsets.length; list++)
    for (let n = offsets[list]!; n < offsets[list + 1]!; n++) listOf[members[n]!] = list;
  const products = new Float32Array(queries * items);
  await dense.matmul({ a: examples, b: vectors, m: queries, k: d, n: items, transposeB: true, out: products });
  // The place among the scanned lists at which each item of the exact answers is found.
  const places = new Int32Array(queries * depth);
  for (let q = 0; q < queries; q++) {
    const order = promising(lists, examples.subarray(q * d, (q + 1) * d), d, offsets.length - 1);
    const placeOf = new Int32Array(order.length);
    for (const [place, list] of order.entries()) placeOf[list] = place;
    const best = topK(products.subarray(q * items, (q + 1) * items), depth);
    for (const [n, item] of best.entries()) places[q * depth + n] = placeOf[listOf[item]!]!;
  }
  const recallAt = (probes: number): number => places.filter((place) => place < probes).length / places.length;
  const usable = tries.filter((probes) => probes * 2 < offsets.length && probes <= mostLists);
  const found = usable.find((probes) => recallAt(probes) >= wanted) ?? usable.at(-1);
  return found !== undefined && recallAt(found) >= least ? found : undefined;
}
