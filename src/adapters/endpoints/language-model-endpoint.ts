/** Any endpoint that speaks OpenAI's chat API, through the `ai` package. */
import { createHash } from 'node:crypto';
import { ShelfwiseError } from '../../core/errors.ts';
import type { LanguageModel } from '../../selection/rerank/language-model.ts';

export interface LanguageModelEndpointOptions {
  /** For example `http://localhost:11434/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as a bearer token. */
  readonly apiKey?: string | undefined;
  /** `schema` asks for the very form of the answer, `json` for JSON alone. @default 'schema' */
  readonly answers?: 'schema' | 'json' | undefined;
}

export async function openLanguageModelEndpoint(options: LanguageModelEndpointOptions): Promise<LanguageModel> {
  const { baseUrl, model, apiKey, answers = 'schema' } = options;
  const [
    { APICallError, generateText, jsonSchema, NoObjectGeneratedError, NoOutputGeneratedError, Output },
    { createOpenAICompatible },
  ] = await Promise.all([import('ai'), import('@ai-sdk/openai-compatible')]);
  const provider = createOpenAICompatible({
    ...{ name: 'rerank', baseURL: baseUrl, supportsStructuredOutputs: answers === 'schema' },
    ...(apiKey && { apiKey }),
  });
  const where = `rerank "${model}" at ${baseUrl}`;
  return {
    // Answers name the model: where it runs is told apart and not told.
    name: `${model}, endpoint ${createHash('sha256').update(baseUrl).digest('hex').slice(0, 6)}`,
    async generate({ system, prompt, schema, maxOutputTokens }, { signal }) {
      try {
        const { output, usage } = await generateText({
          ...{ model: provider.chatModel(model), system, prompt, maxOutputTokens, temperature: 0 },
          ...{ maxRetries: 0, abortSignal: signal },
          output: answers === 'schema' ? Output.object({ schema: jsonSchema(schema) }) : Output.json(),
        });
        return { value: output, tokens: { input: usage.inputTokens ?? 0, output: usage.outputTokens ?? 0 } };
      } catch (cause) {
        const isWrong = NoObjectGeneratedError.isInstance(cause) || NoOutputGeneratedError.isInstance(cause);
        if (isWrong) {
          const got = NoObjectGeneratedError.isInstance(cause) ? (cause.text ?? 'nothing') : 'nothing';
          const message = `${where}: expected JSON, got ${JSON.stringify([...got].slice(0, 80).join(''))}.`;
          throw new ShelfwiseError(
            'SW_RERANK',
            message,
            'Name a model that follows a schema.',
            { kind: 'wrong_answer' },
            cause,
          );
        }
        const got = signal.aborted ? 'none in time' : (cause as Error).message.replace(/[.\s]+$/u, '');
        const status = APICallError.isInstance(cause) && cause.statusCode !== undefined ? ` (${cause.statusCode})` : '';
        const hint = 'See that the endpoint runs and the model is there, or leave `rerank` out.';
        throw new ShelfwiseError('SW_RERANK', `${where}: expected an answer, got ${got}${status}.`, hint, {}, cause);
      }
    },
  };
}
