/**
 * word2vec on a shop's own texts: words that stand near the same words are alike, and a text is the mean of its words.
 * It knows the shop's language and nothing else; few texts teach it little.
 *
 * @source Mikolov et al., Distributed Representations of Words and Phrases and their Compositionality, NIPS 2013; Mu &
 * Viswanath, All-but-the-Top: Simple and Effective Postprocessing for Word Representations, ICLR 2018 (the mean taken off)
 */
import { fitSkipGram, type SkipGramOptions } from '../skip-gram.ts';
import { type VocabularyOptions, vocabularyOf } from './term-counts.ts';
import { type DenseVectors, normalizeRows, type TextEncoder } from './text-encoder.ts';
import { type WordOptions, wordsOf } from './words.ts';

export interface Word2vecOptions extends SkipGramOptions, WordOptions, VocabularyOptions {}

/** @param texts - that teach the words */
export function fitWord2vec(texts: readonly string[], options: Word2vecOptions): TextEncoder {
  const { dimensions = 64, segmenter, stem, keepStopWords } = options;
  const asWords: WordOptions = {
    ...(segmenter && { segmenter }),
    ...(stem !== undefined && { stem }),
    ...(keepStopWords !== undefined && { keepStopWords }),
  };
  const vocabulary = vocabularyOf(texts, { of: 'words', ...asWords }, options);
  const indexOf = new Map(vocabulary.terms.map((word, index) => [word, index]));
  const known = (text: string): number[] => wordsOf(text, asWords).flatMap((word) => indexOf.get(word) ?? []);
  const tokens: number[] = [];
  const offsets = new Int32Array(texts.length + 1);
  for (const [t, text] of texts.entries()) {
    for (const token of known(text)) tokens.push(token);
    offsets[t + 1] = tokens.length;
  }
  const size = indexOf.size;
  const vectors = fitSkipGram({ tokens: Int32Array.from(tokens), offsets, size }, options);
  takeOffMean(vectors, size, dimensions);
  // A word counts by how rare it is: what stands in every text tells nothing.
  const weights = Float64Array.from(vocabulary.texts, (df) => 1e-3 / (1e-3 + df / vocabulary.of));
  return {
    name: `word2vec of ${size} words by ${dimensions}, seed ${options.seed}`,
    dimensions,
    async encode(given): Promise<DenseVectors> {
      const values = new Float32Array(given.length * dimensions);
      for (const [row, text] of given.entries())
        for (const word of known(text))
          for (let d = 0; d < dimensions; d++)
            values[row * dimensions + d]! += weights[word]! * vectors[word * dimensions + d]!;
      normalizeRows(values, (row) => row * dimensions, given.length);
      return { form: 'dense', count: given.length, dimensions, values };
    },
  };
}

/** What all words have in common tells none from another. */
function takeOffMean(vectors: Float32Array, rows: number, dimensions: number): void {
  for (let d = 0; d < dimensions; d++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += vectors[row * dimensions + d]!;
    for (let row = 0; row < rows; row++) vectors[row * dimensions + d]! -= sum / rows;
  }
}
