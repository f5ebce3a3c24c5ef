/**
 * Histories as a sequence model learns from them: windows of neighbouring positions, each foreseeing the one after it, packed side
 * by side into rows of one length, so that short histories leave no part of a batch empty.
 *
 * @source Krell et al., Efficient sequence packing without cross-contamination, 2021
 */
import { Random } from '../../core/random.ts';
import { type Histories, rowCount } from '../../data/histories.ts';
import { unseen } from '../../math/training/layers.ts';

/** Positions `from` to `to` of the histories are inputs, each with the next one as its target. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** The newest `length` of each row, then those before them, and so on; rows of one position teach nothing. */
export function windowsOf({ offsets }: Pick<Histories, 'offsets'>, length: number): Window[] {
  const windows: Window[] = [];
  for (let row = 0; row < offsets.length - 1; row++)
    for (let to = offsets[row + 1]! - 1; to > offsets[row]!; to -= length)
      windows.push({ from: Math.max(offsets[row]!, to - length), to });
  return windows;
}

/** Values of one batch; arrays are used again by the next. */
export interface Batch {
  /** int64 `[rows, length]`: items, 0 where nothing is. */
  readonly items: BigInt64Array;
  /** int64 `[rows, length]`: places counted from the end of each window. */
  readonly places: BigInt64Array;
  /** int64 `[rows * length]`. */
  readonly targets: BigInt64Array;
  /** `[rows * length]`: 1 where there is a target. */
  readonly weights: Float32Array;
  /** `[rows, 1, length, length]`: each position sees itself and those before it in its window. */
  readonly mask: Float32Array;
}

export function emptyBatch(rows: number, length: number): Batch {
  const positions = rows * length;
  return {
    ...{ items: new BigInt64Array(positions), places: new BigInt64Array(positions) },
    ...{ targets: new BigInt64Array(positions), weights: new Float32Array(positions) },
    mask: new Float32Array(rows * length * length),
  };
}

/** Batches of an epoch: which windows go together, and where each begins in which row. */
export function packed(
  windows: readonly Window[],
  { rows, length, seed, epoch }: { rows: number; length: number; seed: number; epoch: number },
): { readonly window: Window; readonly row: number; readonly at: number }[][] {
  const order = new Random(seed, 0x5e00 + epoch).shuffle(Int32Array.from(windows.keys()));
  const batches: { window: Window; row: number; at: number }[][] = [];
  let filled = new Int32Array(rows);
  let batch: { window: Window; row: number; at: number }[] = [];
  for (const n of order) {
    const window = windows[n]!;
    const size = window.to - window.from;
    let row = filled.findIndex((used) => used + size <= length);
    if (row === -1) {
      batches.push(batch);
      batch = [];
      filled = new Int32Array(rows);
      row = 0;
    }
    batch.push({ window, row, at: filled[row]! });
    filled[row]! += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** Where the order inside a row means nothing, it is another one in each epoch; the last of a held row stays in its place. */
export function shuffledRows(
  { items, offsets }: Pick<Histories, 'items' | 'offsets'>,
  { seed, epoch, held }: { readonly seed: number; readonly epoch: number; readonly held: ReadonlySet<number> },
): Int32Array {
  const out = items.slice();
  const random = new Random(seed, 0x5f_0000 + epoch);
  for (let row = 0; row < offsets.length - 1; row++)
    random.shuffle(out.subarray(offsets[row]!, offsets[row + 1]! - Number(held.has(row))));
  return out;
}

export function fillBatch(
  into: Batch,
  placed: readonly { readonly window: Window; readonly row: number; readonly at: number }[],
  items: Int32Array,
  length: number,
): void {
  into.items.fill(0n);
  into.places.fill(0n);
  into.targets.fill(0n);
  into.weights.fill(0);
  into.mask.fill(unseen);
  for (const { window, row, at } of placed) {
    const size = window.to - window.from;
    for (let p = 0; p < size; p++) {
      const position = row * length + at + p;
      into.items[position] = BigInt(items[window.from + p]!);
      into.places[position] = BigInt(size - 1 - p);
      into.targets[position] = BigInt(items[window.from + p + 1]!);
      into.weights[position] = 1;
      const line = position * length + at;
      into.mask.fill(0, line, line + p + 1);
    }
  }
}

/** Rows whose last step is held back, to stop early by: a share of those that have one to spare, evenly over all. */
export function heldRows(histories: Histories, share: number, most: number, seed: number): Int32Array {
  const long: number[] = [];
  for (let row = 0; row < rowCount(histories); row++)
    if (histories.offsets[row + 1]! - histories.offsets[row]! >= 3) long.push(row);
  const count = Math.min(most, Math.floor(share * long.length));
  return new Random(seed, 0x4e1d).shuffle(Int32Array.from(long)).slice(0, count).sort();
}
