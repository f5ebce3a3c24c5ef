/** Spearman's rank correlation, ties at their mean rank. @source Spearman, American Journal of Psychology 15(1), 1904 */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const middle = (a.length + 1) / 2;
  let [both, own, other] = [0, 0, 0];
  for (let n = 0; n < a.length; n++) {
    both += (x[n]! - middle) * (y[n]! - middle);
    own += (x[n]! - middle) ** 2;
    other += (y[n]! - middle) ** 2;
  }
  return both / Math.sqrt(own * other);
}

function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, n) => n).sort((i, j) => values[i]! - values[j]!);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let n = from; n < to; n++) ranks[order[n]!] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}
