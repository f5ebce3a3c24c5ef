/** Opens the reranker that a shop's settings name, within the bounds that they say. */
import { join, resolve } from 'node:path';
import { languageModelWriter, type Reader } from '../selection/explain/sentence-writer.ts';
import { BoundedCalls, defaultBounds } from '../selection/rerank/bounded-calls.ts';
import { BoundedReranker } from '../selection/rerank/bounded-reranker.ts';
import type { LanguageModel } from '../selection/rerank/language-model.ts';
import { languageModelReranker } from '../selection/rerank/language-model-reranker.ts';
import type {
  CrossEncoderRerankChoice,
  LanguageModelRerankChoice,
  RerankChoice,
  SimilarityRerankChoice,
} from '../selection/rerank/rerank-choice.ts';
import type { Reranker } from '../selection/rerank/reranker.ts';
import { similarityReranker } from '../selection/rerank/similarity-reranker.ts';
import { openLanguageModelEndpoint } from './endpoints/language-model-endpoint.ts';
import { openLanguageModelFile } from './llama/language-model-file.ts';
import { keyOf, openEncoder } from './open-encoder.ts';
import { openRerankFile } from './sqlite/rerank-file.ts';
import { openCrossEncoder } from './transformers/cross-encoder.ts';

/**
 * @param folder - of the shop: what was judged and what it cost is kept in its `cache`
 * @throws ShelfwiseError `SW_RERANK`, `SW_PART_MISSING`, `SW_ENCODER`, `SW_SETTING` for a key that is not in the environment
 */
export async function openReranker(folder: string, choice: Exclude<RerankChoice, 'none'>): Promise<Reader> {
  const { deadlineMs, timeoutMs, concurrency, tokensPerDay, costPerDay, cacheDays, inputPrice, outputPrice } = choice;
  const given = { deadlineMs, timeoutMs, concurrency, tokensPerDay, costPerDay, cacheDays };
  const bounds = {
    ...defaultBounds,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    prices: { input: inputPrice ?? 0, output: outputPrice ?? 0 },
  };
  const calls = new BoundedCalls(openRerankFile(join(folder, 'cache', 'reranks.sqlite')), bounds);
  if ('endpoint' in choice || 'gguf' in choice) return languageReader(folder, choice, calls);
  return new BoundedReranker(await rerankerOf(folder, choice), calls);
}

/** Its order and its sentences have one budget and one breaker. */
async function languageReader(folder: string, choice: LanguageModelRerankChoice, calls: BoundedCalls): Promise<Reader> {
  const { form, window, passes, concurrency: atOnce } = choice;
  const model = await languageModelOf(folder, choice);
  const reranker = new BoundedReranker(languageModelReranker(model, { form, window, passes, atOnce }), calls);
  return {
    name: reranker.name,
    ask: (question, limits) => reranker.ask(question, limits),
    writer: choice.sentences ? languageModelWriter(model, calls) : undefined,
  };
}

async function languageModelOf(folder: string, choice: LanguageModelRerankChoice): Promise<LanguageModel> {
  if ('gguf' in choice) {
    const { gguf, contextTokens, gpu } = choice;
    return openLanguageModelFile({ path: resolve(folder, gguf), name: gguf, contextTokens, gpu });
  }
  const { endpoint: baseUrl, model, apiKeyEnv, answers } = choice;
  return openLanguageModelEndpoint({ baseUrl, model, apiKey: apiKeyEnv && keyOf(apiKeyEnv, 'rerank'), answers });
}

async function rerankerOf(
  folder: string,
  choice: CrossEncoderRerankChoice | SimilarityRerankChoice,
): Promise<Reranker> {
  if ('likeness' in choice) return similarityReranker((await openEncoder(folder, choice.likeness))!);
  const { crossEncoder: model, dtype, revision, offline, maxTokens } = choice;
  return openCrossEncoder({ model, dtype, revision, offline, maxTokens });
}
