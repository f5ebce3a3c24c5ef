/** Opens the reranker that a shop's settings name, within the bounds that they say. */
import { join } from 'node:path';
import { BoundedReranker, defaultBounds } from '../selection/rerank/bounded-reranker.ts';
import { languageModelReranker } from '../selection/rerank/language-model-reranker.ts';
import type { RerankChoice } from '../selection/rerank/rerank-choice.ts';
import type { Reranker, Reranking } from '../selection/rerank/reranker.ts';
import { similarityReranker } from '../selection/rerank/similarity-reranker.ts';
import { openLanguageModelEndpoint } from './endpoints/language-model-endpoint.ts';
import { keyOf, openEncoder } from './open-encoder.ts';
import { openRerankFile } from './sqlite/rerank-file.ts';
import { openCrossEncoder } from './transformers/cross-encoder.ts';

/**
 * @param folder - of the shop: what was judged and what it cost is kept in its `cache`
 * @throws ShelfwiseError `SW_RERANK`, `SW_PART_MISSING`, `SW_ENCODER`, `SW_SETTING` for a key that is not in the environment
 */
export async function openReranker(folder: string, choice: Exclude<RerankChoice, 'none'>): Promise<Reranking> {
  const { deadlineMs, timeoutMs, concurrency, tokensPerDay, costPerDay, cacheDays, inputPrice, outputPrice } = choice;
  const given = { deadlineMs, timeoutMs, concurrency, tokensPerDay, costPerDay, cacheDays };
  const bounds = {
    ...defaultBounds,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    prices: { input: inputPrice ?? 0, output: outputPrice ?? 0 },
  };
  const memory = openRerankFile(join(folder, 'cache', 'reranks.sqlite'));
  return new BoundedReranker(await rerankerOf(folder, choice), memory, bounds);
}

async function rerankerOf(folder: string, choice: Exclude<RerankChoice, 'none'>): Promise<Reranker> {
  if ('crossEncoder' in choice) {
    const { crossEncoder: model, dtype, revision, offline, maxTokens } = choice;
    return openCrossEncoder({ model, dtype, revision, offline, maxTokens });
  }
  if ('likeness' in choice) return similarityReranker((await openEncoder(folder, choice.likeness))!);
  const { endpoint: baseUrl, model, apiKeyEnv, answers, form, window, passes } = choice;
  const apiKey = apiKeyEnv && keyOf(apiKeyEnv, 'rerank');
  return languageModelReranker(await openLanguageModelEndpoint({ baseUrl, model, apiKey, answers }), {
    ...{ form, window, passes, atOnce: choice.concurrency },
  });
}
