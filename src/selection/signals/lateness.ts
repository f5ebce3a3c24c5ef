/**
 * Where in a history an item tends to stand: what is bought late (replacements, newer products) is likelier to come
 * next than its plain count says. Means are shrunk toward all items'.
 */
import { rowCount } from '../../data/histories.ts';
import { ItemColumns } from './item-columns.ts';
import type { SignalDefinition } from './signal.ts';

const shrink = 5;

export const lateness: SignalDefinition = {
  name: 'late',
  fit({ histories }) {
    if (!histories.ordered) return undefined;
    const { itemCount, offsets, items } = histories;
    const counts = new Float64Array(itemCount);
    const places = new Float64Array(itemCount);
    const lasts = new Float64Array(itemCount);
    let [positions, placeSum, lastSum] = [0, 0, 0];
    for (let row = 0; row < rowCount(histories); row++) {
      const from = offsets[row]!;
      const to = offsets[row + 1]!;
      if (to - from < 2) continue;
      for (let p = from; p < to; p++) {
        const place = (p - from) / (to - from - 1);
        counts[items[p]!]!++;
        places[items[p]!]! += place;
        if (p === to - 1) lasts[items[p]!]!++;
        placeSum += place;
      }
      positions += to - from;
      lastSum++;
    }
    const meanPlace = positions > 0 ? placeSum / positions : 0.5;
    const meanLast = positions > 0 ? lastSum / positions : 0;
    const values = new Float32Array(itemCount * 2);
    for (let i = 0; i < itemCount; i++) {
      const n = counts[i]! + shrink;
      values[2 * i] = (places[i]! + shrink * meanPlace) / n;
      values[2 * i + 1] = Math.log((lasts[i]! + shrink * meanLast + 0.1) / n);
    }
    return new ItemColumns('late', ['place', 'last'], values);
  },
  load: ItemColumns.load,
};
