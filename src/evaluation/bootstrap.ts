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
  const columns = keys.map((key) => values[key]!);
  const { table, width, groups, countAt } = groupSums(columns, options.groups);
  const resamples = options.resamples ?? 1000;
  const means = keys.map(() => new Float64Array(resamples));
  const totals = new Float64Array(width);
  for (let n = 0; n < resamples; n++) {
    totals.fill(0);
    const random = new Random(options.seed, n);
    for (let g = 0; g < groups; g++) {
      const at = Math.floor((random.uint32() / 0x100000000) * groups) * width;
      for (let c = 0; c < width; c++) totals[c]! += table[at + c]!;
    }
    for (let m = 0; m < keys.length; m++) means[m]![n] = totals[m]! / totals[countAt[m]!]!;
  }
  return Object.fromEntries(keys.map((key, m) => [key, percentiles(means[m]!)]));
}

export interface PairedDifference {
  /** Mean of `a - b`. */
  readonly mean: number;
  readonly interval: Interval;
}

/** Differences of two models' values of the same cases, by metric, with their 95% intervals. */
export function pairedDifferences(
  a: CaseValues,
  b: CaseValues,
  options: BootstrapOptions,
): Record<string, PairedDifference> {
  const differences = Object.fromEntries(
    Object.entries(a).map(([key, values]) => [key, values.map((value, c) => value - b[key]![c]!)]),
  );
  const intervals = bootstrapIntervals(differences, options);
  return Object.fromEntries(
    Object.entries(differences).map(([key, values]) => [key, { mean: mean(values), interval: intervals[key]! }]),
  );
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

/** Added by one draw of a group: the sum of each metric and, where metrics count different cases, their numbers. */
interface GroupSums {
  /** Shape `[groups, width]`: sums of the metrics, then counts. */
  readonly table: Float64Array;
  readonly width: number;
  readonly groups: number;
  /** Column of each metric's count. */
  readonly countAt: readonly number[];
}

function groupSums(columns: readonly Float64Array[], given: ArrayLike<number> | undefined): GroupSums {
  const cases = columns[0]!.length;
  const dense = given && denseGroups(given);
  const groups = dense ? dense.count : cases;
  // Metrics that count every case share one column of counts.
  let width = columns.length + 1;
  const countAt = columns.map((column) => (column.some(Number.isNaN) ? width++ : columns.length));
  const table = new Float64Array(groups * width);
  for (let c = 0; c < cases; c++) {
    const at = (dense ? dense.codes[c]! : c) * width;
    table[at + columns.length]! += 1;
    for (let m = 0; m < columns.length; m++) {
      const value = columns[m]![c]!;
      if (Number.isNaN(value)) continue;
      table[at + m]! += value;
      if (countAt[m] !== columns.length) table[at + countAt[m]!]! += 1;
    }
  }
  return { table, width, groups, countAt };
}
