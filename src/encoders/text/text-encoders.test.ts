import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSegmenter } from '../../adapters/jieba/segmenter.ts';
import { Random } from '../../core/random.ts';
import { fitSkipGram } from '../skip-gram.ts';
import { fitBagOfWords } from './bag-of-words.ts';
import { staticTable } from './static-table.ts';
import { similarity, type TextEncoder } from './text-encoder.ts';
import { fitTfIdf } from './tf-idf.ts';
import { readWordVectors } from './word-vectors-file.ts';
import { fitWord2vec } from './word2vec.ts';
import { characterGrams, wordsOf } from './words.ts';

const kitchen = ['wok', 'pan', 'kettle', 'steamer', '炒锅', '蒸笼'];
const bath = ['towel', 'soap', 'shampoo', 'sponge', '浴巾', '洗发水'];
/** Texts of two subjects that share no word but a few common ones. */
const taught = Array.from({ length: 600 }, (_, n) => {
  const random = new Random(9, n);
  const words = n % 2 === 0 ? kitchen : bath;
  return Array.from({ length: 8 }, () => (random.uniform() < 0.2 ? 'home' : words[random.below(words.length)]!)).join(
    ' ',
  );
});

const table = staticTable({
  name: 'a small table',
  dimensions: 2,
  words: ['mug', 'cup', 'wok', '马克杯', '杯'],
  vectors: Float32Array.from([1, 0.1, 1, 0, 0, 1, 1, 0, 0.9, 0.1]),
});
const encoders: readonly (readonly [string, () => TextEncoder])[] = [
  ['bag of words', () => fitBagOfWords(taught, { maxShare: 1 })],
  ['tf-idf of words', () => fitTfIdf(taught, { maxShare: 1 })],
  ['tf-idf of characters', () => fitTfIdf(taught, { terms: { of: 'characters' }, maxShare: 1 })],
  ['word2vec', () => fitWord2vec(taught, { seed: 1, dimensions: 16, epochs: 5, maxShare: 1, subsample: 1 })],
  ['static table', () => table],
];

describe.each(encoders)('%s', (_, make) => {
  const encoder = make();

  test('gives a row as long as 1 for each text, and zeros for what it does not know', async () => {
    const texts = ['wok 杯 mug', '', '🙂🙂🙂', 'wok'];
    const vectors = await encoder.encode(texts);
    expect([vectors.count, vectors.dimensions]).toEqual([4, encoder.dimensions]);
    expect(texts.map((_text, n) => Number(similarity(vectors, n, vectors, n).toFixed(5)))).toEqual([1, 0, 0, 1]);
  });

  test('gives the same for the same text, whatever stands beside it and however it is written', async () => {
    const alone = await encoder.encode(['ＷＯＫ']);
    const among = await encoder.encode(['mug', 'wok', 'towel']);
    expect(similarity(alone, 0, among, 1)).toBeCloseTo(1, 5);
  });

  test('bears every text: very long, of control characters, of broken pairs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary', maxLength: 200 }), { maxLength: 5 }), async (texts) => {
        const vectors = await encoder.encode(texts);
        expect(vectors.values.every(Number.isFinite)).toBe(true);
        for (let n = 0; n < texts.length; n++) expect(similarity(vectors, n, vectors, n)).toBeLessThan(1.001);
      }),
      { numRuns: 60 },
    );
    const long = await encoder.encode([`${'wok \u0000\ud800'.repeat(200_000)}`]);
    expect(long.values.every(Number.isFinite)).toBe(true);
  });
});

test.each(encoders.filter(([name]) => name === 'tf-idf of words' || name === 'word2vec'))(
  '%s puts texts of one subject nearer than those of another',
  async (_, make) => {
    const encoder = make();
    const vectors = await encoder.encode(['wok steamer home pan', '炒锅 kettle home wok', 'towel home soap 浴巾']);
    expect(similarity(vectors, 0, vectors, 1)).toBeGreaterThan(similarity(vectors, 0, vectors, 2) + 0.2);
  },
);

test('word2vec knows words as alike that never stand in one text', async () => {
  // Each of `a` and `b` stands beside the same words, never beside the other.
  const texts = Array.from(
    { length: 800 },
    (_, n) => `${n % 2 === 0 ? 'alpha' : 'beta'} ${n % 4 < 2 ? 'left' : 'right'} side`,
  );
  const others = Array.from({ length: 800 }, (_, n) => `gamma ${n % 2 === 0 ? 'north' : 'south'} pole`);
  const encoder = fitWord2vec([...texts, ...others], { seed: 3, dimensions: 16, epochs: 8, maxShare: 1, subsample: 1 });
  const vectors = await encoder.encode(['alpha', 'beta', 'gamma']);
  expect(similarity(vectors, 0, vectors, 1)).toBeGreaterThan(similarity(vectors, 0, vectors, 2) + 0.3);
});

