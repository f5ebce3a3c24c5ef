/**
 * How far features are followed: a choice knows what it was taught, and a column that hardly varied there has a weight that
 * says nothing of values far off. A store whose orders have dates and no hours, for instance, teaches nothing of the afternoon.
 */
import type { ChoiceData } from './choice-data.ts';

export interface TaughtRange {
  /** Of each column the values that are followed; shape `[columns]`. */
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** Least and most of each column where choices taught; where it never varied, all there is. */
export function taughtRange(columns: number, ...taught: readonly ChoiceData[]): TaughtRange {
  const low = new Float32Array(columns).fill(Infinity);
  const high = new Float32Array(columns).fill(-Infinity);
  for (const { features } of taught)
    for (let at = 0; at < features.length; at += columns)
      for (let f = 0; f < columns; f++) {
        const value = features[at + f]!;
        if (value < low[f]!) low[f] = value;
        if (value > high[f]!) high[f] = value;
      }
  // What never varied has no weight, and may say something to others who read it.
  for (let f = 0; f < columns; f++)
    if (!(high[f]! > low[f]!)) {
      low[f] = -Infinity;
      high[f] = Infinity;
    }
  return { low, high };
}

/** Brings features within what was taught. @param features - shape `[C, columns]` */
export function keepWithin(features: Float32Array, { low, high }: TaughtRange): void {
  const columns = low.length;
  for (let at = 0; at < features.length; at += columns)
    for (let f = 0; f < columns; f++) {
      const value = features[at + f]!;
      if (value < low[f]!) features[at + f] = low[f]!;
      else if (value > high[f]!) features[at + f] = high[f]!;
    }
}
