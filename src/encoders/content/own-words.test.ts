import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import type { DenseMath } from '../../math/dense-math.ts';
import { openWasmDenseMath } from '../../math/wasm-dense-math.ts';
import { OwnWords } from './own-words.ts';

let dense: DenseMath;
beforeAll(async () => {
  dense = await openWasmDenseMath(1);
});
afterAll(() => dense.close());
const options = () => ({ compute: { threads: 1, dense }, seed: 1 });

/** Names of lines that no dictionary has; each text names two of the four words of its line. */
const lines = ['zorbo', 'quell', 'mivra', 'tarn'].map((line) => ['a', 'b', 'c', 'd'].map((end) => `${line}${end}x`));
const random = new Random(2);
const texts = Array.from({ length: 400 }, (_, n) => {
  const words = random.shuffle([...lines[n % 4]!]);
  return `${words[0]} ${words[1]} set ${n}`;
});

test('words that stand together in the shop’s texts are alike, also where two texts share none', async () => {
  const own = (await OwnWords.fit(texts, 4, options()))!;
  const vectors = own.encode(['zorboax', 'zorbobx', 'quellax', 'nothing known']);
  const d = own.dimensions;
  const cosine = (a: number, b: number): number => {
    let sum = 0;
    for (let f = 0; f < d; f++) sum += vectors[a * d + f]! * vectors[b * d + f]!;
    return sum;
  };
  expect(cosine(0, 1)).toBeGreaterThan(0.9);
  expect(cosine(0, 2)).toBeLessThan(0.3);
  expect(cosine(3, 3)).toBe(0);
});

test('too few texts tell nothing, and neither do texts without a word in common', async () => {
  expect(await OwnWords.fit(texts.slice(0, 20), 4, options())).toBeUndefined();
  const lonely = Array.from(
    { length: 200 },
    (_, n) => `word${String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26))}z`,
  );
  expect(await OwnWords.fit(lonely, 4, options())).toBeUndefined();
});
