/**
 * How well a text speaks of something, learned from a shop's own reviews with stars: ridge regression from TF-IDF of characters
 * to stars, which needs no list of words and no language.
 *
 * @source Hoerl & Kennard, Ridge regression, Technometrics 1970; solved by conjugate gradients
 */
import type { SparseVectors } from './text-encoder.ts';
import { fitTfIdf } from './tf-idf.ts';

export interface Sentiment {
  /** In [-1, 1]: of one star to of five; shape `[texts]`. */
  of(texts: readonly string[]): Promise<Float32Array>;
}

/** Fewer texts teach words of single people. */
const fewestTexts = 100;
const mostTerms = 50_000;
const penalty = 1;
const iterations = 60;

/** One to five stars in [-1, 1]. */
export const sentimentOfStars = (stars: number): number => Math.min(1, Math.max(-1, (stars - 3) / 2));

/**
 * @param stars - of each text, from 1 to 5
 * @returns undefined where there are too few texts, or all have the same stars
 */
export async function fitSentiment(texts: readonly string[], stars: Float32Array): Promise<Sentiment | undefined> {
  if (texts.length < fewestTexts || stars.every((one) => one === stars[0])) return undefined;
  const encoder = fitTfIdf(texts, { terms: { of: 'characters' }, mostTerms });
  const rows = sparse(await encoder.encode(texts));
  const target = Float64Array.from(stars, sentimentOfStars);
  const middle = target.reduce((sum, one) => sum + one, 0) / target.length;
  const weights = ridge(
    rows,
    target.map((one) => one - middle),
  );
  return {
    async of(given) {
      const read = sparse(await encoder.encode(given));
      const out = new Float32Array(given.length);
      multiply(read, weights, (row, value) => {
        out[row] = Math.min(1, Math.max(-1, middle + value));
      });
      return out;
    },
  };
}

function sparse(vectors: Awaited<ReturnType<ReturnType<typeof fitTfIdf>['encode']>>): SparseVectors {
  if (vectors.form !== 'sparse') throw new TypeError('expected sparse vectors');
  return vectors;
}

/** `(XᵀX + λI) w = Xᵀy` */
function ridge(rows: SparseVectors, target: Float64Array): Float64Array {
  const d = rows.dimensions;
  const weights = new Float64Array(d);
  const rest = transposed(rows, target);
  const direction = rest.slice();
  let square = dot(rest, rest);
  for (let n = 0; n < iterations && square > 1e-10; n++) {
    const image = new Float64Array(rows.count);
    multiply(rows, direction, (row, value) => {
      image[row] = value;
    });
    const turned = transposed(rows, image);
    for (let i = 0; i < d; i++) turned[i]! += penalty * direction[i]!;
    const step = square / dot(direction, turned);
    for (let i = 0; i < d; i++) {
      weights[i]! += step * direction[i]!;
      rest[i]! -= step * turned[i]!;
    }
    const next = dot(rest, rest);
    for (let i = 0; i < d; i++) direction[i] = rest[i]! + (next / square) * direction[i]!;
    square = next;
  }
  return weights;
}

function multiply(
  { offsets, indices, values, count }: SparseVectors,
  vector: Float64Array,
  to: (row: number, value: number) => void,
): void {
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let e = offsets[row]!; e < offsets[row + 1]!; e++) sum += values[e]! * vector[indices[e]!]!;
    to(row, sum);
  }
}

function transposed(
  { offsets, indices, values, count, dimensions }: SparseVectors,
  column: Float64Array,
): Float64Array {
  const out = new Float64Array(dimensions);
  for (let row = 0; row < count; row++)
    for (let e = offsets[row]!; e < offsets[row + 1]!; e++) out[indices[e]!]! += values[e]! * column[row]!;
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
