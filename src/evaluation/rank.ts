/**
 * Full ranking: where the right answers of each case stand among all items that are not masked. Tied items share their
 * mean rank, so a scorer cannot gain or lose by the order of ids.
 */
import type { Scorer } from '../data/histories.ts';
import { topK } from '../math/top-k.ts';
import type { Case } from './cases.ts';

export interface RankedCase {
  /** Mid-ranks (from 1) of the targets, ascending; targets past the list and not the best one are Infinity. */
  readonly ranks: Float64Array;
  /** The best `depth` items, best first. */
  readonly list: Int32Array;
}

export interface RankOptions {
  /** Length of the lists, and the deepest cut-off that a metric may use. */
  readonly depth: number;
  readonly batch?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number) => void) | undefined;
  /** Replaces the candidates by the targets and a sample of other items (shape `[n]`); full ranking without it. */
  readonly sample?: ((caseIndex: number) => Int32Array) | undefined;
}

export async function rankCases(scorer: Scorer, cases: readonly Case[], options: RankOptions): Promise<RankedCase[]> {
  const items = scorer.itemCount;
  const batch = options.batch ?? Math.max(1, Math.min(256, Math.floor(16_000_000 / Math.max(1, items))));
  const scores = new Float32Array(batch * items);
  const ranked: RankedCase[] = [];
  for (let from = 0; from < cases.length; from += batch) {
    options.signal?.throwIfAborted();
    const some = cases.slice(from, from + batch);
    await scorer.score(
      some.map((c) => c.query),
      scores,
    );
    for (const [b, one] of some.entries()) {
      const row = scores.subarray(b * items, (b + 1) * items);
      if (options.sample) keepOnly(row, one.targets, options.sample(from + b));
      ranked.push(rankOne(row, one, options.depth));
    }
    options.onProgress?.(Math.min(1, (from + batch) / cases.length));
  }
  return ranked;
}

function rankOne(scores: Float32Array, { targets, masked }: Case, depth: number): RankedCase {
  for (let i = 0; i < masked.length; i++) scores[masked[i]!] = -Infinity;
  const list = topK(scores, depth);
  const floor = list.length < depth ? -Infinity : scores[list[list.length - 1]!]!;
  const ranks = new Float64Array(targets.length).fill(Infinity);
  let best = -1;
  for (let t = 0; t < targets.length; t++) {
    const score = scores[targets[t]!]!;
    if (!(score > -Infinity)) continue;
    if (best < 0 || score > scores[targets[best]!]!) best = t;
    if (score > floor) ranks[t] = midRank(list, scores, score);
    else if (score === floor) ranks[t] = midRank(undefined, scores, score);
  }
  if (best >= 0 && ranks[best] === Infinity) ranks[best] = midRank(undefined, scores, scores[targets[best]!]!);
  return { ranks: ranks.sort(), list };
}

/** One more than the items above, plus half of the other ties; `list` is enough where every tie stands in it. */
function midRank(list: Int32Array | undefined, scores: Float32Array, score: number): number {
  let above = 0;
  let tied = 0;
  if (list) {
    for (let n = 0; n < list.length; n++) {
      const other = scores[list[n]!]!;
      if (other > score) above++;
      else if (other === score) tied++;
    }
  } else {
    for (let i = 0; i < scores.length; i++) {
      if (scores[i]! > score) above++;
      else if (scores[i] === score) tied++;
    }
  }
  return above + 1 + (tied - 1) / 2;
}

function keepOnly(scores: Float32Array, targets: Int32Array, sample: Int32Array): void {
  const kept = [...targets, ...sample].map((item) => [item, scores[item]!] as const);
  scores.fill(-Infinity);
  for (const [item, score] of kept) scores[item] = score;
}
