/**
 * Texts as words: English and other alphabets by their letters, stemmed; Chinese by a segmenter, since it writes no blanks.
 * What carries no meaning is left out.
 *
 * @source Porter, An algorithm for suffix stripping, Program 14(3), 1980
 */
import { stemmer } from 'stemmer';
import { stopWords } from './stop-words.ts';

/** Cuts a run of Chinese characters into words. */
export interface Segmenter {
  /** Part of an encoder's name: another segmenter gives other words. */
  readonly name: string;
  cut(text: string): readonly string[];
}

/** The segmenter of the runtime; it knows few names of products. */
export const intlSegmenter: Segmenter = {
  name: 'intl',
  cut: (text) => Array.from(words.segment(text), ({ segment }) => segment),
};
const words = new Intl.Segmenter('zh', { granularity: 'word' });

export interface WordOptions {
  /** @default intlSegmenter */
  readonly segmenter?: Segmenter;
  /** Takes endings off English words. @default true */
  readonly stem?: boolean;
  /** Keeps words that carry no meaning. @default false */
  readonly keepStopWords?: boolean;
}

/** A text of more characters is read so far: what describes a product stands at its beginning. */
export const mostCharacters = 20_000;

/** One form for what is written in several: width, case, marks that nobody sees. */
export function plainText(text: string): string {
  return text.slice(0, mostCharacters).normalize('NFKC').toLowerCase().replace(unseen, '');
}
// biome-ignore lint/suspicious/noMisleadingCharacterClass: each of them by itself is taken out
const unseen = /[\u200b-\u200f\u2060-\u206f\ufe0e\ufe0f\ufeff\u00ad]/gu;

/** A text for a model that knows case and marks itself: without control characters, not longer than is read. */
export function cleanText(text: string): string {
  return text.slice(0, mostCharacters).normalize('NFKC').replace(unseen, '').replace(controls, ' ').trim();
}
const controls = /[\p{Cc}\p{Co}\p{Cn}\p{Cs}]+/gu;

const runs = /\p{Script=Han}+|[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu;
const han = /^\p{Script=Han}/u;

/** @example wordsOf('The chopping boards, 便携砧板') // ['chop', 'board', '便携', '砧板'] */
export function wordsOf(text: string, options: WordOptions = {}): string[] {
  const { segmenter = intlSegmenter, stem = true, keepStopWords = false } = options;
  const found: string[] = [];
  const take = (word: string): void => {
    if (keepStopWords || !stopWords.has(word)) found.push(word);
  };
  for (const [run] of plainText(text).matchAll(runs)) {
    if (han.test(run)) for (const word of segmenter.cut(run)) take(word);
    else
      for (const part of alphabetic(run)) {
        if (!keepStopWords && stopWords.has(part)) continue;
        take(stem && /^[a-z]+$/.test(part) ? stemmer(part) : part);
      }
  }
  return found;
}

/** `128gb` is a number and a unit; `'s` is no word. */
function alphabetic(run: string): string[] {
  return run.replace(/['’]s$/u, '').split(/(?<=\p{N})(?=\p{L})|(?<=\p{L})(?=\p{N})|['’]/u);
}

/** Runs of so many neighbouring characters, `from` to `to`; blanks count as one. @example characterGrams('ab c', 2, 2) // ['ab', 'b ', ' c'] */
export function characterGrams(text: string, from: number, to: number): string[] {
  const characters = [...plainText(text).replace(/\s+/gu, ' ').trim()];
  const found: string[] = [];
  for (let length = from; length <= to; length++)
    for (let n = 0; n + length <= characters.length; n++) found.push(characters.slice(n, n + length).join(''));
  return found;
}
