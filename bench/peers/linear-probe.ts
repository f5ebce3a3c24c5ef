/**
 * How much a linear model reads from vectors: multinomial logistic regression by AdaGrad, on dense or sparse rows. The
 * strength of the penalty is chosen on a part of the training rows.
 */
import { Random } from '../../src/core/random.ts';
import type { TextVectors } from '../../src/encoders/text/text-encoder.ts';

export interface ProbeResult {
  readonly accuracy: number;
  readonly macroF1: number;
  readonly penalty: number;
}

const penalties = [0, 1e-6, 1e-5, 1e-4];
const epochs = 12;

/** @param labels - classes from 0 on, of each row */
export function linearProbe(
  vectors: TextVectors,
  labels: Int32Array,
  { train, test }: { readonly train: Int32Array; readonly test: Int32Array },
  seed: number,
): ProbeResult {
  const classes = 1 + labels.reduce((most, label) => Math.max(most, label), 0);
  const held = train.subarray(0, Math.floor(train.length / 10));
  const rest = train.subarray(held.length);
  const [best] = penalties
    .map((penalty) => ({
      penalty,
      accuracy: measured(fitProbe(vectors, labels, rest, classes, penalty, seed), vectors, labels, held, classes)
        .accuracy,
    }))
    .sort((a, b) => b.accuracy - a.accuracy);
  const { penalty } = best!;
  const weights = fitProbe(vectors, labels, train, classes, penalty, seed);
  return { ...measured(weights, vectors, labels, test, classes), penalty };
}

/** Shape `[dimensions + 1, classes]`; the last row is the bias. */
function fitProbe(
  vectors: TextVectors,
  labels: Int32Array,
  rows: Int32Array,
  classes: number,
  penalty: number,
  seed: number,
): Float32Array {
  const { dimensions } = vectors;
  const weights = new Float32Array((dimensions + 1) * classes);
  const squares = new Float32Array(weights.length).fill(1e-6);
  const scores = new Float64Array(classes);
  const random = new Random(seed);
  const order = Int32Array.from(rows);
  for (let epoch = 0; epoch < epochs; epoch++) {
    random.shuffle(order);
    const rate = 0.3 / (1 + epoch);
    for (const row of order) {
      score(weights, vectors, row, classes, scores);
      softmax(scores);
      scores[labels[row]!]! -= 1;
      const step = (d: number, x: number): void => {
        for (let c = 0, at = d * classes; c < classes; c++, at++) {
          const gradient = scores[c]! * x + penalty * weights[at]!;
          squares[at]! += gradient * gradient;
          weights[at]! -= (rate * gradient) / Math.sqrt(squares[at]!);
        }
      };
      eachOf(vectors, row, step);
      step(dimensions, 1);
    }
  }
  return weights;
}

function eachOf(vectors: TextVectors, row: number, take: (d: number, x: number) => void): void {
  if (vectors.form === 'dense') {
    const from = row * vectors.dimensions;
    for (let d = 0; d < vectors.dimensions; d++) take(d, vectors.values[from + d]!);
  } else
    for (let n = vectors.offsets[row]!; n < vectors.offsets[row + 1]!; n++)
      take(vectors.indices[n]!, vectors.values[n]!);
}

function score(weights: Float32Array, vectors: TextVectors, row: number, classes: number, out: Float64Array): void {
  const bias = vectors.dimensions * classes;
  for (let c = 0; c < classes; c++) out[c] = weights[bias + c]!;
  eachOf(vectors, row, (d, x) => {
    for (let c = 0, at = d * classes; c < classes; c++, at++) out[c]! += weights[at]! * x;
  });
}

function softmax(scores: Float64Array): void {
  const most = scores.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let c = 0; c < scores.length; c++) sum += scores[c] = Math.exp(scores[c]! - most);
  for (let c = 0; c < scores.length; c++) scores[c]! /= sum;
}

function measured(
  weights: Float32Array,
  vectors: TextVectors,
  labels: Int32Array,
  rows: Int32Array,
  classes: number,
): { accuracy: number; macroF1: number } {
  const scores = new Float64Array(classes);
  const [hits, said, meant] = [0, 1, 2].map(() => new Float64Array(classes)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const row of rows) {
    score(weights, vectors, row, classes, scores);
    const guess = scores.indexOf(scores.reduce((a, b) => Math.max(a, b)));
    said[guess]!++;
    meant[labels[row]!]!++;
    if (guess === labels[row]) hits[guess]!++;
  }
  const right = hits.reduce((a, b) => a + b);
  const f1 = Array.from(hits, (hit, c) => (said[c]! + meant[c]! > 0 ? (2 * hit) / (said[c]! + meant[c]!) : 0));
  return { accuracy: right / rows.length, macroF1: f1.reduce((a, b) => a + b) / classes };
}
