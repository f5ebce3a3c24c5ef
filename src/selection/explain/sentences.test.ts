import { expect, test } from 'vitest';
import { type ReasonKind, reasonKinds } from './reason.ts';
import type { Reason } from './reasons.ts';
import { sentenceOf } from './sentences.ts';

const titles = ['Tea pot', 'Cup'];
const titleOf = (item: number): string => titles[item]!;
const reason = (kind: ReasonKind, facts: Record<string, number> = {}): Reason => ({
  kind,
  source: kind,
  value: 1,
  share: 0.5,
  items: kind === 'history' ? [{ item: 0, position: 3, value: 2 }] : [],
  facts,
});

test('the history is named by its strongest item and by what was done with it', () => {
  const say = (language: 'en' | 'zh', did?: 'bought' | 'viewed') =>
    sentenceOf(reason('history'), { language, titleOf, ...(did && { did }) });
  expect(say('en', 'bought')).toBe('Because you bought “Tea pot”.');
  expect(say('en', 'viewed')).toBe('Because you looked at “Tea pot”.');
  expect(say('en')).toBe('Because you chose “Tea pot”.');
  expect(say('zh', 'bought')).toBe('因为您买过《Tea pot》。');
});

test('numbers in a sentence are the facts of its reason', () => {
  const say = (one: Reason) => sentenceOf(one, { language: 'en', titleOf });
  expect(say(reason('popular', { timesTheMean: 5.24 }))).toBe('Chosen 5.2 times as often as the average product.');
  expect(say(reason('trend', { recentLift: 2 }))).toContain('2.0 times');
  expect(say(reason('repeat', { times: 3, stepsAgo: 1 }))).toBe('You chose it 3 times before.');
  expect(say(reason('repeat', { times: 1, stepsAgo: 1 }))).toBe('You chose it before.');
});

test('every kind of reason has a sentence of its own in both languages', () => {
  for (const language of ['en', 'zh'] as const) {
    const sentences = reasonKinds.map((kind) => sentenceOf(reason(kind), { language, titleOf }));
    expect(new Set(sentences).size).toBe(reasonKinds.length);
    for (const sentence of sentences) expect(sentence).toMatch(/[.。]$/);
  }
});
