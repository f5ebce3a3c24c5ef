/** Opens the encoder that a shop's settings name; alike in every thread. */
import { join } from 'node:path';
import { ShelfwiseError } from '../core/errors.ts';
import { cachedEncoder } from '../encoders/text/cached-encoder.ts';
import type { EncoderChoice } from '../encoders/text/encoder-choice.ts';
import { staticTable } from '../encoders/text/static-table.ts';
import { bilingualTable } from '../encoders/text/table-file.ts';
import type { TextEncoder } from '../encoders/text/text-encoder.ts';
import { readWordVectors } from '../encoders/text/word-vectors-file.ts';
import { openEmbeddingEndpoint } from './endpoints/embedding-endpoint.ts';
import { openVectorCache } from './sqlite/vector-cache.ts';
import { openSentenceTransformer } from './transformers/sentence-transformer.ts';

/**
 * @param folder - of the shop: what slow encoders made is kept in its `cache`
 * @returns undefined for `none`
 * @throws ShelfwiseError `SW_ENCODER`, `SW_PART_MISSING`, `SW_INPUT_*` for a file of word vectors, `SW_SETTING` for a key
 *   that is not in the environment
 */
export async function openEncoder(folder: string, choice: EncoderChoice): Promise<TextEncoder | undefined> {
  if (choice === 'none') return undefined;
  const encoder = await encoderOf(choice);
  return encoder.isSlow ? cachedEncoder(encoder, openVectorCache(join(folder, 'cache', 'vectors.sqlite'))) : encoder;
}

async function encoderOf(choice: Exclude<EncoderChoice, 'none'>): Promise<TextEncoder> {
  if (choice === 'bilingual-table') return staticTable(await bilingualTable());
  if ('wordVectors' in choice) return staticTable(await readWordVectors(choice.wordVectors));
  if ('transformer' in choice) {
    const { transformer: model, ...options } = choice;
    return openSentenceTransformer({ model, ...options });
  }
  const { endpoint: baseUrl, apiKeyEnv, ...options } = choice;
  return openEmbeddingEndpoint({ baseUrl, ...options, apiKey: apiKeyEnv && keyOf(apiKeyEnv, 'encoder') });
}

/** @throws ShelfwiseError `SW_SETTING` where the variable is not set */
export function keyOf(variable: string, setting: string): string {
  const key = process.env[variable];
  if (key) return key;
  const message = `shelfwise.json: ${setting}.apiKeyEnv: expected a key in the environment variable ${variable}, got none.`;
  throw new ShelfwiseError('SW_SETTING', message, 'Set it, or take `apiKeyEnv` out where no key is needed.');
}
