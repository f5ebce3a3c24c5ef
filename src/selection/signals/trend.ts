/**
 * Time and an item: how much of its demand is recent, how long ago it was last chosen, and its age. Time is the
 * positions' own, or the order of rows where rows were made in order. All shares are of the span of the data.
 */

import { type Histories, rowCount } from '../../data/histories.ts';
import { recentEnd } from '../../data/recent-end.ts';
import { notable } from '../explain/reason.ts';
import { ItemColumns } from './item-columns.ts';
import type { SignalDefinition } from './signal.ts';

/** Shares of the newest events that count as recent. */
const windows = [0.02, 0.1, 0.3];
const prior = 3;

export const trend: SignalDefinition = {
  name: 'trend',
  reason: {
    say: (_, { column }) => {
      const lift = Math.exp(column('trend.newest0.1'));
      return lift >= notable ? { kind: 'trend', items: [], facts: { recentLift: lift } } : undefined;
    },
    sentences: {
      trend: {
        en: ({ facts }) => `Lately in demand: ${(facts['recentLift'] ?? 1).toFixed(1)} times its usual share.`,
        zh: ({ facts }) => `近期受关注程度是平时的 ${(facts['recentLift'] ?? 1).toFixed(1)} 倍。`,
      },
    },
  },
  fit({ histories, rowsInTimeOrder }) {
    const moments = histories.times ?? (rowsInTimeOrder ? rowOfPositions(histories) : undefined);
    if (!moments || moments.length === 0) return undefined;
    const { itemCount, items } = histories;
    const sorted = Float64Array.from(moments).sort();
    const start = sorted[0]!;
    const end = recentEnd(sorted);
    const span = Math.max(1e-9, end - start);
    const cuts = windows.map((w) => sorted[Math.floor((1 - w) * (sorted.length - 1))]!);
    const shares = cuts.map(() => 0);
    const counts = new Float64Array(itemCount);
    const recent = cuts.map(() => new Float64Array(itemCount));
    const first = new Float64Array(itemCount).fill(end);
    const last = new Float64Array(itemCount).fill(start);
    for (let p = 0; p < items.length; p++) {
      const item = items[p]!;
      const moment = moments[p]!;
      counts[item]!++;
      if (moment < first[item]!) first[item] = moment;
      if (moment > last[item]!) last[item] = moment;
      for (const [w, cut] of cuts.entries()) {
        if (moment < cut) continue;
        recent[w]![item]!++;
        shares[w]!++;
      }
    }
    const parts = windows.length + 2;
    const values = new Float32Array(itemCount * parts);
    for (let i = 0; i < itemCount; i++) {
      for (const [w, share] of shares.entries()) {
        const expected = share / items.length;
        values[i * parts + w] = Math.log((recent[w]![i]! + prior * expected) / (counts[i]! + prior) / expected);
      }
      values[i * parts + windows.length] = -Math.log(1e-3 + Math.max(0, end - last[i]!) / span);
      values[i * parts + windows.length + 1] = Math.log(1e-2 + Math.max(0, end - first[i]!) / span);
    }
    return new ItemColumns('trend', [...windows.map((w) => `newest${w}`), 'recency', 'age'], values);
  },
  load: ItemColumns.load,
};

function rowOfPositions(histories: Histories): Float64Array {
  const rows = new Float64Array(histories.items.length);
  for (let row = 0; row < rowCount(histories); row++)
    rows.fill(row, histories.offsets[row], histories.offsets[row + 1]);
  return rows;
}
