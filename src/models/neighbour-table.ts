/**
 * The K nearest items of every item, and the scores that follow from them: `score(j) = Σ w(p) · s(item(p), j)` over the
 * positions p of a history. What item-kNN, RP3beta and the transition model share; its parts explain exactly.
 */
import type { Query } from '../data/histories.ts';
import type { Evidence } from './evidence.ts';
import type { Contribution, ModelState } from './model.ts';

export interface NeighbourTable {
  readonly itemCount: number;
  /** Shape `[itemCount + 1]`. */
  readonly offsets: Int32Array;
  /** Item indices, each row's best first; no item stands twice in a row. Shape `[entries]`. */
  readonly indices: Int32Array;
  /** Shape `[entries]`. */
  readonly values: Float32Array;
}

/** How positions of a history count; what most models over a history let be set. */
export interface HistoryWeighting {
  /** Weight kept per step back. */
  readonly historyDecay: number;
  /** Newest positions that count. */
  readonly historyLength: number;
}

/** A position that keeps less than this of its weight counts no more: it could move no score that anybody sees. */
const leastFactor = 1e-4;

/** `decay^(steps from the end)` times the position's own weight; 0 past the positions that count. */
export function positionWeights(query: Query, { historyDecay, historyLength }: HistoryWeighting): Float64Array {
  const length = query.items.length;
  const weights = new Float64Array(length);
  let factor = 1;
  for (let p = length - 1; p >= Math.max(0, length - historyLength) && factor >= leastFactor; p--) {
    weights[p] = factor * (query.weights ? query.weights[p]! : 1);
    factor *= historyDecay;
  }
  return weights;
}

/** @returns how many entries of the table were read */
export function addNeighbours(
  { itemCount, offsets, indices, values }: NeighbourTable,
  query: Query,
  weights: Float64Array,
  evidence: Evidence,
): number {
  let entries = 0;
  for (let p = 0; p < query.items.length; p++) {
    const weight = weights[p]!;
    const item = query.items[p]!;
    if (weight === 0 || item < 0 || item >= itemCount) continue;
    const [from, to] = [offsets[item]!, offsets[item + 1]!];
    evidence.addRow(indices, values, from, to, weight);
    entries += to - from;
  }
  return entries;
}

export function explainByNeighbours(
  table: NeighbourTable,
  query: Query,
  weights: Float64Array,
  item: number,
): Contribution[] {
  const parts: Contribution[] = [];
  for (let p = 0; p < query.items.length; p++) {
    const source = query.items[p]!;
    if (weights[p] === 0 || source < 0 || source >= table.itemCount) continue;
    const value = weights[p]! * neighbourValue(table, source, item);
    if (value !== 0) parts.push({ position: p, value });
  }
  return parts;
}

/** `s(source, item)`; 0 where the item is none of its neighbours. Looks at the source's own row only. */
export function neighbourValue({ offsets, indices, values }: NeighbourTable, source: number, item: number): number {
  const to = offsets[source + 1]!;
  for (let n = offsets[source]!; n < to; n++) if (indices[n] === item) return values[n]!;
  return 0;
}

export function tableArrays({ offsets, indices, values }: NeighbourTable): ModelState['arrays'] {
  return { offsets, indices, values };
}

export function tableOf(state: ModelState): NeighbourTable {
  const { offsets, indices, values } = state.arrays as {
    offsets: Int32Array;
    indices: Int32Array;
    values: Float32Array;
  };
  return { itemCount: offsets.length - 1, offsets, indices, values };
}
