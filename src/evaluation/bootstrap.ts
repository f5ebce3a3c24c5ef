/**
 * Intervals by resampling cases with replacement (percentile bootstrap, 95%), and of the difference of two models on
 * the same cases.
 *
 * @source Efron & Tibshirani, An Introduction to the Bootstrap, 1993
 */
import { Random } from '../core/random.ts';

export type Interval = readonly [low: number, high: number];

/** @param values - for each metric, shape `[cases]` */
export function bootstrapIntervals(
  values: Readonly<Record<string, Float64Array>>,
  seed: number,
  resamples = 1000,
): Record<string, Interval> {
  const keys = Object.keys(values);
  const cases = keys.length === 0 ? 0 : values[keys[0]!]!.length;
  const means = keys.map(() => new Float64Array(resamples));
  const random = new Random(seed, 0xb007);
  const drawn = new Uint32Array(cases);
  for (let n = 0; n < resamples; n++) {
    for (let c = 0; c < cases; c++) drawn[c] = Math.floor((random.uint32() / 0x100000000) * cases);
    for (const [m, key] of keys.entries()) {
      const column = values[key]!;
      let sum = 0;
      for (let c = 0; c < cases; c++) sum += column[drawn[c]!]!;
      means[m]![n] = sum / cases;
    }
  }
  const intervals: Record<string, Interval> = {};
  for (const [m, key] of keys.entries()) {
    const sorted = means[m]!.sort();
    intervals[key] = [
      sorted[Math.floor(resamples * 0.025)]!,
      sorted[Math.min(resamples - 1, Math.floor(resamples * 0.975))]!,
    ];
  }
  return intervals;
}

/** Interval of the mean of `a - b` over paired cases. */
export function pairedDifference(
  a: Float64Array,
  b: Float64Array,
  seed: number,
): { readonly mean: number; readonly interval: Interval } {
  const difference = a.map((value, c) => value - b[c]!);
  return { mean: mean(difference), interval: bootstrapIntervals({ difference }, seed)['difference']! };
}

export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}
