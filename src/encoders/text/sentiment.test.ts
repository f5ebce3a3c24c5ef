import { expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import { fitSentiment, sentimentOfStars } from './sentiment.ts';

const words = {
  good: ['lovely', 'still like new', 'well made', '做工很好', '很漂亮', '性价比高'],
  bad: ['broke at once', 'poor material', 'an odd smell', '两周就坏了', '材料很差', '太贵了'],
} as const;
const random = new Random(2);
const some = (from: readonly string[]): string => from[random.below(from.length)]!;
const reviews = Array.from({ length: 400 }, (_, n) => {
  const kind = n % 2 === 0 ? 'good' : 'bad';
  return {
    text: `The pan: ${some(words[kind])}, ${some(words[kind])}.`,
    stars: kind === 'good' ? 5 : 1 + (n % 3 === 0 ? 1 : 0),
  };
});
const texts = reviews.map(({ text }) => text);
const stars = Float32Array.from(reviews, (one) => one.stars);

test('what speaks well and what speaks badly is learned from stars, in both languages', async () => {
  const sentiment = (await fitSentiment(texts, stars))!;
  const [good, bad, ofGood, ofBad, nothing] = await sentiment.of([
    'A kettle, well made and lovely',
    'The kettle broke at once',
    '壶很漂亮，做工很好',
    '壶的材料很差',
    '',
  ]);
  expect(good!).toBeGreaterThan(0.3);
  expect(ofGood!).toBeGreaterThan(0.3);
  expect(bad!).toBeLessThan(-0.2);
  expect(ofBad!).toBeLessThan(-0.2);
  expect(Math.abs(nothing!)).toBeLessThan(0.3);
  for (const one of await sentiment.of(texts)) expect(Math.abs(one)).toBeLessThanOrEqual(1);
});

test('too few texts, or texts that all have the same stars, teach nothing', async () => {
  expect(await fitSentiment(texts.slice(0, 99), stars.slice(0, 99))).toBeUndefined();
  expect(
    await fitSentiment(
      texts,
      stars.map(() => 4),
    ),
  ).toBeUndefined();
});

test('stars are spread over the same span', () => {
  expect([1, 2, 3, 4, 5, 9].map(sentimentOfStars)).toEqual([-1, -0.5, 0, 0.5, 1, 1]);
});
