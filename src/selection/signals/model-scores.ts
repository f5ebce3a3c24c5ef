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
    const keys = new Float64Array(count);
    const bits = new Int32Array(scores.buffer, scores.byteOffset, scores.length);
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
        keys[known++] = keyOf(bits[m * count + c]!, c);
        sum += s;
        squares += s * s;
        if (s > most) most = s;
      }
      const mean = sum / count;
      const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
      const inverse = deviation > 1e-12 * Math.abs(mean) && deviation > 0 ? 1 / deviation : 0;
      const first = at + m * modelColumnParts.length;
      const [absentZ, absentLog] = [zOf(-mean * inverse), most > 0 ? Math.log(1e-3) : 0];
      if (known < count)
        for (let c = 0, to = first; c < count; c++, to += stride) {
          if (row[c]! > absent) continue;
          out[to] = absentZ;
          out[to + 1] = absentLog;
          out[to + 2] = -logOf[2 * count]!;
          out[to + 3] = 1 / count;
          out[to + 4] = 0;
          out[to + 5] = absentZ * length;
        }
      const ascending = keys.subarray(0, known).sort();
      for (let end = known; end > 0; ) {
        const s = row[candidateOf(ascending[end - 1]!)]!;
        let start = end - 1;
        while (start > 0 && row[candidateOf(ascending[start - 1]!)] === s) start--;
        // From the top, from 1; ties share their mean.
        const rank = known - end + 1 + (end - start - 1) / 2;
        const z = zOf((s - mean) * inverse);
        const log = most > 0 ? Math.log(Math.max(0, s) / most + 1e-3) : 0;
        for (let n = start; n < end; n++) {
          const to = candidateOf(ascending[n]!) * stride + first;
          out[to] = z;
          out[to + 1] = log;
          out[to + 2] = -logOf[2 * rank]!;
          out[to + 3] = 1 / rank;
          out[to + 4] = 1;
          out[to + 5] = z * length;
        }
        end = start;
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

const places = 2 ** 20;

/** Keys of the bits of float32 scores stand in the order of the scores, each with its candidate. */
function keyOf(bits: number, candidate: number): number {
  return (bits >= 0 ? bits + 2 ** 31 : ~bits) * places + candidate;
}

function candidateOf(key: number): number {
  return key - Math.floor(key / places) * places;
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
