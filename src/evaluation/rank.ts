/**
 * Full ranking: where the right answers of each case stand among all items that are not masked. Ties are resolved by
 * expectation: a tied answer gets the mean of the ranks it could take (the mid-rank), and the j-th of t answers tied
 * among m items gets `j (m + 1) / (t + 1)`, so that a scorer cannot gain or lose by the order of ids and a constant
 * scorer stands exactly where chance puts it.
 *
 * @source Kendall, The treatment of ties in ranking problems, Biometrika 1945 (mid-ranks)
 * @source David & Nagaraja, Order Statistics, 3rd ed., §3.7 (expected j-th of t ranks drawn from m)
 */
import { ShelfwiseError } from '../core/errors.ts';
import type { Scorer } from '../data/histories.ts';
import { topK } from '../math/top-k.ts';
import type { Case } from './cases.ts';

export interface RankedCase {
  /**
   * Expected ranks (from 1) of the targets, ascending. Past the list they are Infinity, but for the best one's, which is
   * exact however deep; a masked target's is Infinity.
   */
  readonly ranks: Float64Array;
  /** The best `depth` items, best first; among ties the lower index, which is shuffled on reading. */
  readonly list: Int32Array;
}

export interface RankOptions {
  /** Length of the lists, and the deepest cut-off that a metric may use. */
  readonly depth: number;
  /** Queries scored at once; by default as many as fit into 64 MB of scores. */
  readonly batch?: number | undefined;
  /** False where the best target's rank past the list is not needed (no metric without a cut-off). */
  readonly pastList?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((share: number) => void) | undefined;
  /** Ranks each case's targets among these items only (shape `[n]`); all items without it. */
  readonly sample?: ((caseIndex: number) => Int32Array) | undefined;
}

/** @throws ShelfwiseError `SW_MODEL_STATE` where a score is not a number */
export async function rankCases(scorer: Scorer, cases: readonly Case[], options: RankOptions): Promise<RankedCase[]> {
  const items = scorer.itemCount;
  const batch = options.batch ?? Math.max(1, Math.min(256, Math.floor(16_000_000 / Math.max(1, items))));
  const scores = new Float32Array(Math.min(batch, cases.length) * items);
  const refuseNaN = (item: number): never => {
    const message = `${scorer.name}: expected a score for every item, got NaN for item ${item}.`;
    throw new ShelfwiseError('SW_MODEL_STATE', message, 'Report it: comparisons with NaN would flatter the model.');
  };
  const ranked: RankedCase[] = [];
  for (let from = 0; from < cases.length; from += batch) {
    options.signal?.throwIfAborted();
    const some = cases.slice(from, from + batch);
    await scorer.score(
      some.map((one) => one.query),
      scores.subarray(0, some.length * items),
    );
    for (let b = 0; b < some.length; b++) {
      const row = scores.subarray(b * items, (b + 1) * items);
      if (options.sample) keepOnly(row, some[b]!.targets, options.sample(from + b));
      ranked.push(rankCase(row, some[b]!, options.depth, options.pastList, refuseNaN));
    }
    options.onProgress?.(Math.min(1, (from + batch) / cases.length));
  }
  return ranked;
}

/**
 * @param scores - shape `[itemCount]`; masked items are overwritten with -Infinity
 */
export function rankCase(
  scores: Float32Array,
  { targets, masked }: Omit<Case, 'query'>,
  depth: number,
  pastList = true,
  onNaN?: (item: number) => void,
): RankedCase {
  for (let i = 0; i < masked.length; i++) scores[masked[i]!] = -Infinity;
  const list = topK(scores, depth, onNaN);
  const floor = list.length < depth ? -Infinity : scores[list[list.length - 1]!]!;
  const ranks = new Float64Array(targets.length).fill(Infinity);
  const descending = Float32Array.from(targets, (target) => scores[target]!)
    .sort()
    .reverse();
  for (let t = 0; t < descending.length; ) {
    const score = descending[t]!;
    // Below the list every rank is past every cut-off.
    if (score === -Infinity || (score < floor && (t > 0 || !pastList))) break;
    let end = t + 1;
    while (end < descending.length && descending[end] === score) end++;
    const { above, tied } = score > floor ? countListed(list, scores, score) : countAll(scores, score);
    for (let j = t; j < end; j++) ranks[j] = above + ((j - t + 1) * (tied + 1)) / (end - t + 1);
    t = end;
  }
  return { ranks, list };
}

/** Enough where the score is above the list's last: every item above it or tied with it stands on the list. */
function countListed(list: Int32Array, scores: Float32Array, score: number): { above: number; tied: number } {
  let above = 0;
  let tied = 0;
  for (let n = 0; n < list.length; n++) {
    const other = scores[list[n]!]!;
    if (other > score) above++;
    else if (other === score) tied++;
  }
  return { above, tied };
}

/** Without branches, which scores in no order would mispredict. */
function countAll(scores: Float32Array, score: number): { above: number; tied: number } {
  let above = 0;
  let atLeast = 0;
  for (let i = 0; i < scores.length; i++) {
    above += Number(scores[i]! > score);
    atLeast += Number(scores[i]! >= score);
  }
  return { above, tied: atLeast - above };
}

function keepOnly(scores: Float32Array, targets: Int32Array, sample: Int32Array): void {
  const kept = Int32Array.from([...targets, ...sample]);
  const scored = Float32Array.from(kept, (item) => scores[item]!);
  scores.fill(-Infinity);
  for (let n = 0; n < kept.length; n++) scores[kept[n]!] = scored[n]!;
}
