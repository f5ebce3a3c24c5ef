/**
 * Skip-gram with negative sampling: tokens that stand near the same others get vectors that are alike. Over the words of a
 * shop's texts it is word2vec, over the products of its sessions item2vec.
 *
 * @source Mikolov, Sutskever, Chen, Corrado & Dean, Distributed Representations of Words and Phrases and their
 * Compositionality, NIPS 2013; Barkan & Koenigstein, Item2Vec, MLSP 2016
 */
import { Random } from '../core/random.ts';

export interface SkipGramOptions {
  /** @default 64 */
  readonly dimensions?: number;
  /** Most tokens to either side that count as near; each time from 1 to so many. @default 5 */
  readonly window?: number;
  /** Tokens drawn by chance beside each pair. @default 5 */
  readonly negatives?: number;
  /** @default 5 */
  readonly epochs?: number;
  /** Falls to zero over the epochs. @default 0.025 */
  readonly learningRate?: number;
  /** Share of all tokens above which a token is sometimes left out. @default 1e-3 */
  readonly subsample?: number;
  /** Chance of negatives grows with the count to this power: .75 for words, lower or negative for products. @default 0.75 */
  readonly negativePower?: number;
  readonly seed: number;
}

/** Sequences of tokens, codes from 0 on, one after another. */
export interface TokenSequences {
  readonly tokens: Int32Array;
  /** Where each sequence begins, and where the last one ends; shape `[sequences + 1]`. */
  readonly offsets: Int32Array;
  /** Of different tokens. */
  readonly size: number;
}

/** @returns shape `[size, dimensions]`; rows are not of one length. The same input and seed give the same bytes. */
export function fitSkipGram({ tokens, offsets, size }: TokenSequences, options: SkipGramOptions): Float32Array {
  const { dimensions = 64, window = 5, negatives = 5, epochs = 5, learningRate = 0.025 } = options;
  const { subsample = 1e-3, negativePower = 0.75, seed } = options;
  const random = new Random(seed);
  const counts = new Float64Array(size);
  for (const token of tokens) counts[token]!++;
  const keep = Float64Array.from(counts, (count) => {
    const share = count / tokens.length;
    return share <= subsample ? 1 : Math.sqrt(subsample / share) + subsample / share;
  });
  const table = drawTable(counts, negativePower);
  const vectors = new Float32Array(size * dimensions);
  for (let n = 0; n < vectors.length; n++) vectors[n] = (random.uniform() - 0.5) / dimensions;
  const contexts = new Float32Array(size * dimensions);
  const error = new Float32Array(dimensions);
  const kept = new Int32Array(offsets.reduce((most, at, n) => Math.max(most, at - (offsets[n - 1] ?? 0)), 0));
  const whole = epochs * tokens.length;
  let seen = 0;
  for (let epoch = 0; epoch < epochs; epoch++)
    for (let s = 0; s + 1 < offsets.length; s++) {
      let length = 0;
      for (let at = offsets[s]!; at < offsets[s + 1]!; at++) {
        const token = tokens[at]!;
        seen++;
        if (keep[token]! >= 1 || random.uniform() < keep[token]!) kept[length++] = token;
      }
      const rate = learningRate * Math.max(1e-4, 1 - seen / whole);
      for (let centre = 0; centre < length; centre++) {
        const reach = 1 + random.below(window);
        const own = kept[centre]! * dimensions;
        for (let near = Math.max(0, centre - reach); near <= Math.min(length - 1, centre + reach); near++) {
          if (near === centre) continue;
          error.fill(0);
          for (let n = 0; n <= negatives; n++) {
            const drawn = n === 0 ? kept[near]! : table[random.below(table.length)]!;
            if (n > 0 && drawn === kept[near]!) continue;
            const other = drawn * dimensions;
            let dot = 0;
            for (let d = 0; d < dimensions; d++) dot += vectors[own + d]! * contexts[other + d]!;
            const gradient = rate * ((n === 0 ? 1 : 0) - 1 / (1 + Math.exp(-dot)));
            for (let d = 0; d < dimensions; d++) {
              error[d]! += gradient * contexts[other + d]!;
              contexts[other + d]! += gradient * vectors[own + d]!;
            }
          }
          for (let d = 0; d < dimensions; d++) vectors[own + d]! += error[d]!;
        }
      }
    }
  return vectors;
}

/** Tokens as often as they are to be drawn. */
function drawTable(counts: Float64Array, power: number): Int32Array {
  const weights = counts.map((count) => (count === 0 ? 0 : count ** power));
  const sum = weights.reduce((a, b) => a + b, 0);
  const table = new Int32Array(Math.max(1_000, Math.min(4_000_000, 20 * counts.length)));
  let [token, reached] = [0, (weights[0] ?? 0) / sum];
  for (let n = 0; n < table.length; n++) {
    table[n] = token;
    while ((n + 1) / table.length > reached && token < counts.length - 1) reached += weights[++token]! / sum;
  }
  return table;
}
