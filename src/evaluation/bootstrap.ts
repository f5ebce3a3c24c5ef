/**
 * Intervals by resampling users with replacement (percentile bootstrap, 95%), and of the difference of two models on
 * the same cases. Cases of one user are drawn together, since they are not independent.
 *
 * @source Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13
 * @source Field & Welsh, Bootstrapping clustered data, JRSS B 2007
 */
import { Random } from '../core/random.ts';

export type Interval = readonly [low: number, high: number];

/** One value per case, shape `[cases]`; NaN where the case does not count for the metric. */
export type CaseValues = Readonly<Record<string, Float64Array>>;

export interface BootstrapOptions {
  readonly seed: number;
  /** User of each case, shape `[cases]`; each case is its own where absent. */
  readonly groups?: ArrayLike<number> | undefined;
  /** 1,000 where absent. */
  readonly resamples?: number;
}

/** Mean of the values that count; NaN where none does. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue;
    sum += values[i]!;
    count++;
  }
  return sum / count;
}

/** 95% interval of each metric's mean. */
export function bootstrapIntervals(values: CaseValues, options: BootstrapOptions): Record<string, Interval> {
  const keys = Object.keys(values);
  if (keys.length === 0) return {};
  const { columns, table, groups } = groupSums(
    keys.map((key) => values[key]!),
    options.groups,
  );
  const resamples = options.resamples ?? 1000;
  const width = columns.length * 2;
  const means = keys.map(() => new Float64Array(resamples));
  const totals = new Float64Array(width);
  for (let n = 0; n < resamples; n++) {
    totals.fill(0);
    const random = new Random(options.seed, n);
    for (let g = 0; g < groups; g++) {
      const at = Math.floor((random.uint32() / 0x100000000) * groups) * width;
      for (let c = 0; c < width; c++) totals[c]! += table[at + c]!;
    }
    for (let m = 0; m < keys.length; m++) means[m]![n] = totals[2 * m]! / totals[2 * m + 1]!;
  }
  return Object.fromEntries(keys.map((key, m) => [key, percentiles(means[m]!)]));
}

export interface PairedDifference {
  /** Mean of `a - b`. */
  readonly mean: number;
  readonly interval: Interval;
}

/** Difference of two models' values of the same cases, with its 95% interval. */
export function pairedDifference(a: Float64Array, b: Float64Array, options: BootstrapOptions): PairedDifference {
  const difference = a.map((value, c) => value - b[c]!);
  return { mean: mean(difference), interval: bootstrapIntervals({ difference }, options)['difference']! };
}

/** The 2.5th and the 97.5th percentile of resampled figures; those that could not be computed (NaN) are left out. */
export function percentiles(resampled: Float64Array): Interval {
  const sorted = resampled.filter((value) => !Number.isNaN(value)).sort();
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

/** By linear interpolation between the order statistics around `(n - 1) q`. */
export function quantile(ascending: Float64Array, q: number): number {
  if (ascending.length === 0) return Number.NaN;
  const at = (ascending.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.min(ascending.length - 1, low + 1);
  return ascending[low]! + (ascending[high]! - ascending[low]!) * (at - low);
}

/** Dense codes, from 0 in order of appearance. */
export function denseGroups(groups: ArrayLike<number>): { readonly codes: Int32Array; readonly count: number } {
  const codeOf = new Map<number, number>();
  const codes = new Int32Array(groups.length);
  for (let i = 0; i < groups.length; i++) {
    let code = codeOf.get(groups[i]!);
    if (code === undefined) {
      code = codeOf.size;
      codeOf.set(groups[i]!, code);
    }
    codes[i] = code;
  }
  return { codes, count: codeOf.size };
}

/** Sum and count of each metric in each group, shape `[groups, metrics, 2]`: what one draw of a user adds. */
function groupSums(
  columns: readonly Float64Array[],
  given: ArrayLike<number> | undefined,
): { readonly columns: readonly Float64Array[]; readonly table: Float64Array; readonly groups: number } {
  const cases = columns[0]!.length;
  const dense = given && denseGroups(given);
  const groups = dense ? dense.count : cases;
  const width = columns.length * 2;
  const table = new Float64Array(groups * width);
  for (let c = 0; c < cases; c++) {
    const at = (dense ? dense.codes[c]! : c) * width;
    for (let m = 0; m < columns.length; m++) {
      const value = columns[m]![c]!;
      if (Number.isNaN(value)) continue;
      table[at + 2 * m]! += value;
      table[at + 2 * m + 1]! += 1;
    }
  }
  return { columns, table, groups };
}
