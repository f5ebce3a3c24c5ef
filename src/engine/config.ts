/**
 * The merchant's settings: `shelfwise.json` in the shop's folder, checked when the shop opens. Every value has a default,
 * and an absent file means the defaults.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ShelfwiseError } from '../core/errors.ts';
import { type EventKind, eventKinds } from '../data/events.ts';
import { type EncoderChoice, encoderSchema } from '../encoders/text/encoder-choice.ts';
import { defaultSlate } from '../selection/compose/compose-slate.ts';
import { type RerankChoice, rerankSchema } from '../selection/rerank/rerank-choice.ts';
import { defaultSelectionSettings } from '../selection/selection-task.ts';
import { type Scenarios, scenariosSchema } from './scenario.ts';

export interface ShopConfig {
  /** How strongly an event of each kind speaks for its product; 0 or absent leaves the kind out of the histories. */
  readonly eventWeights: Readonly<Partial<Record<EventKind, number>>>;
  /** The choice model learns to foresee these; `auto`: purchases where the shop has them, else carts, else views. */
  readonly target: 'auto' | 'purchase' | 'add_to_cart' | 'view_item' | 'rate';
  /** Share of the newest events whose visits teach the choice its weights; the newer half of them measures it before. */
  readonly holdoutShare: number;
  /** Cases that teach the choice model, at most. */
  readonly maxCases: number;
  /** Most memory that a training may take, in megabytes; three quarters of the machine's where absent. */
  readonly memoryMB?: number | undefined;
  /** Base models by name, `name` or `name:quota`; `auto`, alone or among them, stands for those that fit a shop. */
  readonly models: 'auto' | readonly string[];
  readonly slate: {
    /**
     * Leave out what the shopper bought in the last N days; 0 leaves nothing out. `auto`: for ever where shoppers hardly
     * buy a product again, else nothing, since the choice has learned who does.
     */
    readonly excludeBoughtDays: 'auto' | number;
    /** 1 orders by probability alone, 0 by difference alone (MMR's lambda). */
    readonly relevance: number;
  };
  /** Places of slates in the store, by name; those that Shelfwise knows are among them. */
  readonly scenarios: Scenarios;
  /** Days for which it is kept what was shown; 0 notes nothing. */
  readonly slateLogDays: number;
  /** Events older than this move into sealed files when the shop trains; the newest stay in the live database. */
  readonly sealAfterDays: number;
  /** What reads the texts of products: docs/guides/texts.md. */
  readonly encoder: EncoderChoice;
  /** What judges the likeliest candidates once more: docs/guides/re-ranking.md. */
  readonly rerank: RerankChoice;
  readonly seed: number;
}

const schema: z.ZodType<ShopConfig> = z.strictObject({
  eventWeights: z
    .partialRecord(z.enum(eventKinds), z.number().min(0).max(100))
    .default({ view_item: 1, add_to_cart: 2, purchase: 3, rate: 2, review: 2 }),
  target: z.enum(['auto', 'purchase', 'add_to_cart', 'view_item', 'rate']).default('auto'),
  holdoutShare: z.number().min(0.01).max(0.5).default(0.15),
  maxCases: z.number().int().min(50).max(1_000_000).default(defaultSelectionSettings.maxCases),
  memoryMB: z.number().int().min(100).max(100_000_000).optional(),
  models: z.union([z.literal('auto'), z.array(z.string()).min(1)]).default('auto'),
  slate: z
    .strictObject({
      excludeBoughtDays: z.union([z.literal('auto'), z.number().min(0)]).default('auto'),
      relevance: z.number().min(0).max(1).default(defaultSlate.relevance),
    })
    .prefault({}),
  scenarios: scenariosSchema,
  slateLogDays: z.number().int().min(0).max(36_500).default(30),
  sealAfterDays: z.number().min(0).default(30),
  encoder: encoderSchema.default('bilingual-table'),
  rerank: rerankSchema.default('none'),
  seed: z.number().int().min(0).max(0xffffffff).default(1),
});

/** @throws ShelfwiseError `SW_SETTING` naming the value, what was expected and what came */
export function parseConfig(input: unknown, where = 'shelfwise.json'): ShopConfig {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = issue.path.join('.') || '(whole file)';
  throw new ShelfwiseError('SW_SETTING', `${where}: ${path}: ${issue.message}.`, 'Correct it or remove it.', {
    issues: parsed.error.issues.map((i) => ({ path: i.path.join('.'), message: i.message })),
  });
}

export function configPath(folder: string): string {
  return join(folder, 'shelfwise.json');
}

export async function readConfig(folder: string): Promise<ShopConfig> {
  const path = configPath(folder);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    throw new ShelfwiseError('SW_SETTING', `${path}: expected JSON, ${(error as Error).message}.`, 'Correct the file.');
  }
  return parseConfig(input, path);
}
