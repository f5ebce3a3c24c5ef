/**
 * Area under the ROC curve: the chance that a random positive stands above a random negative, ties counting half.
 *
 * @source Hanley & McNeil, The meaning and use of the area under a ROC curve, Radiology 1982
 */

/** A prediction and the outcome. */
export interface Predictions {
  /** Predicted score or probability, shape `[n]`. */
  readonly scores: ArrayLike<number>;
  /** 1 or 0, shape `[n]`. */
  readonly labels: ArrayLike<number>;
}

/** @returns NaN where only one label occurs */
export function auc(predictions: Predictions): number {
  return weightedAuc(predictions, ascendingOrder(predictions.scores));
}

/** Indices by ascending score. */
export function ascendingOrder(scores: ArrayLike<number>): Uint32Array {
  return Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
}

/**
 * One pass over sorted predictions, each counting `weights[group]` times: what a bootstrap over users needs.
 *
 * @param order - from `ascendingOrder`
 */
export function weightedAuc(
  { scores, labels }: Predictions,
  order: Uint32Array,
  groups?: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  let positives = 0;
  let negatives = 0;
  let won = 0;
  for (let from = 0; from < order.length; ) {
    const score = scores[order[from]!]!;
    let tiedPositives = 0;
    let tiedNegatives = 0;
    for (; from < order.length && scores[order[from]!] === score; from++) {
      const i = order[from]!;
      const weight = groups && weights ? weights[groups[i]!]! : 1;
      if (labels[i] === 1) tiedPositives += weight;
      else tiedNegatives += weight;
    }
    won += tiedPositives * (negatives + tiedNegatives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
  }
  return won / (positives * negatives);
}