test('skip-gram gives the same bytes for the same seed, and shuffled sequences teach it nothing', () => {
  const size = 40;
  const tokens = Int32Array.from({ length: 40_000 }, (_, n) => {
    const group = Math.floor(n / 10) % 4;
    return group * 10 + new Random(5, n).below(10);
  });
  const offsets = Int32Array.from({ length: 4_001 }, (_, n) => 10 * n);
  const options = { seed: 1, dimensions: 8, epochs: 2, subsample: 1 };
  const vectors = fitSkipGram({ tokens, offsets, size }, options);
  expect(fitSkipGram({ tokens, offsets, size }, options)).toEqual(vectors);
  const apart = (of: Float32Array): number => {
    const cosine = (a: number, b: number): number => {
      let [dot, x, y] = [0, 0, 0];
      for (let d = 0; d < 8; d++) {
        dot += of[a * 8 + d]! * of[b * 8 + d]!;
        x += of[a * 8 + d]! ** 2;
        y += of[b * 8 + d]! ** 2;
      }
      return dot / Math.sqrt(x * y);
    };
    let [within, between, n, m] = [0, 0, 0, 0];
    for (let a = 0; a < size; a++)
      for (let b = 0; b < a; b++)
        if (Math.floor(a / 10) === Math.floor(b / 10)) [within, n] = [within + cosine(a, b), n + 1];
        else [between, m] = [between + cosine(a, b), m + 1];
    return within / n - between / m;
  };
  expect(apart(vectors)).toBeGreaterThan(0.5);
  const shuffled = new Random(2).shuffle(Int32Array.from(tokens));
  expect(apart(fitSkipGram({ tokens: shuffled, offsets, size }, options))).toBeLessThan(0.2);
});

test('words are stemmed, cut and freed of what says nothing, in both languages', async () => {
  const segmenter = await openSegmenter();
  expect(wordsOf('The chopping boards are folding — 这款便携砧板很轻', { segmenter })).toEqual([
    ...['chop', 'board', 'fold', '便携', '砧板', '轻'],
  ]);
  expect(wordsOf('Anker’s 128GB USB-C ＣＨＡＲＧＥＲＳ', { segmenter })).toEqual([
    'anker',
    '128',
    'gb',
    'usb',
    'c',
    'charger',
  ]);
  expect(characterGrams('ab  c', 2, 3)).toEqual(['ab', 'b ', ' c', 'ab ', 'b c']);
});

test('a table cuts a word that it lacks into the longest pieces that it has', async () => {
  const vectors = await table.encode(['大马克杯', '马克杯', 'cupwok', 'cup wok']);
  expect(similarity(vectors, 0, vectors, 1)).toBeCloseTo(1, 5);
  expect(similarity(vectors, 2, vectors, 3)).toBeCloseTo(1, 5);
});

describe('files of word vectors', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vectors-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const words = ['mug', 'New York', '马克杯'];
  const rows = [
    [1, 0.5, -2],
    [0, 3, 1],
    [0.25, -1, 8],
  ];
  const text = words.map((word, n) => `${word} ${rows[n]!.join(' ')}`).join('\n');
  const binary = Buffer.concat(
    words.map((word, n) =>
      Buffer.concat([
        Buffer.from(`${word.replace(' ', '_')} `),
        Buffer.from(Float32Array.from(rows[n]!).buffer),
        Buffer.from('\n'),
      ]),
    ),
  );
  const files: Readonly<Record<string, Buffer>> = {
    glove: Buffer.from(text),
    'glove with an end of line': Buffer.from(`${text}\n`),
    'word2vec text': Buffer.from(`3 3\n${text}\n`),
    'word2vec binary': Buffer.concat([Buffer.from('3 3\n'), binary]),
    'gzipped binary': gzipSync(Buffer.concat([Buffer.from('3 3\n'), binary])),
    'gzipped text': gzipSync(Buffer.from(text)),
  };

  test.each(Object.entries(files))('%s is read as it was written', async (name, bytes) => {
    const path = join(folder, name.replaceAll(' ', '-'));
    await writeFile(path, bytes);
    const read = await readWordVectors(path);
    expect(read.words.map((word) => word.replace('_', ' '))).toEqual(words);
    expect([...(read.vectors as Float32Array)]).toEqual(rows.flat());
    expect((await readWordVectors(path, { mostWords: 2 })).words.length).toBe(2);
  });

  test.each([
    ['nothing', '', 'expected words with vectors'],
    ['prose', 'This is no file of vectors\n', 'a word and'],
    ['a row that is short', 'a 1 2 3\nb 1 2\n', ':2:'],
    ['a number that is none', 'a 1 2 3\nb 1 x 3\n', ':2:'],
    ['a binary that ends', `9 3\n${Buffer.from(Float32Array.from([1, 2, 3]).buffer).toString('latin1')}`, 'and an end'],
  ])('%s is refused by name', async (name, content, message) => {
    const path = join(folder, `bad-${name.replaceAll(' ', '-')}`);
    await writeFile(path, Buffer.from(content, 'latin1'));
    await expect(readWordVectors(path)).rejects.toMatchObject({
      code: 'SW_INPUT_FORMAT',
      message: expect.stringContaining(message),
    });
    await expect(readWordVectors(join(folder, 'none'))).rejects.toMatchObject({ code: 'SW_INPUT_NOT_FOUND' });
  });
});
