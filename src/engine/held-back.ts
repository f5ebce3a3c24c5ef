/** The shop's newest visits, held back from training: what the shop would have shown is measured on them. */
import { ShelfwiseError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import type { Histories, Scorer } from '../data/histories.ts';
import { bootstrapIntervals, type Interval, mean } from '../evaluation/bootstrap.ts';
import type { Case, Split } from '../evaluation/cases.ts';
import { type RankingKey, rankingValues } from '../evaluation/metrics/by-key.ts';
import { temporalSplit } from '../evaluation/protocols/temporal.ts';
import { rankCases } from '../evaluation/rank.ts';
import { SlateScorer } from '../selection/compose/slate-scorer.ts';
import {
  fitLearnedSelection,
  type SelectionContext,
  type SelectionSettings,
} from '../selection/fit-learned-selection.ts';
import type { ItemFacts } from '../selection/signals/signal.ts';
import type { ShopConfig } from './config.ts';
import { itemSimilarity } from './similarity.ts';

export interface HeldBackReport {
  /** Visits that were measured; 0 where the shop has too few to hold any back. */
  readonly cases: number;
  /** From when on visits were held back, ISO 8601. */
  readonly since?: string;
  /** By `selection` (what the shop shows) and base model, then by metric. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** 95% by bootstrap over shoppers, of `selection`. */
  readonly intervals: Readonly<Record<string, Interval>>;
}

const metricKeys: readonly RankingKey[] = ['HR@10', 'Recall@10', 'NDCG@10'];
/** Enough for an interval of about a hundredth. */
const mostCases = 2000;
/** Fewer visits than this tell nothing. */
const fewestCases = 20;

/** The newest visits apart, or nothing where there are too few to tell. */
export function holdBack(histories: Histories, targets: Uint8Array, { holdoutShare }: ShopConfig): Split | undefined {
  try {
    const split = temporalSplit(histories, { targets, seen: 'keep', trainShare: 1 - holdoutShare });
    return split.test.length < fewestCases ? undefined : split;
  } catch (error) {
    if (error instanceof ShelfwiseError && error.code === 'SW_INPUT_EMPTY') return undefined;
    throw error;
  }
}

/** Fits a selection on what came before the held-back visits, composes a slate for each, and measures it. */
export async function measureHeldBack(
  split: Split,
  facts: ItemFacts,
  settings: SelectionSettings,
  { slate: { relevance } }: ShopConfig,
  context: SelectionContext,
): Promise<HeldBackReport> {
  const learned = await fitLearnedSelection({ ...split, facts }, settings, {
    ...context,
    onProgress: (share, note) => context.onProgress?.(0.85 * share, note),
  });
  const cases = sampled(split.test, context.seed);
  const similarity = itemSimilarity(learned, facts);
  const selection = new SlateScorer('selection', learned, { count: 10, relevance, ...(similarity && { similarity }) });
  const scorers: readonly (readonly [string, Scorer])[] = [
    ['selection', selection],
    ...learned.members.map(({ as, model }) => [as, model] as const),
  ];
  const metrics: Record<string, Record<string, number>> = {};
  let intervals: Record<string, Interval> = {};
  const groups = Int32Array.from(cases, ({ group }, n) => group ?? -1 - n);
  for (const [n, [name, scorer]] of scorers.entries()) {
    context.onProgress?.(0.85 + (0.15 * n) / scorers.length, `measuring ${name}`);
    const ranked = await rankCases(scorer, cases, { depth: 10, pastList: false, signal: context.signal });
    const values = rankingValues(ranked, metricKeys);
    metrics[name] = Object.fromEntries(metricKeys.map((key) => [key, mean(values[key]!)]));
    if (name === 'selection') intervals = bootstrapIntervals(values, { seed: context.seed, groups });
  }
  const since = /temporal at (\S+?),/.exec(split.protocol)?.[1];
  return { cases: cases.length, ...(since && { since }), metrics, intervals };
}

function sampled(cases: readonly Case[], seed: number): readonly Case[] {
  if (cases.length <= mostCases) return cases;
  const order = new Random(seed, 0x7e57).shuffle(Int32Array.from(cases.keys()));
  return [...order.subarray(0, mostCases).sort()].map((n) => cases[n]!);
}
