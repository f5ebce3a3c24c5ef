/** The port of what turns texts into vectors, and the two forms that vectors come in. */

/** One vector for each text, as long as 1; of zeros where the encoder knows nothing of the text. */
export type TextVectors = DenseVectors | SparseVectors;

export interface DenseVectors {
  readonly form: 'dense';
  readonly count: number;
  readonly dimensions: number;
  /** Shape `[count, dimensions]`, row-major. */
  readonly values: Float32Array;
}

export interface SparseVectors {
  readonly form: 'sparse';
  readonly count: number;
  readonly dimensions: number;
  /** Where each row begins among `indices` and `values`, and where the last one ends; shape `[count + 1]`. */
  readonly offsets: Int32Array;
  /** Ascending within a row. */
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

/** Some models read a question otherwise than what answers it. */
export type TextRole = 'query' | 'passage';

export interface TextEncoder {
  /** What made the vectors, with all that changes them: vectors of different names are not compared. */
  readonly name: string;
  readonly dimensions: number;
  /** True where a vector costs more than looking it up. */
  readonly isSlow?: boolean;
  /** @param options.role - `passage` where absent */
  encode(
    texts: readonly string[],
    options?: { readonly role?: TextRole; readonly signal?: AbortSignal },
  ): Promise<TextVectors>;
}

/** Cosine of the angle between two rows, in [-1, 1]; 0 where either is of zeros. */
export function similarity(a: TextVectors, i: number, b: TextVectors, j: number): number {
  if (a.form === 'dense' && b.form === 'dense') {
    let sum = 0;
    for (let d = 0; d < a.dimensions; d++) sum += a.values[i * a.dimensions + d]! * b.values[j * b.dimensions + d]!;
    return sum;
  }
  if (a.form !== 'sparse' || b.form !== 'sparse') throw new TypeError('expected vectors of one form');
  let [sum, x, y] = [0, a.offsets[i]!, b.offsets[j]!];
  while (x < a.offsets[i + 1]! && y < b.offsets[j + 1]!) {
    const [own, other] = [a.indices[x]!, b.indices[y]!];
    if (own === other) sum += a.values[x]! * b.values[y]!;
    if (own <= other) x++;
    if (other <= own) y++;
  }
  return sum;
}

/** Makes each row as long as 1, in place; a row of zeros stays. */
export function normalizeRows(values: Float32Array, offsets: (row: number) => number, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const [from, to] = [offsets(row), offsets(row + 1)];
    let square = 0;
    for (let n = from; n < to; n++) square += values[n]! ** 2;
    if (square === 0) continue;
    const scale = 1 / Math.sqrt(square);
    for (let n = from; n < to; n++) values[n]! *= scale;
  }
}
