/** An encoder that asks for no text twice: vectors are kept by the hash of what made them. */
import { createHash } from 'node:crypto';
import type { DenseVectors, TextEncoder } from './text-encoder.ts';

/** The port of what keeps vectors; losing some of them costs time and nothing else. */
export interface VectorCache {
  /** Of each key its vector, or undefined. */
  get(keys: readonly string[]): readonly (Float32Array | undefined)[];
  put(entries: readonly (readonly [key: string, vector: Float32Array])[]): void;
}

/** Texts that are asked for before what came is kept: a training that is stopped goes on from there. */
const keptAtOnce = 256;

/** What shoppers type is asked for each time and kept nowhere. */
export function cachedEncoder(encoder: TextEncoder, cache: VectorCache): TextEncoder {
  const { name, dimensions } = encoder;
  const keyOf = (text: string): string =>
    createHash('sha256').update(`${name}\0${text}`).digest('base64url').slice(0, 24);
  return {
    ...{ name, dimensions, isSlow: true },
    async encode(texts, options = {}) {
      if (options.role === 'query') return encoder.encode(texts, options);
      const values = new Float32Array(texts.length * dimensions);
      const keys = texts.map(keyOf);
      const missing = new Map<string, number[]>();
      for (const [n, vector] of cache.get(keys).entries())
        if (vector?.length === dimensions) values.set(vector, n * dimensions);
        else missing.set(keys[n]!, [...(missing.get(keys[n]!) ?? []), n]);
      const asked = [...missing];
      for (let from = 0; from < asked.length; from += keptAtOnce) {
        const some = asked.slice(from, from + keptAtOnce);
        const made = await encoder.encode(
          some.map(([, [n]]) => texts[n!]!),
          options,
        );
        if (made.form !== 'dense') throw new TypeError('expected dense vectors: sparse ones cost less than a look');
        const vectors = some.map((_, row) => made.values.slice(row * dimensions, (row + 1) * dimensions));
        for (const [row, [, places]] of some.entries())
          for (const place of places) values.set(vectors[row]!, place * dimensions);
        cache.put(some.map(([key], row) => [key, vectors[row]!] as const));
      }
      return { form: 'dense', count: texts.length, dimensions, values } satisfies DenseVectors;
    },
  };
}
