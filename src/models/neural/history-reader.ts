/** Reads one history with trained weights, in this thread; a graph for each length is made when it first comes. */
import { eventKinds } from '../../data/events.ts';
import type { Query } from '../../data/histories.ts';
import { PlainRunner } from '../../math/autodiff/plain-runner.ts';
import { momentCode, sinceCode } from './position-marks.ts';
import type { SequenceNetwork } from './sequence-network.ts';

export class HistoryReader {
  readonly #network: SequenceNetwork;
  /** Of the layers, without the items. */
  readonly #weights: Readonly<Record<string, Float32Array>>;
  /** Shape `[items, size]`. */
  readonly #vectors: Float32Array;
  readonly #runners = new Map<number, PlainRunner>();

  constructor(network: SequenceNetwork, weights: Readonly<Record<string, Float32Array>>, vectors: Float32Array) {
    const { 'items.weight': _, ...others } = weights;
    this.#network = network;
    this.#weights = others;
    this.#vectors = vectors;
  }

  /**
   * @param isRead - items that have a vector
   * @returns shape `[size]`; undefined where no item of the history has a vector
   */
  vectorOf(query: Query, isRead: (item: number) => boolean): Float32Array | undefined {
    const { size, length, isTwoSided } = this.#network.form;
    const most = length - Number(isTwoSided);
    const read: number[] = [];
    for (let p = query.items.length - 1; p >= 0 && read.length < most; p--)
      if (isRead(query.items[p]!)) read.unshift(p);
    if (read.length === 0) return undefined;
    let runner = this.#runners.get(read.length);
    if (!runner) {
      runner = new PlainRunner(this.#network.asked(read.length), this.#weights);
      this.#runners.set(read.length, runner);
    }
    const vectors = new Float32Array(read.length * size);
    for (const [n, position] of read.entries()) {
      const item = query.items[position]!;
      vectors.set(this.#vectors.subarray(item * size, (item + 1) * size), n * size);
    }
    return Float32Array.from(runner.run({ vectors, ...this.#marksOf(query, read) }));
  }

  /** As `fillBatch` has them: the question's own stand at the last place. */
  #marksOf({ times, kinds, now }: Query, read: readonly number[]): Record<string, number[]> {
    const { isTwoSided, marks } = this.#network.form;
    if (marks.length === 0) return {};
    const kind = read.map((p) => (kinds && kinds[p]! < eventKinds.length ? kinds[p]! + 1 : 0));
    const since = read.map((p) => (times && p > 0 ? sinceCode(times[p]! - times[p - 1]!) : 0));
    const asked = times && now !== undefined ? sinceCode(now - times[read.at(-1)!]!) : 0;
    const moment = now === undefined ? 0 : momentCode(now);
    // One that reads both sides is told of the moment of what is hidden alone.
    if (isTwoSided) {
      const none = read.map(() => 0);
      return { kind: [...kind, 0], since: [...since, asked], until: [...none, 0], moment: [...none, moment] };
    }
    const next = [...since.slice(1), asked];
    const moments = read.map((_, n) => (times && n + 1 < read.length ? momentCode(times[read[n + 1]!]!) : 0));
    moments[moments.length - 1] = moment;
    return { kind, since, until: next, moment: moments };
  }
}
