import { expect, test } from 'vitest';
import { philox, Random } from './random.ts';

test('philox reproduces the reference vectors of Random123', () => {
  const out = new Uint32Array(4);
  philox(0, 0, 0, 0, 0, 0, out);
  expect([...out]).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  philox(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, out);
  expect([...out]).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
});

test('uniform numbers have the mean and variance of their distribution', () => {
  const random = new Random(7);
  const draws = Array.from({ length: 20_000 }, () => random.uniform());
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
  expect(mean).toBeCloseTo(0.5, 2);
  expect(variance).toBeCloseTo(1 / 12, 2);
});

test('the same seed and stream repeat, another stream differs', () => {
  const take = (random: Random) => Array.from({ length: 9 }, () => random.uint32());
  expect(take(new Random(3, 1))).toEqual(take(new Random(3, 1)));
  expect(take(new Random(3, 1))).not.toEqual(take(new Random(3, 2)));
});

test('shuffle keeps every value', () => {
  const shuffled = new Random(5).shuffle(Array.from({ length: 50 }, (_, i) => i));
  expect(shuffled).not.toEqual([...shuffled].sort((a, b) => a - b));
  expect(new Set(shuffled).size).toBe(50);
});
