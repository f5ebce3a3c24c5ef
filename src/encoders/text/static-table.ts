/**
 * A table of words and vectors: a text is the mean of its words' vectors, each by its weight. Fast, without a network, and
 * as good as the table: one that was distilled from a sentence transformer knows what words mean in both languages. Words
 * that the table lacks are cut into the longest pieces that it has.
 *
 * @source Tulkens & van Dongen, Model2Vec: Fast State-of-the-Art Static Embeddings, 2024 (the distilled table);
 * Arora, Liang & Ma, A Simple but Tough-to-Beat Baseline for Sentence Embeddings, ICLR 2017 (the weights)
 */
import { type DenseVectors, normalizeRows, type TextEncoder } from './text-encoder.ts';
import { plainText } from './words.ts';

export interface WordTable {
  readonly name: string;
  readonly dimensions: number;
  readonly words: readonly string[];
  /** Shape `[words, dimensions]`: floats, or bytes times the row's scale. */
  readonly vectors: Float32Array | Int8Array;
  /** Of each row; shape `[words]`. Its weight in the mean is in it. */
  readonly scales?: Float32Array;
}

const runs = /\p{Script=Han}+|[\p{L}\p{M}]+|\p{N}+/gu;

export function staticTable({ name, dimensions, words, vectors, scales }: WordTable): TextEncoder {
  const indexOf = new Map(words.map((word, index) => [word, index]));
  const longest = words.reduce((most, word) => Math.max(most, word.length), 0);
  const add = (index: number, values: Float32Array, row: number): void => {
    const [from, to, scale] = [index * dimensions, row * dimensions, scales?.[index] ?? 1];
    for (let d = 0; d < dimensions; d++) values[to + d]! += vectors[from + d]! * scale;
  };
  return {
    name,
    dimensions,
    async encode(texts): Promise<DenseVectors> {
      const values = new Float32Array(texts.length * dimensions);
      for (const [row, text] of texts.entries())
        for (const [run] of plainText(text).matchAll(runs))
          for (const index of piecesOf(run, indexOf, longest)) add(index, values, row);
      normalizeRows(values, (row) => row * dimensions, texts.length);
      return { form: 'dense', count: texts.length, dimensions, values };
    },
  };
}

/** The longest words of the table, from left to right; a character that is in none is passed by. */
function* piecesOf(run: string, indexOf: ReadonlyMap<string, number>, longest: number): Generator<number> {
  for (let from = 0; from < run.length; ) {
    let to = Math.min(run.length, from + longest);
    while (to > from && !indexOf.has(run.slice(from, to))) to--;
    if (to > from) yield indexOf.get(run.slice(from, to))!;
    from = Math.max(to, from + 1);
  }
}
