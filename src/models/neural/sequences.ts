/**
 * What a sequence model reads of a history, and what it is to foresee: windows of neighbouring positions, turned into sequences
 * by an objective, altered where they are augmented, and packed side by side into rows of one length, so that short histories
 * leave no part of a batch empty.
 *
 * @source Krell et al., Efficient sequence packing without cross-contamination, 2021; Sun et al., BERT4Rec, CIKM 2019 (hidden
 *   items); Xie et al., Contrastive learning for sequential recommendation, ICDE 2022 (crop, mask, reorder)
 */
import { Random } from '../../core/random.ts';
import { type Histories, rowCount } from '../../data/histories.ts';

/** Positions `from` to `to` of the histories, `to` left out; the one at `to` comes next. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Positions of the histories, as a model reads them and is to foresee them. */
export interface Sequence {
  readonly read: Int32Array;
  /** The position whose item is to be foreseen at each place; -1 where none is. */
  readonly foreseen: Int32Array;
  /** 1 where the item that is read is hidden; none is where absent. */
  readonly hidden?: Uint8Array;
  /** Nothing is told of the moment that is asked about, as in a question without a time. */
  readonly isTimeless?: boolean;
}

/** The newest `length` of each row, then those before them, and so on; rows of one position teach nothing. */
export function windowsOf({ offsets }: Pick<Histories, 'offsets'>, length: number): Window[] {
  const windows: Window[] = [];
  for (let row = 0; row < offsets.length - 1; row++)
    for (let to = offsets[row + 1]! - 1; to > offsets[row]!; to -= length)
      windows.push({ from: Math.max(offsets[row]!, to - length), to });
  return windows;
}

/** Windows without the last step of the rows that are held. */
export function withoutHeld(
  windows: readonly Window[],
  { offsets }: Pick<Histories, 'offsets'>,
  held: ReadonlySet<number>,
): Window[] {
  let row = 0;
  return windows.flatMap((window) => {
    while (offsets[row + 1]! <= window.to) row++;
    if (!held.has(row) || window.to !== offsets[row + 1]! - 1) return [window];
    return window.to - 1 > window.from ? [{ from: window.from, to: window.to - 1 }] : [];
  });
}

const range = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, n) => from + n);

/** Each position foresees the one after it. */
export function nextItems({ from, to }: Window): Sequence {
  return { read: range(from, to), foreseen: range(from + 1, to + 1) };
}

/** Of the windows whose items are hidden, the share that hides the last alone, as a question does. */
const lastAlone = 0.25;

/** Some items are hidden, and foreseen from all others of the window. @param share - of the items, at least one */
export function hiddenItems({ from, to }: Window, share: number, random: Random): Sequence {
  const read = range(from, to + 1);
  const hidden = new Uint8Array(read.length);
  if (random.uniform() >= lastAlone)
    for (let n = 0; n < hidden.length; n++) hidden[n] = Number(random.uniform() < share);
  if (!hidden.includes(1)) hidden[hidden.length - 1] = 1;
  return { read, foreseen: read.map((position, n) => (hidden[n] === 1 ? position : -1)), hidden };
}

export const alterations = ['crop', 'mask', 'reorder'] as const;
export type Alteration = (typeof alterations)[number];
/** Parts of a sequence that stay when it is cropped, are hidden, and are put into another order. */
const [croppedTo, maskedShare, reorderedShare] = [0.6, 0.3, 0.6];

/** A sequence that means much the same; what is foreseen at each place stays. */
export function altered(sequence: Sequence, how: Alteration, random: Random): Sequence {
  const { read, foreseen, hidden } = sequence;
  const size = read.length;
  if (how === 'mask') {
    const also = Uint8Array.from(read, (_, n) => Number(hidden?.[n] === 1 || random.uniform() < maskedShare));
    return { read, foreseen, hidden: also };
  }
  const part = Math.max(1, Math.round(size * (how === 'crop' ? croppedTo : reorderedShare)));
  const from = random.below(size - part + 1);
  if (how === 'crop') {
    const cut = <T extends Int32Array | Uint8Array>(all: T): T => all.slice(from, from + part) as T;
    return { read: cut(read), foreseen: cut(foreseen), ...(hidden && { hidden: cut(hidden) }) };
  }
  const order = read.slice();
  random.shuffle(order.subarray(from, from + part));
  return { read: order, foreseen, ...(hidden && { hidden }) };
}

/** A sequence in its place in a batch. */
export interface Placed {
  readonly sequence: Sequence;
  readonly row: number;
  readonly at: number;
}

/**
 * Batches of an epoch: which sequences go together, in an order of chance, and where each begins in which row.
 *
 * @param most - sequences in a batch
 */
export function packed(
  sequences: readonly Sequence[],
  { rows, length, seed, epoch, most = Infinity }: Packing,
): Placed[][] {
  const order = new Random(seed, 0x5e00 + epoch).shuffle(Int32Array.from(sequences.keys()));
  const batches: Placed[][] = [];
  let filled = new Int32Array(rows);
  let batch: Placed[] = [];
  for (const n of order) {
    const sequence = sequences[n]!;
    const size = sequence.read.length;
    let row = batch.length === most ? -1 : filled.findIndex((used) => used + size <= length);
    if (row === -1) {
      batches.push(batch);
      batch = [];
      filled = new Int32Array(rows);
      row = 0;
    }
    batch.push({ sequence, row, at: filled[row]! });
    filled[row]! += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

export interface Packing {
  readonly rows: number;
  readonly length: number;
  readonly seed: number;
  readonly epoch: number;
  readonly most?: number;
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

/** Rows whose last step is held back, to stop early by: a share of those that have one to spare, evenly over all. */
export function heldRows(histories: Histories, share: number, most: number, seed: number): Int32Array {
  const long: number[] = [];
  for (let row = 0; row < rowCount(histories); row++)
    if (histories.offsets[row + 1]! - histories.offsets[row]! >= 3) long.push(row);
  const count = Math.min(most, Math.floor(share * long.length));
  return new Random(seed, 0x4e1d).shuffle(Int32Array.from(long)).slice(0, count).sort();
}
