/** Texts as counts of terms: words, or runs of characters, which need no segmenter and bear misspellings. */
import type { SparseVectors } from './text-encoder.ts';
import { characterGrams, type WordOptions, wordsOf } from './words.ts';

export type Terms =
  | ({ readonly of: 'words'; readonly upTo?: number } & WordOptions)
  | { readonly of: 'characters'; readonly from?: number; readonly upTo?: number };

/** What makes terms of a text, in words; part of an encoder's name. */
export function termsName(terms: Terms): string {
  if (terms.of === 'characters') return `characters ${terms.from ?? 1}-${terms.upTo ?? 3}`;
  const { segmenter, stem = true, keepStopWords = false, upTo = 1 } = terms;
  return `words 1-${upTo} ${segmenter?.name ?? 'intl'}${stem ? ' stemmed' : ''}${keepStopWords ? ' all' : ''}`;
}

/** The terms of a text, as often as they come. */
export function termsOf(text: string, terms: Terms): string[] {
  if (terms.of === 'characters') return characterGrams(text, terms.from ?? 1, terms.upTo ?? 3);
  const words = wordsOf(text, terms);
  const found = [...words];
  for (let length = 2; length <= (terms.upTo ?? 1); length++)
    for (let n = 0; n + length <= words.length; n++) found.push(words.slice(n, n + length).join(' '));
  return found;
}

export interface VocabularyOptions {
  /** Texts that a term must stand in. @default 2 */
  readonly minTexts?: number;
  /** Share of texts above which a term tells nothing, in (0, 1]. @default 0.5 */
  readonly maxShare?: number;
  /** Terms that are kept, those of most texts first. @default 200_000 */
  readonly mostTerms?: number;
}

export interface Vocabulary {
  readonly terms: readonly string[];
  /** Texts that each stands in. */
  readonly texts: Int32Array;
  /** Texts that were counted. */
  readonly of: number;
}

/** Terms in the order of their spelling, so that the same texts give the same vocabulary in any order. */
export function vocabularyOf(texts: readonly string[], terms: Terms, options: VocabularyOptions = {}): Vocabulary {
  const { minTexts = 2, maxShare = 0.5, mostTerms = 200_000 } = options;
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const term of new Set(termsOf(text, terms))) counts.set(term, (counts.get(term) ?? 0) + 1);
  const most = Math.max(minTexts, maxShare * texts.length);
  const kept = [...counts].filter(([, count]) => count >= minTexts && count <= most);
  kept.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  kept.length = Math.min(kept.length, mostTerms);
  kept.sort(([a], [b]) => (a < b ? -1 : 1));
  return { terms: kept.map(([term]) => term), texts: Int32Array.from(kept, ([, count]) => count), of: texts.length };
}

/** @param weight - of a term by its index and how often it stands in the text; kept where it is not 0 */
export function countTerms(
  texts: readonly string[],
  terms: Terms,
  indexOf: ReadonlyMap<string, number>,
  weight: (index: number, count: number) => number,
): SparseVectors {
  const offsets = new Int32Array(texts.length + 1);
  const indices: number[] = [];
  const values: number[] = [];
  for (const [t, text] of texts.entries()) {
    const counts = new Map<number, number>();
    for (const term of termsOf(text, terms)) {
      const index = indexOf.get(term);
      if (index !== undefined) counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    for (const [index, count] of [...counts].sort(([a], [b]) => a - b)) {
      const value = weight(index, count);
      if (value === 0) continue;
      indices.push(index);
      values.push(value);
    }
    offsets[t + 1] = indices.length;
  }
  return {
    ...{ form: 'sparse', count: texts.length, dimensions: indexOf.size },
    ...{ offsets, indices: Int32Array.from(indices), values: Float32Array.from(values) },
  };
}
