/** Any endpoint that speaks OpenAI's embeddings API, through the `ai` package. */
import { ShelfwiseError } from '../../core/errors.ts';
import { checkedVectors, inBatches } from '../../encoders/text/checked-vectors.ts';
import type { TextEncoder } from '../../encoders/text/text-encoder.ts';
import { cleanText } from '../../encoders/text/words.ts';

export interface EmbeddingEndpointOptions {
  /** For example `http://localhost:11434/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as a bearer token. */
  readonly apiKey?: string | undefined;
  /** Asked of models that can give fewer; of the first answer where absent. */
  readonly dimensions?: number | undefined;
  readonly queryPrefix?: string | undefined;
  readonly passagePrefix?: string | undefined;
  /** Texts of a call. @default 64 */
  readonly batch?: number | undefined;
  /** Of a call. @default 30000 */
  readonly timeoutMs?: number | undefined;
  /** Tries after a call that failed for a passing reason. @default 2 */
  readonly retries?: number | undefined;
}

/** @throws ShelfwiseError `SW_ENCODER` where it does not answer as it should */
export async function openEmbeddingEndpoint(options: EmbeddingEndpointOptions): Promise<TextEncoder> {
  const { baseUrl, model, apiKey, batch = 64, timeoutMs = 30_000, retries = 2 } = options;
  const [{ embedMany }, { createOpenAICompatible }] = await Promise.all([
    import('ai'),
    import('@ai-sdk/openai-compatible'),
  ]);
  const provider = createOpenAICompatible({ name: 'embeddings', baseURL: baseUrl, ...(apiKey && { apiKey }) });
  const where = `encoder ${baseUrl} "${model}"`;
  const prefixes = { query: options.queryPrefix ?? '', passage: options.passagePrefix ?? '' };
  async function ask(values: readonly string[], signal?: AbortSignal): Promise<readonly number[][]> {
    const late = AbortSignal.timeout(timeoutMs);
    try {
      const { embeddings } = await embedMany({
        model: provider.embeddingModel(model),
        values: [...values],
        maxRetries: retries,
        abortSignal: signal ? AbortSignal.any([signal, late]) : late,
        ...(options.dimensions !== undefined && { dimensions: options.dimensions }),
      });
      return embeddings;
    } catch (cause) {
      signal?.throwIfAborted();
      const got = late.aborted ? `no answer in ${timeoutMs} ms` : (cause as Error).message;
      const hint = 'See that the endpoint runs and the model is there, or name another encoder.';
      throw new ShelfwiseError('SW_ENCODER', `${where}: expected vectors, got ${got}.`, hint, {}, cause);
    }
  }
  const dimensions = options.dimensions ?? (await ask(['a']))[0]?.length ?? 0;
  if (!(dimensions > 0))
    throw new ShelfwiseError('SW_ENCODER', `${where}: expected vectors, got none.`, 'Name another model.');
  return {
    name: `${model} at ${baseUrl}, ${dimensions}${prefixes.query || prefixes.passage ? `, ${JSON.stringify(prefixes)}` : ''}`,
    dimensions,
    isSlow: true,
    encode: (texts, { role = 'passage', signal } = {}) =>
      inBatches(texts.map(cleanText), dimensions, batch, async (some) =>
        checkedVectors(
          where,
          await ask(
            some.map((text) => prefixes[role] + text),
            signal,
          ),
          some.length,
          dimensions,
        ),
      ),
  };
}
