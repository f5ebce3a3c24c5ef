/**
 * Each base model's opinion of the candidates, made comparable: z-score and log share of the largest score, mid-rank
 * both damped and sharp, whether there is any evidence, and how far to trust it at this length of history.
 */
import { absent } from '../../models/absent.ts';
import type { FittedSignal, SignalColumn, SignalDefinition, SignalRequest } from './signal.ts';
import { columnsOf } from './signal.ts';

export const modelColumnParts = ['z', 'log', 'rank', 'top', 'evidence', 'length'] as const;

export const modelScores: SignalDefinition = {
  name: 'model-scores',
  fit: ({ models }) => new ModelScores(models),
  load: ({ meta }) => new ModelScores(meta['models'] as string[]),
};

class ModelScores implements FittedSignal {
  readonly columns: readonly SignalColumn[];
  readonly #models: readonly string[];

  constructor(models: readonly string[]) {
    this.#models = models;
    this.columns = models.flatMap((name) => columnsOf(name, modelColumnParts));
  }

  write({ query, candidates, scores }: SignalRequest, out: Float32Array, stride: number, at: number): void {
    const count = candidates.length;
    const sorted = new Float32Array(count);
    // Centred near a history of ten, so that the column is an interaction and not z again.
    const length = Math.log((1 + query.items.length) / 11);
    for (let m = 0; m < this.#models.length; m++) {
      const row = scores.subarray(m * count, (m + 1) * count);
      let [sum, squares, most] = [0, 0, 0];
      for (let c = 0; c < count; c++) {
        const s = evidenceOf(row[c]!);
        sum += s;
        squares += s * s;
        if (s > most) most = s;
      }
      const mean = sum / count;
      const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
      const inverse = deviation > 1e-12 * Math.abs(mean) && deviation > 0 ? 1 / deviation : 0;
      sorted.set(row);
      sorted.sort();
      const first = at + m * modelColumnParts.length;
      for (let c = 0; c < count; c++) {
        const known = row[c]! > absent;
        const s = evidenceOf(row[c]!);
        const to = c * stride + first;
        const z = Math.min(10, Math.max(-10, (s - mean) * inverse));
        const rank = known ? midRank(sorted, s) : count;
        out[to] = z;
        out[to + 1] = most > 0 ? Math.log(Math.max(0, s) / most + 1e-3) : 0;
        out[to + 2] = -Math.log(rank);
        out[to + 3] = 1 / rank;
        out[to + 4] = known ? 1 : 0;
        out[to + 5] = z * length;
      }
    }
  }

  state() {
    return { meta: { models: this.#models }, arrays: {} };
  }
}

/** What is absent from a sum of evidence adds nothing to it; a model that knows nothing of a query says so of all alike. */
function evidenceOf(score: number): number {
  return score > absent ? score : 0;
}

/** Rank of `score` from the top, from 1, ties sharing their mean; `sorted` is ascending. */
function midRank(sorted: Float32Array, score: number): number {
  const notBelow = lowerBound(sorted, score, false);
  const above = lowerBound(sorted, score, true);
  return sorted.length - above + 1 + (above - notBelow - 1) / 2;
}

/** First place whose value is not less than `score`, or greater than it with `past`. */
function lowerBound(sorted: Float32Array, score: number, past: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (past ? sorted[middle]! <= score : sorted[middle]! < score) low = middle + 1;
    else high = middle;
  }
  return low;
}
