import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

test('an empty file means the defaults', () => {
  expect(parseConfig({})).toMatchObject({ target: 'auto', slate: { excludeBoughtDays: 'auto', relevance: 0.95 } });
});

test('an unknown or wrong value is named', () => {
  expect(() => parseConfig({ slate: { relevance: 2 } })).toThrow(/slate\.relevance/);
  expect(() => parseConfig({ colour: 'red' })).toThrow(/colour/);
  expect(() => parseConfig({ eventWeights: { purchse: 1 } })).toThrow(/eventWeights/);
});
