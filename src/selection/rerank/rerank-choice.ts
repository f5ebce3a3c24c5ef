/** Which reranker a shop asks and within which bounds, as `shelfwise.json` says it: docs/guides/re-ranking.md. */
import { z } from 'zod';
import { type EncoderChoice, encoderSchema } from '../../encoders/text/encoder-choice.ts';
import type { RankingForm } from './prompts.ts';

/** How often and how long it may be asked. */
export interface RerankBoundsChoice {
  /** Likeliest candidates that are judged. @default 30 */
  readonly top?: number | undefined;
  /** Milliseconds that a slate waits. @default 150 */
  readonly deadlineMs?: number | undefined;
  /** Milliseconds after which a question is given up. @default 20000 */
  readonly timeoutMs?: number | undefined;
  /** Questions at once. @default 4 */
  readonly concurrency?: number | undefined;
  /** Tokens of a day (UTC), asked and answered. */
  readonly tokensPerDay?: number | undefined;
  /** Money of a day, in the money of the prices. */
  readonly costPerDay?: number | undefined;
  /** Prices of a million tokens. */
  readonly inputPrice?: number | undefined;
  readonly outputPrice?: number | undefined;
  /** Days for which an answer holds. @default 7 */
  readonly cacheDays?: number | undefined;
  /** Held-out visits that a training asks it about, to learn what its word is worth. @default 200 */
  readonly teach?: number | undefined;
  /** Of the question. @default 'en' */
  readonly language?: 'en' | 'zh' | undefined;
}

/** What a language model is asked, and in which form. */
interface LanguageModelForm {
  readonly form?: RankingForm | undefined;
  readonly window?: number | undefined;
  readonly passes?: number | undefined;
  /** Also puts the reasons of each product into one sentence, which is checked against them. @default false */
  readonly sentences?: boolean | undefined;
}

export interface EndpointRerankChoice extends RerankBoundsChoice, LanguageModelForm {
  /** Of an OpenAI-compatible API. */
  readonly endpoint: string;
  readonly model: string;
  /** Name of the environment variable that holds the key. */
  readonly apiKeyEnv?: string | undefined;
  /** `schema` asks for the very form of the answer, `json` for JSON alone: for servers that know no schemas. @default 'schema' */
  readonly answers?: 'schema' | 'json' | undefined;
}

/** A language model that runs in the shop's own process. */
export interface ModelFileRerankChoice extends RerankBoundsChoice, LanguageModelForm {
  /** Path of a GGUF file, from the shop's folder. */
  readonly gguf: string;
  /** Tokens of question and answer together. @default 4096 */
  readonly contextTokens?: number | undefined;
  /** False leaves a GPU alone that is there. @default true */
  readonly gpu?: boolean | undefined;
}

export type LanguageModelRerankChoice = EndpointRerankChoice | ModelFileRerankChoice;

export interface CrossEncoderRerankChoice extends RerankBoundsChoice {
  /** A name on the hub, or a folder. */
  readonly crossEncoder: string;
  readonly dtype?: 'fp32' | 'fp16' | 'q8' | 'q4' | undefined;
  readonly revision?: string | undefined;
  readonly offline?: boolean | undefined;
  /** Tokens of history and candidate together. @default 128 */
  readonly maxTokens?: number | undefined;
}

export interface SimilarityRerankChoice extends RerankBoundsChoice {
  /** An encoder of texts, as the setting `encoder` names it. */
  readonly likeness: Exclude<EncoderChoice, 'none'>;
}

export type RerankChoice = 'none' | LanguageModelRerankChoice | CrossEncoderRerankChoice | SimilarityRerankChoice;

const money = z.number().min(0).max(1e9);
const bounds = {
  top: z.number().int().min(2).max(200).optional(),
  deadlineMs: z.number().int().min(1).max(60_000).optional(),
  timeoutMs: z.number().int().min(1).max(600_000).optional(),
  concurrency: z.number().int().min(1).max(1000).optional(),
  tokensPerDay: z.number().int().min(0).optional(),
  costPerDay: money.optional(),
  inputPrice: money.optional(),
  outputPrice: money.optional(),
  cacheDays: z.number().min(0).max(365).optional(),
  teach: z.number().int().min(20).max(20_000).optional(),
  language: z.enum(['en', 'zh']).optional(),
};
const form = {
  form: z.enum(['listwise', 'pairwise', 'pointwise']).optional(),
  window: z.number().int().min(2).max(200).optional(),
  passes: z.number().int().min(1).max(200).optional(),
  sentences: z.boolean().optional(),
};

const expected =
  'expected "none", {"endpoint": URL, "model": NAME}, {"gguf": PATH}, {"crossEncoder": NAME} or {"likeness": ENCODER}, each with its own options and bounds (docs/guides/re-ranking.md)';

export const rerankSchema: z.ZodType<RerankChoice> = z.union(
  [
    z.literal('none'),
    z.strictObject({
      endpoint: z.url({ protocol: /^https?$/u }),
      model: z.string().min(1),
      apiKeyEnv: z.string().min(1).optional(),
      answers: z.enum(['schema', 'json']).optional(),
      ...form,
      ...bounds,
    }),
    z.strictObject({
      gguf: z.string().min(1),
      contextTokens: z.number().int().min(256).max(1_000_000).optional(),
      gpu: z.boolean().optional(),
      ...form,
      ...bounds,
    }),
    z.strictObject({
      crossEncoder: z.string().min(1),
      dtype: z.enum(['fp32', 'fp16', 'q8', 'q4']).optional(),
      revision: z.string().min(1).optional(),
      offline: z.boolean().optional(),
      maxTokens: z.number().int().min(16).max(8192).optional(),
      ...bounds,
    }),
    z.strictObject({ likeness: encoderSchema as z.ZodType<Exclude<EncoderChoice, 'none'>>, ...bounds }),
  ],
  { error: expected },
);

export const defaultTop = 30;
export const defaultTeach = 200;
