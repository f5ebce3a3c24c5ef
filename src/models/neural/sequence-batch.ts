/** Packed sequences as the arrays that a graph reads. */
import { unseen } from '../../math/training/layers.ts';
import type { Marks } from './position-marks.ts';
import type { Placed } from './sequences.ts';

/** Values of one batch of `rows` times `length` positions; arrays are used again by the next. */
export interface Batch {
  /** int64 `[rows, length]`: items, 0 where nothing is. */
  readonly items: BigInt64Array;
  /** int64 `[rows, length]`: places counted from the end of each sequence. */
  readonly places: BigInt64Array;
  /** `[rows, length]`: 1 where a sequence begins. */
  readonly begins: Float32Array;
  /** `[rows, length]`: 1 where the item is hidden. */
  readonly hidden: Float32Array;
  /** int64 `[rows, length]`: marks of what is read, and of the moment that is asked about. */
  readonly kind: BigInt64Array;
  readonly since: BigInt64Array;
  readonly until: BigInt64Array;
  readonly moment: BigInt64Array;
  /** `[rows, 1, length, length]`, added to scores of attention. */
  readonly mask: Float32Array;
  /** int64 `[rows * length]`. */
  readonly targets: BigInt64Array;
  /** `[rows * length]`: 1 where there is a target. */
  readonly weights: Float32Array;
}

export function emptyBatch(rows: number, length: number): Batch {
  const positions = rows * length;
  const integers = (): BigInt64Array => new BigInt64Array(positions);
  const floats = (): Float32Array => new Float32Array(positions);
  return {
    ...{ items: integers(), places: integers(), begins: floats(), hidden: floats() },
    ...{ kind: integers(), since: integers(), until: integers(), moment: integers() },
    ...{ mask: new Float32Array(positions * length), targets: integers(), weights: floats() },
  };
}

export interface Source {
  /** Item of each position of the histories. */
  readonly items: Int32Array;
  readonly marks: Marks;
  /** True where a position sees its whole sequence; false where it sees itself and those before. */
  readonly looksAhead: boolean;
}

export function fillBatch(
  into: Batch,
  placed: readonly Placed[],
  { items, marks, looksAhead }: Source,
  length: number,
): void {
  const { mask, ...others } = into;
  for (const array of Object.values(others)) {
    if (array instanceof Float32Array) array.fill(0);
    else array.fill(0n);
  }
  mask.fill(unseen);
  for (const { sequence, row, at } of placed) {
    const { read, foreseen, hidden, isTimeless = false } = sequence;
    const begin = row * length + at;
    into.begins[begin] = 1;
    for (const [n, position] of read.entries()) {
      const place = begin + n;
      const isHidden = hidden?.[n] === 1;
      const target = foreseen[n]!;
      into.places[place] = BigInt(read.length - 1 - n);
      into.items[place] = isHidden ? 0n : BigInt(items[position]!);
      into.hidden[place] = Number(isHidden);
      into.kind[place] = isHidden ? 0n : BigInt(marks.kind?.[position] ?? 0);
      into.since[place] = isHidden && isTimeless ? 0n : BigInt(marks.since?.[position] ?? 0);
      if (target >= 0) {
        into.targets[place] = BigInt(items[target]!);
        into.weights[place] = 1;
        if (!isTimeless) into.moment[place] = BigInt(marks.moment?.[target] ?? 0);
        if (!isTimeless && target !== position) into.until[place] = BigInt(marks.since?.[target] ?? 0);
      }
      const line = place * length + at;
      mask.fill(0, line, line + (looksAhead ? read.length : n + 1));
    }
  }
}
