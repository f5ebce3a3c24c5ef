/**
 * A sentence encoder as a reranker (a bi-encoder): how alike the words of a candidate are to those of the history, the newest
 * touches most, and to what was typed.
 */
import type { TextEncoder } from '../../encoders/text/text-encoder.ts';
import type { Reranker } from './reranker.ts';

/** What each touch weighs beside the one after it. */
const decay = 0.8;

export function similarityReranker(encoder: TextEncoder): Reranker {
  async function valuesOf(
    texts: readonly string[],
    role: 'query' | 'passage',
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const encoded = await encoder.encode(texts, { role, signal });
    if (encoded.form !== 'dense') throw new TypeError('expected an encoder of dense vectors');
    return encoded.values;
  }
  return {
    name: `likeness by ${encoder.name}`,
    async rerank({ history, typed, candidates }, { signal }) {
      const d = encoder.dimensions;
      const values = await valuesOf([...candidates, ...history.map(({ words }) => words)], 'passage', signal);
      const asked = typed === undefined ? new Float32Array(0) : await valuesOf([typed], 'query', signal);
      const wanted = new Float64Array(d);
      const count = history.length + asked.length / d;
      for (let n = 0; n < count; n++) {
        const weight = decay ** (count - 1 - n);
        for (let i = 0; i < d; i++)
          wanted[i]! += weight * (n < history.length ? values[(candidates.length + n) * d + i]! : asked[i]!);
      }
      const scores = Float32Array.from(candidates, (_, c) => {
        let sum = 0;
        for (let i = 0; i < d; i++) sum += wanted[i]! * values[c * d + i]!;
        return sum;
      });
      return { scores };
    },
  };
}
