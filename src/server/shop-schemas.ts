/** What the API gives of the shop itself: its counts, imports, what cleaning set aside, and training. */

import { z } from 'zod';
import type { RerankReport } from '../engine/training-report.ts';

export interface StatusAnswer {
  readonly products: number;
  readonly variants: number;
  readonly people: number;
  readonly events: number;
  readonly firstTime?: number;
  readonly lastTime?: number;
  readonly generation?: number;
}

export interface ImportAnswer {
  readonly importId: string;
  /** Names, not paths. */
  readonly files: readonly string[];
  readonly kind: string;
  readonly rowsRead: number;
  readonly eventsKept: number;
  readonly productsKept: number;
  readonly usersKept: number;
  readonly factsKept: number;
  readonly steps: readonly {
    readonly step: string;
    readonly matched: number;
    readonly acted: number;
    readonly action: string;
  }[];
  readonly notes?: readonly string[];
}

export interface SetAsideRow {
  readonly step: string;
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  readonly row: Readonly<Record<string, string>>;
}

export interface TrainingAnswer {
  readonly running: boolean;
  readonly share?: number;
  readonly note?: string;
  readonly failed?: string;
  /** The training that made the generation which answers. */
  readonly trained?: {
    readonly generation: number;
    readonly seconds: number;
    readonly data: { readonly events: number; readonly people: number; readonly items: number };
    readonly cases: number;
    readonly since?: string;
    readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly intervals: Readonly<Record<string, readonly number[]>>;
    readonly skipped: readonly string[];
    readonly rerank?: RerankReport;
  };
}

const importSchema = z
  .object({
    importId: z.string(),
    files: z.array(z.string()),
    kind: z.string(),
    rowsRead: z.number().int(),
    eventsKept: z.number().int(),
    productsKept: z.number().int(),
    usersKept: z.number().int(),
    factsKept: z.number().int(),
    steps: z.array(
      z.object({ step: z.string(), matched: z.number().int(), acted: z.number().int(), action: z.string() }),
    ),
    notes: z.array(z.string()).optional(),
  })
  .meta({ id: 'Import' });
const setAsideSchema = z
  .object({
    step: z.string(),
    file: z.string(),
    line: z.number().int(),
    reason: z.string(),
    row: z.record(z.string(), z.string()),
  })
  .meta({ id: 'SetAsideRow' });
const trainingSchema = z
  .object({
    running: z.boolean(),
    share: z.number().optional().describe('Of the work that is done, in [0, 1]'),
    note: z.string().optional(),
    failed: z.string().optional().describe('Why the last one did not end'),
    trained: z
      .object({
        generation: z.number().int(),
        seconds: z.number(),
        data: z.object({ events: z.number().int(), people: z.number().int(), items: z.number().int() }),
        cases: z.number().int().describe('Visits that were held back and measured'),
        since: z.string().optional(),
        metrics: z.record(z.string(), z.record(z.string(), z.number())),
        intervals: z.record(z.string(), z.array(z.number())),
        skipped: z.array(z.string()),
        rerank: z
          .object({
            reranker: z.string().optional(),
            top: z.number().int().optional(),
            weight: z.number().optional().describe('0 where it did not pay'),
            likeliest: z.number().optional(),
            cases: z.number().int().optional(),
            answered: z.number().int().optional(),
            without: z.number().optional().describe('NDCG@10 of the choice alone'),
            with: z.number().optional(),
            gain: z.object({ mean: z.number(), interval: z.array(z.number()) }).optional(),
            ms: z.object({ p50: z.number(), p99: z.number() }).optional(),
            missed: z.string().optional(),
          })
          .optional()
          .describe('What the word of the reranker is worth; absent where the shop has none'),
      })
      .optional(),
  })
  .meta({ id: 'Training' });
const statusSchema = z
  .object({
    products: z.number().int(),
    variants: z.number().int(),
    people: z.number().int(),
    events: z.number().int(),
    firstTime: z.number().optional(),
    lastTime: z.number().optional(),
    generation: z.number().int().optional(),
  })
  .meta({ id: 'Status' });

// What is answered is made here and may be read only; the schemas above say the same to others.
export const importAnswer: z.ZodType<ImportAnswer> = importSchema as unknown as z.ZodType<ImportAnswer>;
export const setAsideRow: z.ZodType<SetAsideRow> = setAsideSchema as unknown as z.ZodType<SetAsideRow>;
export const trainingAnswer: z.ZodType<TrainingAnswer> = trainingSchema as unknown as z.ZodType<TrainingAnswer>;
export const statusAnswer: z.ZodType<StatusAnswer> = statusSchema as unknown as z.ZodType<StatusAnswer>;
