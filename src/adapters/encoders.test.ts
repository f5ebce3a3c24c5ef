import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type EndpointAnswer,
  embeddingsOf,
  type OpenAiEndpoint,
  openAiEndpoint,
} from '../../test/fakes/openai-endpoint.ts';
import { tinyDimensions, writeTinySentenceModel } from '../../test/fakes/tiny-sentence-model.ts';
import { cachedEncoder } from '../encoders/text/cached-encoder.ts';
import { encoderSchema } from '../encoders/text/encoder-choice.ts';
import { type DenseVectors, similarity, type TextEncoder } from '../encoders/text/text-encoder.ts';
import { openEmbeddingEndpoint } from './endpoints/embedding-endpoint.ts';
import { openEncoder } from './open-encoder.ts';
import { openVectorCache } from './sqlite/vector-cache.ts';
import { loadTransformers } from './transformers/load-transformers.ts';
import { openSentenceTransformer } from './transformers/sentence-transformer.ts';

const folder = mkdtempSync(join(tmpdir(), 'encoders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const million = 'wok '.repeat(250_000);
const odd = ['', '   ', '🙂🙂', '\u0000\u0007\ud800', `wok ${'\u0001'.repeat(9)}炒锅 Полотенце`, million];

describe('a sentence transformer in a folder, as the hub has them', () => {
  const model = join(folder, 'tiny');
  beforeAll(() => writeTinySentenceModel(model));

  test('gives unit vectors by what the model says, in both languages, whatever stands beside a text', async () => {
    const encoder = await openSentenceTransformer({ model });
    expect(encoder.dimensions).toBe(tinyDimensions);
    const vectors = await encoder.encode(['wok', 'towel soap soap soap soap', '炒锅', 'pan', '']);
    expect(similarity(vectors, 0, vectors, 0)).toBeCloseTo(1, 5);
    expect(similarity(vectors, 0, vectors, 2)).toBeGreaterThan(0.99);
    expect(similarity(vectors, 0, vectors, 1)).toBeLessThan(0.2);
    expect(similarity(vectors, 4, vectors, 4)).toBe(0);
    const alone = await encoder.encode(['pan']);
    expect(similarity(alone, 0, vectors, 3)).toBeCloseTo(1, 5);
  });

  test('puts the prefix of a question before a question alone', async () => {
    const encoder = await openSentenceTransformer({ model, queryPrefix: 'query: ' });
    const [asked, answers] = [await encoder.encode(['wok'], { role: 'query' }), await encoder.encode(['wok'])];
    expect((asked as DenseVectors).values[2]).toBeGreaterThan(0.9);
    expect((answers as DenseVectors).values[2]).toBe(0);
    expect(encoder.name).toContain('query: ');
  });

  test('bears every text', async () => {
    const encoder = await openSentenceTransformer({ model });
    const { values } = (await encoder.encode(odd)) as DenseVectors;
    expect(values.every(Number.isFinite)).toBe(true);
  });

  test('has another name with other weights', async () => {
    const other = join(folder, 'other', 'tiny');
    await writeTinySentenceModel(other);
    const same = await openSentenceTransformer({ model: other });
    expect(same.name).toBe((await openSentenceTransformer({ model })).name);
    writeFileSync(join(other, 'onnx', 'model_quantized.onnx'), 'x');
    expect((await openSentenceTransformer({ model: other })).name).not.toBe(same.name);
  });

  test('a model that is not there is refused with where it was looked for and how to get it', async () => {
    const missing = openSentenceTransformer({ model: 'nobody/none', offline: true, cacheFolder: join(folder, 'hub') });
    await expect(missing).rejects.toMatchObject({
      code: 'SW_ENCODER',
      message: expect.stringContaining(join(folder, 'hub')),
      hint: expect.stringContaining('SHELFWISE_MODELS'),
    });
    await expect(openSentenceTransformer({ model: join(folder, 'tiny'), dtype: 'q4' })).rejects.toMatchObject({
      code: 'SW_ENCODER',
      message: expect.stringContaining('q4'),
    });
  });

  test.each(['NaN', 'shape'] as const)('a model that answers with a wrong %s is refused', async (answers) => {
    const wrong = join(folder, `wrong-${answers}`);
    await writeTinySentenceModel(wrong, { answers });
    const encode = async (): Promise<unknown> => (await openSentenceTransformer({ model: wrong })).encode(['wok']);
    await expect(encode()).rejects.toMatchObject({ code: 'SW_ENCODER' });
  });

  test('without the package the error says how to install it', async () => {
    await expect(loadTransformers(() => Promise.reject(new Error('not found')))).rejects.toMatchObject({
      code: 'SW_PART_MISSING',
      hint: expect.stringContaining('npm install'),
    });
  });
});

describe('an endpoint of embeddings', () => {
  let endpoint: OpenAiEndpoint | undefined;
  afterEach(() => endpoint?.close());
  const serve = async (answer: (texts: string[]) => EndpointAnswer): Promise<string> => {
    endpoint = await openAiEndpoint(({ body }) => answer(body.input));
    return endpoint.url;
  };
  const kitchen = (texts: string[]): object => embeddingsOf(texts.map((text) => [text.includes('wok') ? 2 : 0, 1, 0]));

  test('gives unit vectors, with the key and the prefix, in batches', async () => {
    const baseUrl = await serve(kitchen);
    const options = { baseUrl, model: 'm', apiKey: 'secret-key', batch: 2, queryPrefix: 'wok ' };
    const encoder = await openEmbeddingEndpoint(options);
    const vectors = await encoder.encode(['wok', 'towel', 'wok', 'soap', '']);
    expect(similarity(vectors, 0, vectors, 2)).toBeCloseTo(1, 5);
    expect(similarity(vectors, 0, vectors, 1)).toBeCloseTo(1 / Math.sqrt(5), 5);
    expect(similarity(vectors, 4, vectors, 4)).toBe(0);
    const asked = await encoder.encode(['towel'], { role: 'query' });
    expect(similarity(asked, 0, vectors, 0)).toBeCloseTo(1, 5);
    expect(endpoint!.calls.map(({ body }) => body.input.length)).toEqual([1, 2, 2, 1]);
    expect(endpoint!.calls[0]!.headers.authorization).toBe('Bearer secret-key');
    expect(encoder.name).not.toContain('secret');
  });

  test('bears every text', async () => {
    const encoder = await openEmbeddingEndpoint({ baseUrl: await serve(kitchen), model: 'm' });
    const { values } = (await encoder.encode(odd)) as DenseVectors;
    expect(values.every(Number.isFinite)).toBe(true);
  });

  test.each<[string, (texts: string[]) => EndpointAnswer]>([
    ['another dimension', (texts) => embeddingsOf(texts.map((text) => (text === 'wok' ? [1, 2] : [1, 2, 3])))],
    ['no number', (texts) => embeddingsOf(texts.map((text) => [1, text === 'wok' ? null : 1, 3]))],
    ['fewer vectors', (texts) => embeddingsOf(texts[0] === 'a' ? [[1, 2, 3]] : [])],
    ['prose', (texts) => (texts[0] === 'a' ? embeddingsOf([[1, 2, 3]]) : 'I cannot do that')],
    ['half a JSON', (texts) => (texts[0] === 'a' ? embeddingsOf([[1, 2, 3]]) : '{"data": [{"embedd')],
    ['a fault', (texts) => (texts[0] === 'a' ? embeddingsOf([[1, 2, 3]]) : { status: 400 })],
    ['silence', (texts) => (texts[0] === 'a' ? embeddingsOf([[1, 2, 3]]) : 'never')],
  ])('that gives %s is refused by name', async (_, answer) => {
    const encoder = await openEmbeddingEndpoint({
      baseUrl: await serve(answer),
      model: 'm',
      timeoutMs: 300,
      retries: 0,
    });
    await expect(encoder.encode(['wok'])).rejects.toMatchObject({
      code: 'SW_ENCODER',
      message: expect.stringContaining(endpoint!.url),
    });
  });

  test('stops when it is told to', async () => {
    const encoder = await openEmbeddingEndpoint({
      baseUrl: await serve((t) => (t[0] === 'a' ? kitchen(t) : 'never')),
      model: 'm',
    });
    const stop = new AbortController();
    const asked = encoder.encode(['wok'], { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});

describe('an encoder that remembers', () => {
  function counting(): TextEncoder & { asked: string[] } {
    const asked: string[] = [];
    return {
      ...{ name: 'counting', dimensions: 2, isSlow: true, asked },
      async encode(texts) {
        asked.push(...texts);
        const values = Float32Array.from(texts.flatMap((text) => [text.length, 1]));
        return { form: 'dense', count: texts.length, dimensions: 2, values };
      },
    };
  }

  test('asks for each text once, in this life and the next; questions are kept nowhere', async () => {
    const path = join(folder, 'cache', 'vectors.sqlite');
    const [first, second] = [counting(), counting()];
    const cache = openVectorCache(path);
    const encoder = cachedEncoder(first, cache);
    const once = await encoder.encode(['ab', 'c', 'ab']);
    expect((once as DenseVectors).values).toEqual(Float32Array.of(2, 1, 1, 1, 2, 1));
    await encoder.encode(['private'], { role: 'query' });
    cache.close();
    const again = openVectorCache(path);
    const twice = await cachedEncoder(second, again).encode(['c', 'ab', 'new', 'private']);
    expect((twice as DenseVectors).values).toEqual(Float32Array.of(1, 1, 2, 1, 3, 1, 7, 1));
    expect([first.asked, second.asked]).toEqual([
      ['ab', 'c', 'private'],
      ['new', 'private'],
    ]);
    const other = { ...counting(), name: 'another' };
    await cachedEncoder(other, again).encode(['ab']);
    expect(other.asked).toEqual(['ab']);
    again.close();
  });

  test('a damaged file is begun anew, and where nothing can be kept it asks each time', async () => {
    const path = join(folder, 'damaged.sqlite');
    writeFileSync(path, 'no database at all, and long enough to be read as a header of one'.repeat(20));
    const cache = openVectorCache(path);
    const encoder = counting();
    await cachedEncoder(encoder, cache).encode(['ab']);
    await cachedEncoder(encoder, cache).encode(['ab']);
    expect(encoder.asked).toEqual(['ab']);
    cache.close();
    writeFileSync(join(folder, 'file'), '');
    const nowhere = openVectorCache(join(folder, 'file', 'vectors.sqlite'));
    await cachedEncoder(encoder, nowhere).encode(['ab']);
    expect(encoder.asked).toEqual(['ab', 'ab']);
  });
});

describe('a shop’s choice of an encoder', () => {
  test('opens each kind, and keeps what a slow one made with the shop', async () => {
    const shop = join(folder, 'shop');
    expect(await openEncoder(shop, 'none')).toBeUndefined();
    const table = await openEncoder(shop, 'bilingual-table');
    const vectors = await table!.encode(['wok', '炒锅', 'towel']);
    expect(similarity(vectors, 0, vectors, 1)).toBeGreaterThan(similarity(vectors, 0, vectors, 2));
    expect(existsSync(join(shop, 'cache'))).toBe(false);
    const words = join(folder, 'words.txt');
    writeFileSync(words, 'wok 1 0\ntowel 0 1\n');
    expect((await openEncoder(shop, { wordVectors: words }))!.dimensions).toBe(2);
    await writeTinySentenceModel(join(folder, 'tiny'));
    const transformer = await openEncoder(shop, { transformer: join(folder, 'tiny') });
    await transformer!.encode(['wok']);
    expect(existsSync(join(shop, 'cache', 'vectors.sqlite'))).toBe(true);
  });

  test('a key that is not in the environment is asked for by its name', async () => {
    const choice = { endpoint: 'http://127.0.0.1:9/v1', model: 'm', apiKeyEnv: 'NO_SUCH_KEY' };
    await expect(openEncoder(folder, choice)).rejects.toMatchObject({
      code: 'SW_SETTING',
      message: expect.stringContaining('NO_SUCH_KEY'),
    });
  });

  test.each([
    [{ endpoint: 'ftp://x', model: 'm' }, /URL/],
    [{ transformer: '' }, /Too small/],
    ['tf-idf', /expected "bilingual-table", "none"/],
    [{ transformer: 'a', endpoint: 'http://b' }, /Unrecognized key: "endpoint"/],
  ] as const)('%j is no choice, and the message says what is', (choice, message) => {
    expect(encoderSchema.safeParse(choice).error?.issues[0]?.message).toMatch(message);
  });
});
