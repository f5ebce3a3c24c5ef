/**
 * Choice sets to learn from: for each case the candidates that retrieval brought, their features, and which of them were
 * right. Where memory asks for it the hardest wrong candidates are kept and the others sampled; their share is corrected in
 * the likelihood, so that its sum stays that of all candidates on average.
 *
 * @source Bengio & Senécal, Adaptive importance sampling to accelerate training of a neural probabilistic language model,
 *   IEEE TNN 2008
 */
import { Random } from '../../core/random.ts';

export interface ChoiceData {
  /** Candidates of set s are rows `offsets[s] .. offsets[s + 1] - 1`; shape `[sets + 1]`. */
  readonly offsets: Int32Array;
  /** Shape `[rows, columns]`, row-major. */
  readonly features: Float32Array;
  readonly columns: number;
  /** 1 where the candidate was right; shape `[rows]`. */
  readonly right: Uint8Array;
  /** Added to a candidate's q in the likelihood: minus the log of its chance to be kept; shape `[rows]`. */
  readonly correction: Float32Array;
  /** Right answers of each set, those that retrieval lost among them; shape `[sets]`. */
  readonly targets: Int32Array;
}

export class ChoiceDataBuilder {
  readonly #columns: number;
  readonly #negatives: number;
  readonly #random: Random;
  readonly #offsets: number[] = [0];
  readonly #targets: number[] = [];
  #features: Float32Array;
  #right: Uint8Array;
  #correction: Float32Array;
  #rows = 0;

  /**
   * @param negatives - wrong candidates kept of a set at most
   * @param rows - candidates that are expected; memory that stays empty costs nothing
   */
  constructor(columns: number, negatives: number, seed: number, rows = 1024) {
    this.#columns = columns;
    this.#negatives = negatives;
    this.#random = new Random(seed, 0xc401);
    this.#features = new Float32Array(rows * columns);
    this.#right = new Uint8Array(rows);
    this.#correction = new Float32Array(rows);
  }

  get sets(): number {
    return this.#targets.length;
  }

  /** What the features take. */
  get bytes(): number {
    return this.#rows * this.#columns * 4;
  }

  /**
   * @param features - shape `[C, columns]`; `right` - shape `[C]`; `targets` - right answers, retrieved or not
   * @param likeness - how likely each candidate seems at first sight, shape `[C]`: the hardest half of the wrong ones kept
   */
  add(features: Float32Array, right: Uint8Array, targets: number, likeness?: Float64Array): void {
    const wrong = Array.from(right.keys()).filter((c) => right[c] === 0);
    const kept = Math.min(wrong.length, this.#negatives);
    const sure = kept === wrong.length ? kept : likeness ? kept >> 1 : 0;
    if (sure > 0 && sure < wrong.length) wrong.sort((a, b) => likeness![b]! - likeness![a]! || a - b);
    // A partial shuffle of the others draws without replacement.
    for (let n = sure; n < kept; n++) {
      const other = n + this.#random.below(wrong.length - n);
      [wrong[n], wrong[other]] = [wrong[other]!, wrong[n]!];
    }
    const correction = kept > sure ? Math.log((wrong.length - sure) / (kept - sure)) : 0;
    for (let c = 0; c < right.length; c++) if (right[c] === 1) this.#push(features, c, 1, 0);
    for (let n = 0; n < kept; n++) this.#push(features, wrong[n]!, 0, n < sure ? 0 : correction);
    this.#offsets.push(this.#rows);
    this.#targets.push(targets);
  }

  build(): ChoiceData {
    return {
      offsets: Int32Array.from(this.#offsets),
      features: this.#features.subarray(0, this.#rows * this.#columns),
      columns: this.#columns,
      right: this.#right.subarray(0, this.#rows),
      correction: this.#correction.subarray(0, this.#rows),
      targets: Int32Array.from(this.#targets),
    };
  }

  #push(features: Float32Array, c: number, right: number, correction: number): void {
    const columns = this.#columns;
    if (this.#rows === this.#right.length) {
      const rows = 2 * this.#rows;
      const grown = new Float32Array(rows * columns);
      grown.set(this.#features);
      this.#features = grown;
      const grownRight = new Uint8Array(rows);
      grownRight.set(this.#right);
      this.#right = grownRight;
      const grownCorrection = new Float32Array(rows);
      grownCorrection.set(this.#correction);
      this.#correction = grownCorrection;
    }
    this.#features.set(features.subarray(c * columns, (c + 1) * columns), this.#rows * columns);
    this.#right[this.#rows] = right;
    this.#correction[this.#rows] = correction;
    this.#rows++;
  }
}

/** The first sets alone, over the same memory. */
export function firstSets(data: ChoiceData, sets: number): ChoiceData {
  const rows = data.offsets[sets]!;
  return {
    offsets: data.offsets.subarray(0, sets + 1),
    features: data.features.subarray(0, rows * data.columns),
    columns: data.columns,
    right: data.right.subarray(0, rows),
    correction: data.correction.subarray(0, rows),
    targets: data.targets.subarray(0, sets),
  };
}

/** The sets of both. */
export function concatenated(a: ChoiceData, b: ChoiceData): ChoiceData {
  const rows = a.right.length;
  return {
    columns: a.columns,
    offsets: appended(
      Int32Array,
      a.offsets,
      b.offsets.subarray(1).map((offset) => offset + rows),
    ),
    features: appended(Float32Array, a.features, b.features),
    right: appended(Uint8Array, a.right, b.right),
    correction: appended(Float32Array, a.correction, b.correction),
    targets: appended(Int32Array, a.targets, b.targets),
  };
}

function appended<A extends Float32Array | Int32Array | Uint8Array>(type: new (length: number) => A, a: A, b: A): A {
  const out = new type(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** Mean and deviation of each column over all candidates. */
export interface Standardisation {
  readonly mean: Float64Array;
  /** 1 / deviation, and 0 for a column that never varies. */
  readonly inverse: Float64Array;
}

export function standardisation({ features, columns }: ChoiceData): Standardisation {
  const rows = columns === 0 ? 0 : features.length / columns;
  const mean = new Float64Array(columns);
  const inverse = new Float64Array(columns);
  for (let r = 0; r < rows; r++) for (let f = 0; f < columns; f++) mean[f]! += features[r * columns + f]!;
  for (let f = 0; f < columns; f++) mean[f]! /= Math.max(1, rows);
  for (let r = 0; r < rows; r++)
    for (let f = 0; f < columns; f++) inverse[f]! += (features[r * columns + f]! - mean[f]!) ** 2;
  for (let f = 0; f < columns; f++) {
    const deviation = Math.sqrt(inverse[f]! / Math.max(1, rows));
    inverse[f] = deviation > 1e-6 ? 1 / deviation : 0;
  }
  return { mean, inverse };
}
