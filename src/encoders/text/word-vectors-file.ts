/**
 * Files of word vectors that others trained: GloVe's text, and word2vec's text and binary forms, gzipped or not.
 *
 * @source Pennington, Socher & Manning, GloVe, EMNLP 2014; Mikolov et al., Distributed Representations of Words and
 * Phrases and their Compositionality, NIPS 2013
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { ShelfwiseError } from '../../core/errors.ts';
import type { WordTable } from './static-table.ts';

export interface WordVectorsOptions {
  /** Words that are read, the first of the file: in files of this kind the most frequent. @default 200_000 */
  readonly mostWords?: number;
}

const hint = 'Name a file in the form of GloVe or word2vec, text or binary, gzipped or not.';

/** @throws ShelfwiseError `SW_INPUT_FORMAT` naming the line or word that is none */
export async function readWordVectors(
  path: string,
  { mostWords = 200_000 }: WordVectorsOptions = {},
): Promise<WordTable> {
  const head = await firstBytes(path);
  const isGzipped = head[0] === 0x1f && head[1] === 0x8b;
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  const bytes = new ByteReader(isGzipped ? stream.pipe(createGunzip()) : stream);
  try {
    const first = (await bytes.until(0x0a)) ?? Buffer.alloc(0);
    const header = /^\s*(\d+)\s+(\d+)\s*$/.exec(first.toString('utf8'));
    if (!header) return await readText(path, bytes, first, mostWords);
    const [count, dimensions] = [Math.min(mostWords, Number(header[1])), Number(header[2])];
    const second = await bytes.peek(Math.min(64 + 4 * dimensions, 4096));
    const looksBinary = second.subarray(0, 2048).some((byte) => byte < 9 || (byte > 13 && byte < 32));
    return looksBinary
      ? await readBinary(path, bytes, count, dimensions)
      : await readText(path, bytes, undefined, count, dimensions);
  } finally {
    stream.destroy();
  }
}

async function readText(
  path: string,
  bytes: ByteReader,
  first: Buffer | undefined,
  mostWords: number,
  expected?: number,
): Promise<WordTable> {
  const words: string[] = [];
  const rows: Float32Array[] = [];
  let dimensions = expected;
  for (let line = first === undefined ? 2 : 1, next = first; words.length < mostWords; line++) {
    const read = next ?? (await bytes.until(0x0a));
    next = undefined;
    if (!read) break;
    const parts = read.toString('utf8').trimEnd().split(' ');
    if (parts.length === 1 && parts[0] === '') continue;
    dimensions ??= parts.length - 1;
    // Some words of GloVe hold blanks.
    const values = Float32Array.from(parts.slice(-dimensions), Number);
    const word = parts.slice(0, -dimensions).join(' ');
    if (
      dimensions < 1 ||
      word === '' ||
      values.length !== dimensions ||
      values.some((value) => !Number.isFinite(value))
    )
      throw refusal(
        `${path}:${line}: expected a word and ${dimensions} numbers, got "${read.toString('utf8', 0, 60)}".`,
      );
    words.push(word);
    rows.push(values);
  }
  return tableOf(path, words, rows, dimensions ?? 0);
}

async function readBinary(path: string, bytes: ByteReader, count: number, dimensions: number): Promise<WordTable> {
  const words: string[] = [];
  const rows: Float32Array[] = [];
  for (let n = 0; n < count; n++) {
    const word = (await bytes.until(0x20))?.toString('utf8').replace(/^\n/, '');
    const row = word === undefined ? undefined : await bytes.take(4 * dimensions);
    if (!word || !row) throw refusal(`${path}: expected ${count} words, got ${n} and an end.`);
    const values = new Float32Array(dimensions);
    for (let d = 0; d < dimensions; d++) values[d] = row.readFloatLE(4 * d);
    if (values.some((value) => !Number.isFinite(value)))
      throw refusal(`${path}: word ${n + 1} ("${word}"): expected ${dimensions} numbers, got one that is none.`);
    words.push(word);
    rows.push(values);
  }
  return tableOf(path, words, rows, dimensions);
}

function tableOf(path: string, words: readonly string[], rows: readonly Float32Array[], dimensions: number): WordTable {
  if (words.length === 0) throw refusal(`${path}: expected words with vectors, got none.`);
  const vectors = new Float32Array(words.length * dimensions);
  for (const [n, row] of rows.entries()) vectors.set(row, n * dimensions);
  return { name: `word vectors of ${words.length} words by ${dimensions}`, dimensions, words, vectors };
}

function refusal(message: string): ShelfwiseError {
  return new ShelfwiseError('SW_INPUT_FORMAT', message, hint);
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path).catch((cause: unknown) => {
    throw new ShelfwiseError('SW_INPUT_NOT_FOUND', `${path}: expected a file, got none.`, hint, {}, cause);
  });
  try {
    const bytes = Buffer.alloc(2);
    await file.read(bytes, 0, 2, 0);
    return bytes;
  } finally {
    await file.close();
  }
}

/** A stream as bytes that are taken one part after another. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** What comes before a byte, which is taken too; the rest at the end, and undefined after it. */
  async until(byte: number): Promise<Buffer | undefined> {
    for (let from = 0; ; ) {
      const at = this.#held.indexOf(byte, from);
      if (at >= 0) return this.#cut(at, at + 1);
      from = this.#held.length;
      if (!(await this.#more()))
        return this.#held.length > 0 ? this.#cut(this.#held.length, this.#held.length) : undefined;
    }
  }

  async take(count: number): Promise<Buffer | undefined> {
    while (this.#held.length < count) if (!(await this.#more())) return undefined;
    return this.#cut(count, count);
  }

  /** As many bytes as there are, `count` at most; they stay. */
  async peek(count: number): Promise<Buffer> {
    while (this.#held.length < count) if (!(await this.#more())) break;
    return this.#held.subarray(0, count);
  }

  #cut(end: number, next: number): Buffer {
    const cut = this.#held.subarray(0, end);
    this.#held = this.#held.subarray(next);
    return cut;
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    if (done) return false;
    this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
    return true;
  }
}
