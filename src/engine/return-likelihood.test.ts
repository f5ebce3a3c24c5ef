import { expect, test } from 'vitest';
import { returnLikelihood } from './return-likelihood.ts';

const day = 86_400_000;
const now = 400 * day;
/** @param visits - days ago, of each person */
function likelihoodOf(...visits: readonly (readonly number[])[]): number[] {
  const rows = visits.flatMap((ago, person) => ago.map((days) => [person, now - days * day] as const));
  const found = returnLikelihood(
    {
      length: rows.length,
      person: Float64Array.from(rows, ([person]) => person),
      time: Float64Array.from(rows, ([, time]) => time),
    },
    now,
  );
  return visits.map((_, person) => found.get(person)!);
}

test('who came often and lately is likelier to return than who came once, or long ago', () => {
  const [often, once, gone] = likelihoodOf([29, 22, 15, 8, 1], [1], [229, 222, 215, 208, 201]);
  expect(often).toBeGreaterThan(2 * once!);
  expect(once).toBeGreaterThan(2 * gone!);
  expect(gone).toBeGreaterThan(0);
});

test('events of one visit count once', () => {
  const minute = 1 / 1440;
  const [one, three] = likelihoodOf([1], [1, 1 - minute, 1 - 2 * minute]);
  expect(three).toBeCloseTo(one!, 9);
});

test('a weekly visitor returns within a week more often than not', () => {
  const [weekly] = likelihoodOf(Array.from({ length: 40 }, (_, n) => 7 * (40 - n)));
  expect(weekly).toBeGreaterThan(0.5);
  expect(weekly).toBeLessThan(0.75);
});
