/**
 * TF-IDF: counts of terms, damped, times how rare each term is among the texts:
 * `(1 + ln tf) · (1 + ln((1 + N) / (1 + df)))`, rows as long as 1.
 *
 * @source Salton & Buckley, Term-weighting approaches in automatic text retrieval, IPM 24(5), 1988
 */
import { countTerms, type Terms, termsName, type VocabularyOptions, vocabularyOf } from './term-counts.ts';
import { normalizeRows, type TextEncoder } from './text-encoder.ts';

export interface TfIdfOptions extends VocabularyOptions {
  /** @default words */
  readonly terms?: Terms;
}

/** @param texts - from which the vocabulary and the rarity of its terms are learned */
export function fitTfIdf(texts: readonly string[], options: TfIdfOptions = {}): TextEncoder {
  const { terms = { of: 'words' } } = options;
  const vocabulary = vocabularyOf(texts, terms, options);
  const indexOf = new Map(vocabulary.terms.map((term, index) => [term, index]));
  const rarity = Float64Array.from(vocabulary.texts, (df) => 1 + Math.log((1 + vocabulary.of) / (1 + df)));
  return {
    name: `tf-idf of ${termsName(terms)}`,
    dimensions: indexOf.size,
    async encode(given) {
      const vectors = countTerms(given, terms, indexOf, (index, count) => (1 + Math.log(count)) * rarity[index]!);
      normalizeRows(vectors.values, (row) => vectors.offsets[row]!, vectors.count);
      return vectors;
    },
  };
}
