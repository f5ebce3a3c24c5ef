/** AUC inside each group (a user, a query), averaged: knowing the group itself is then no help. */
import { auc, type Predictions } from './auc.ts';

/**
 * Mean of the AUC inside each group that has both labels.
 *
 * @param groups - shape `[n]`
 * @returns `byGroup` holds each group's own value; the mean is NaN where no group has both labels
 */
export function withinGroupAuc(
  { scores, labels }: Predictions,
  groups: ArrayLike<number>,
): { readonly mean: number; readonly byGroup: ReadonlyMap<number, number> } {
  const members = new Map<number, number[]>();
  for (let i = 0; i < groups.length; i++) {
    const known = members.get(groups[i]!);
    if (known) known.push(i);
    else members.set(groups[i]!, [i]);
  }
  const byGroup = new Map<number, number>();
  let sum = 0;
  for (const [group, indices] of members) {
    const value = auc({ scores: indices.map((i) => scores[i]!), labels: indices.map((i) => labels[i]!) });
    if (Number.isNaN(value)) continue;
    byGroup.set(group, value);
    sum += value;
  }
  return { mean: sum / byGroup.size, byGroup };
}
