/** How well a choice orders sets that it did not learn from: what decides between forms and is reported beside each. */
import type { ChoiceData } from './choice-data.ts';
import type { ChoiceModel } from './choice-model.ts';

/** Means over cases, of the first `depth` candidates. */
export interface HeldOutQuality {
  readonly ndcg: number;
  readonly recall: number;
}

/** The order of one column and nothing else. */
export function columnAlone(at: number, columns: number): Pick<ChoiceModel, 'score'> {
  return {
    score(features, count, out) {
      for (let c = 0; c < count; c++) out[c] = features[c * columns + at]!;
    },
  };
}

/** How the choice orders held-out sets; right answers that retrieval lost count as missed, ties at their mean rank. */
export function heldOutQuality(choice: Pick<ChoiceModel, 'score'>, data: ChoiceData, depth: number): HeldOutQuality {
  const sets = data.offsets.length - 1;
  let [ndcg, recall] = [0, 0];
  for (let s = 0; s < sets; s++) {
    const [from, to] = [data.offsets[s]!, data.offsets[s + 1]!];
    const targets = Math.max(1, data.targets[s]!);
    const q = new Float64Array(to - from);
    choice.score(data.features.subarray(from * data.columns, to * data.columns), to - from, q);
    let [gain, found] = [0, 0];
    for (let c = 0; c < q.length; c++) {
      if (data.right[from + c] === 0) continue;
      let [above, tied] = [0, 0];
      for (let o = 0; o < q.length; o++) {
        if (q[o]! > q[c]!) above++;
        else if (q[o] === q[c]) tied++;
      }
      const rank = above + 1 + (tied - 1) / 2;
      if (rank > depth) continue;
      gain += 1 / Math.log2(1 + rank);
      found++;
    }
    let ideal = 0;
    for (let n = 1; n <= Math.min(targets, depth); n++) ideal += 1 / Math.log2(1 + n);
    ndcg += gain / ideal;
    recall += found / targets;
  }
  return { ndcg: ndcg / Math.max(1, sets), recall: recall / Math.max(1, sets) };
}
