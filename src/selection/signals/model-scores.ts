/**
 * Each base model's opinion of the candidates, made comparable: z-score and log share of the largest score, mid-rank
 * both damped and sharp, whether there is any evidence, and how far to trust it at this length of history.
 */
import { absent } from '../../models/absent.ts';
import type { Contribution } from '../../models/model.ts';
import type { HistoryPart, ReasonContext, Said } from '../explain/reason.ts';
import { popularitySignal } from './popularity-signal.ts';
import type { FittedSignal, SignalColumn, SignalDefinition, SignalRequest } from './signal.ts';
import { columnsOf } from './signal.ts';

export const modelColumnParts = ['z', 'log', 'rank', 'top', 'evidence', 'length'] as const;

export const modelScores: SignalDefinition = {
  name: 'model-scores',
  reason: {
    say: sayOfModel,
    sentences: {
      history: {
        en: ({ verb, title }) => `Because you ${verb} “${title}”.`,
        zh: ({ verb, title }) => `因为您${verb}《${title}》。`,
      },
      taste: { en: () => 'Fits what you chose before.', zh: () => '与您以往的选择相合。' },
    },
  },
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
    const logOf = logTable(2 * count);
    // Centred near a history of ten, so that the column is an interaction and not z again.
    const length = Math.log((1 + query.items.length) / 11);
    for (let m = 0; m < this.#models.length; m++) {
      const row = scores.subarray(m * count, (m + 1) * count);
      let [sum, squares, most, known] = [0, 0, 0, 0];
      for (let c = 0; c < count; c++) {
        const s = row[c]!;
        // What is absent from a sum of evidence adds nothing to it.
        if (!(s > absent)) continue;
        sorted[known++] = s;
        sum += s;
        squares += s * s;
        if (s > most) most = s;
      }
      const mean = sum / count;
      const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
      const inverse = deviation > 1e-12 * Math.abs(mean) && deviation > 0 ? 1 / deviation : 0;
      const there = sorted.subarray(0, known).sort();
      const first = at + m * modelColumnParts.length;
      const [absentZ, absentLog] = [zOf(-mean * inverse), most > 0 ? Math.log(1e-3) : 0];
      for (let c = 0; c < count; c++) {
        const s = row[c]!;
        const to = c * stride + first;
        if (!(s > absent)) {
          out[to] = absentZ;
          out[to + 1] = absentLog;
          out[to + 2] = -logOf[2 * count]!;
          out[to + 3] = 1 / count;
          out[to + 4] = 0;
          out[to + 5] = absentZ * length;
          continue;
        }
        const z = zOf((s - mean) * inverse);
        const rank = midRank(there, s);
        out[to] = z;
        out[to + 1] = most > 0 ? Math.log(Math.max(0, s) / most + 1e-3) : 0;
        out[to + 2] = -logOf[2 * rank]!;
        out[to + 3] = 1 / rank;
        out[to + 4] = 1;
        out[to + 5] = z * length;
      }
    }
  }

  state() {
    return { meta: { models: this.#models }, arrays: {} };
  }
}

const zOf = (value: number): number => Math.min(10, Math.max(-10, value));

/** Logarithms of n / 2: mid-ranks are whole or half. Grows as it is needed. */
let logs = new Float64Array(0);
function logTable(most: number): Float64Array {
  if (logs.length <= most) logs = Float64Array.from({ length: 2 * most + 1 }, (_, n) => Math.log(n / 2));
  return logs;
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

/** The items of the history that gave most to the model's score. */
function sayOfModel(source: string, { query, item, column, model }: ReasonContext): Said | undefined {
  if (!model || !(column(`${source}.evidence`) > 0)) return undefined;
  if (model.name === 'popularity') return popularitySignal.reason!.say('popular', { query, item, column });
  if (!model.explain) return { kind: 'taste', items: [], facts: {} };
  const { score, items } = historyParts(model.explain(query, item), query.items);
  // The item itself is no reason for itself: coming back is the repeat signal's to say.
  const speaking = items.filter((part) => part.value > 0 && part.item !== item);
  if (speaking.length === 0 || speaking[0]!.value < items[0]!.value) return undefined;
  return { kind: 'history', items: speaking.slice(0, 3), score, facts: { share: speaking[0]!.value / score } };
}

/** Contributions by item of the history, the strongest first, and their sum. */
function historyParts(
  contributions: readonly Contribution[],
  history: Int32Array,
): { score: number; items: HistoryPart[] } {
  const byItem = new Map<number, { item: number; position: number; value: number }>();
  let score = 0;
  for (const { position, value } of contributions) {
    const item = history[position]!;
    const part = byItem.get(item) ?? { item, position, value: 0 };
    part.position = Math.max(part.position, position);
    part.value += value;
    byItem.set(item, part);
    score += value;
  }
  const items = [...byItem.values()].sort((a, b) => b.value - a.value || b.position - a.position);
  return { score, items };
}
