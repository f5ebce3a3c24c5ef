/**
 * A scenario is the place of a slate in the store: which order, what may stand there, what is favoured, and what follows
 * where too little can be chosen. Shelfwise knows six; `scenarios` of shelfwise.json change them and add others.
 */
import { z } from 'zod';
import { ShelfwiseError } from '../core/errors.ts';
import { parseExpression } from '../data/expressions/expression.ts';

/** `likely`: the learned choice; the others need no shopper. */
export const slateOrders = ['likely', 'similar', 'popular', 'trending', 'latest'] as const;
export type SlateOrder = (typeof slateOrders)[number];

/** What follows, in this order, where fewer products than wanted were chosen. */
export const fallbackOrders = ['popular', 'trending', 'latest'] as const;
export type FallbackOrder = (typeof fallbackOrders)[number];

/** `probability`: what is most likely chosen; `revenue`: what is worth most, P(product | shopper) · price. */
export const objectives = ['probability', 'revenue'] as const;
export type Objective = (typeof objectives)[number];

/** Products that are favoured: their odds are multiplied. */
export interface Boost {
  /** A condition on products; docs/reference/filters.md. */
  readonly when: string;
  /** In (0, 1000]: below 1 they are shown less. */
  readonly factor: number;
}

export interface Scenario {
  readonly order: SlateOrder;
  /** Members that may bring candidates, by their names in the training report; all where absent. */
  readonly members?: readonly string[] | undefined;
  readonly objective: Objective;
  /** A condition that every product fulfils. */
  readonly filter?: string | undefined;
  readonly boosts: readonly Boost[];
  /** Overrides `slate.excludeBoughtDays`. */
  readonly excludeBoughtDays?: number | undefined;
  /** Overrides `slate.relevance`. */
  readonly relevance?: number | undefined;
  /** False leaves the re-rank out, where the settings name one. @default true */
  readonly rerank?: boolean | undefined;
  readonly fallbacks: readonly FallbackOrder[];
}

export type Scenarios = Readonly<Record<string, Scenario>>;

export const mostBoosts = 20;

const condition = z.string().superRefine((text, context) => {
  try {
    parseExpression(text, 'condition');
  } catch (error) {
    if (!(error instanceof ShelfwiseError)) throw error;
    context.addIssue({ code: 'custom', message: error.message.replace(/\.$/, '') });
  }
});

const scenario = z.strictObject({
  order: z.enum(slateOrders).default('likely'),
  members: z.array(z.string()).min(1).optional(),
  objective: z.enum(objectives).default('probability'),
  filter: condition.optional(),
  boosts: z
    .array(z.strictObject({ when: condition, factor: z.number().positive().max(1_000) }))
    .max(mostBoosts)
    .default([]),
  excludeBoughtDays: z.number().min(0).optional(),
  relevance: z.number().min(0).max(1).optional(),
  rerank: z.boolean().optional(),
  fallbacks: z.array(z.enum(fallbackOrders)).default(['popular', 'latest']),
});

/** What was just bought, or was written to somebody about, is not shown again within a month. */
const afterwards = { excludeBoughtDays: 30 };
const known = { home: {}, product: {}, cart: {}, 'after-purchase': afterwards, mail: afterwards, search: {} };

/** As `shelfwise.json` holds them: those that Shelfwise knows stand there too. */
export const scenariosSchema: z.ZodType<Scenarios> = z
  .record(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'expected a name of small letters, digits and -'), z.unknown())
  .prefault({})
  .transform((own): Record<string, unknown> => ({ ...known, ...own }))
  .pipe(z.record(z.string(), scenario) as z.ZodType<Scenarios, Record<string, unknown>>);

/** @throws ShelfwiseError `SW_USAGE` naming those there are */
export function scenarioNamed(name: string, scenarios: Scenarios): Scenario {
  if (Object.hasOwn(scenarios, name)) return scenarios[name]!;
  const message = `scenario: expected one of ${Object.keys(scenarios).join(', ')}, got ${JSON.stringify(name)}.`;
  throw new ShelfwiseError('SW_USAGE', message, 'Name one of them, or add yours to `scenarios` of shelfwise.json.');
}
