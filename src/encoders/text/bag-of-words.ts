/** Bag of words: which terms stand in a text and how often. The plainest of encoders, to measure others beside. */
import { countTerms, type Terms, termsName, type VocabularyOptions, vocabularyOf } from './term-counts.ts';
import { normalizeRows, type TextEncoder } from './text-encoder.ts';

export interface BagOfWordsOptions extends VocabularyOptions {
  /** @default words */
  readonly terms?: Terms;
  /** True counts a term once, however often it comes. @default false */
  readonly binary?: boolean;
}

/** @param texts - from which the vocabulary is learned */
export function fitBagOfWords(texts: readonly string[], options: BagOfWordsOptions = {}): TextEncoder {
  const { terms = { of: 'words' }, binary = false } = options;
  const vocabulary = vocabularyOf(texts, terms, options);
  const indexOf = new Map(vocabulary.terms.map((term, index) => [term, index]));
  return {
    name: `bag-of-words of ${termsName(terms)}${binary ? ' binary' : ''}`,
    dimensions: indexOf.size,
    async encode(given) {
      const vectors = countTerms(given, terms, indexOf, (_, count) => (binary ? 1 : count));
      normalizeRows(vectors.values, (row) => vectors.offsets[row]!, vectors.count);
      return vectors;
    },
  };
}
