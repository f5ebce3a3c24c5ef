/**
 * The set of event ids of a sealed segment, in 4 to 5 bytes per event and one cache line per look: hashes of 52 bits in
 * buckets by their leading bits, 32 further bits kept per hash. A new id is taken for a held one at a rate of about
 * (events per bucket) / 2^32; whoever must know for sure asks the segment itself after a hit.
 */

const magic = 0x44495753;
const maxBucketBits = 20;
const perBucket = 8;

export class EventIdFilter {
  readonly #bucketBits: number;
  /** Where each bucket begins in `#prints`; shape `[buckets + 1]`. */
  readonly #offsets: Uint32Array;
  /** Sorted within a bucket; shape `[events]`. */
  readonly #prints: Uint32Array;

  private constructor(bucketBits: number, offsets: Uint32Array, prints: Uint32Array) {
    this.#bucketBits = bucketBits;
    this.#offsets = offsets;
    this.#prints = prints;
  }

  /**
   * @param hashes - shape `[events]`, in any order
   * @returns the filter, and the hashes that (nearly surely) come more than once
   */
  static of(hashes: Float64Array): { filter: EventIdFilter; repeated: number[] } {
    const wanted = Math.ceil(Math.log2(Math.max(1, hashes.length / perBucket)));
    const bucketBits = Math.min(maxBucketBits, wanted);
    const bucketSpan = 2 ** (52 - bucketBits);
    const printSpan = 2 ** (20 - bucketBits);
    const offsets = new Uint32Array(2 ** bucketBits + 1);
    for (const hash of hashes) offsets[Math.floor(hash / bucketSpan) + 1]!++;
    for (let bucket = 1; bucket < offsets.length; bucket++) offsets[bucket]! += offsets[bucket - 1]!;
    const next = offsets.slice();
    const prints = new Uint32Array(hashes.length);
    for (const hash of hashes) {
      const bucket = Math.floor(hash / bucketSpan);
      prints[next[bucket]!++] = Math.floor((hash - bucket * bucketSpan) / printSpan);
    }
    const filter = new EventIdFilter(bucketBits, offsets, prints);
    const repeats = filter.#sortBuckets();
    const repeated = repeats.size === 0 ? [] : [...new Set(hashes.filter((hash) => repeats.has(filter.#slot(hash))))];
    return { filter, repeated };
  }

  static parse(bytes: Uint8Array): EventIdFilter {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    const [first, bucketBits, count] = words;
    const buckets = 2 ** (bucketBits ?? 0);
    if (first !== magic || words.length !== 4 + buckets + count!) throw new RangeError('not an event id filter');
    return new EventIdFilter(bucketBits!, words.subarray(3, 4 + buckets), words.subarray(4 + buckets));
  }

  get size(): number {
    return this.#prints.length;
  }

  /** False: surely not held. True: held, but for a few in a thousand million. */
  has(hash: number): boolean {
    const bucketSpan = 2 ** (52 - this.#bucketBits);
    const bucket = Math.floor(hash / bucketSpan);
    const print = Math.floor((hash - bucket * bucketSpan) / 2 ** (20 - this.#bucketBits));
    let low = this.#offsets[bucket]!;
    let high = this.#offsets[bucket + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#prints[middle]! < print) low = middle + 1;
      else high = middle;
    }
    return low < this.#offsets[bucket + 1]! && this.#prints[low] === print;
  }

  /** Little-endian words: magic, bucket bits, count, offsets, prints. */
  bytes(): Uint8Array {
    const words = new Uint32Array(3 + this.#offsets.length + this.#prints.length);
    words.set([magic, this.#bucketBits, this.#prints.length]);
    words.set(this.#offsets, 3);
    words.set(this.#prints, 3 + this.#offsets.length);
    return new Uint8Array(words.buffer);
  }

  /** The part of a hash that the filter keeps. */
  #slot(hash: number): number {
    return Math.floor(hash / 2 ** (20 - this.#bucketBits));
  }

  #sortBuckets(): Set<number> {
    const repeats = new Set<number>();
    for (let bucket = 0; bucket + 1 < this.#offsets.length; bucket++) {
      const start = this.#offsets[bucket]!;
      const end = this.#offsets[bucket + 1]!;
      if (end - start > 64) this.#prints.subarray(start, end).sort();
      else insertionSort(this.#prints, start, end);
      for (let i = start + 1; i < end; i++)
        if (this.#prints[i] === this.#prints[i - 1]) repeats.add(bucket * 2 ** 32 + this.#prints[i]!);
    }
    return repeats;
  }
}

function insertionSort(values: Uint32Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const value = values[i]!;
    let j = i - 1;
    while (j >= start && values[j]! > value) {
      values[j + 1] = values[j]!;
      j--;
    }
    values[j + 1] = value;
  }
}
