/** Which encoder a shop reads its texts by, as `shelfwise.json` says it. */
import { z } from 'zod';

/** What stands before a question, and before a text that answers. */
interface Prefixes {
  readonly queryPrefix?: string | undefined;
  readonly passagePrefix?: string | undefined;
}

export interface EndpointChoice extends Prefixes {
  /** Of an OpenAI-compatible API, for example http://localhost:11434/v1. */
  readonly endpoint: string;
  readonly model: string;
  /** Name of the environment variable that holds the key; the key itself never stands in a file. */
  readonly apiKeyEnv?: string | undefined;
  readonly dimensions?: number | undefined;
  readonly batch?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface TransformerChoice extends Prefixes {
  /** A name on the hub, or a folder. */
  readonly transformer: string;
  readonly pooling?: 'mean' | 'cls' | 'last_token' | undefined;
  readonly dtype?: 'fp32' | 'fp16' | 'q8' | 'q4' | undefined;
  readonly revision?: string | undefined;
  readonly offline?: boolean | undefined;
  readonly batch?: number | undefined;
}

export interface WordVectorsChoice {
  /** A file of word vectors, as GloVe, word2vec and fastText publish them. */
  readonly wordVectors: string;
}

export type EncoderChoice = 'bilingual-table' | 'none' | EndpointChoice | TransformerChoice | WordVectorsChoice;

const prefixes = { queryPrefix: z.string().optional(), passagePrefix: z.string().optional() };

const expected =
  'expected "bilingual-table", "none", {"transformer": NAME}, {"endpoint": URL, "model": NAME} or {"wordVectors": FILE}, each with its own options (docs/guides/texts.md)';

export const encoderSchema: z.ZodType<EncoderChoice> = z.union(
  [
    z.enum(['bilingual-table', 'none']),
    z.strictObject({
      endpoint: z.url({ protocol: /^https?$/u }),
      model: z.string().min(1),
      apiKeyEnv: z.string().min(1).optional(),
      dimensions: z.number().int().min(1).max(16_384).optional(),
      batch: z.number().int().min(1).max(2048).optional(),
      timeoutMs: z.number().int().min(1).max(600_000).optional(),
      ...prefixes,
    }),
    z.strictObject({
      transformer: z.string().min(1),
      pooling: z.enum(['mean', 'cls', 'last_token']).optional(),
      dtype: z.enum(['fp32', 'fp16', 'q8', 'q4']).optional(),
      revision: z.string().min(1).optional(),
      offline: z.boolean().optional(),
      batch: z.number().int().min(1).max(1024).optional(),
      ...prefixes,
    }),
    z.strictObject({ wordVectors: z.string().min(1) }),
  ],
  { error: expected },
);
