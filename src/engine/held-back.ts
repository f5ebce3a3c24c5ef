/** The shop's newest visits, held back from training: what the shop would have shown is measured on them. */
import { ShelfwiseError } from '../core/errors.ts';
import type { Histories, Scorer } from '../data/histories.ts';
import { bootstrapIntervals, type Interval, mean } from '../evaluation/bootstrap.ts';
import { type Split, sampleCases } from '../evaluation/cases.ts';
import type { CompositeContext } from '../evaluation/composite.ts';
import { type RankingKey, rankingValues } from '../evaluation/metrics/by-key.ts';
import { temporalSplit } from '../evaluation/protocols/temporal.ts';
import { rankCases } from '../evaluation/rank.ts';
import type { Composites } from '../selection/composites.ts';
import type { ShopConfig } from './config.ts';

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

/** Fits the shop's selection on what came before the held-back visits, and measures what it would have shown at each. */
export async function measureHeldBack(
  split: Split,
  { selection: fitSelection }: Composites,
  context: CompositeContext,
): Promise<HeldBackReport> {
  const { test, ...training } = split;
  const selection = await fitSelection(training, {
    ...context,
    onProgress: (share, note) => context.onProgress?.(0.85 * share, note),
  });
  const cases = sampleCases(test, mostCases, context.seed, 0x7e57);
  const scorers: readonly (readonly [string, Scorer])[] = [
    ['selection', selection],
    ...selection.selection.members.map(({ as, model }) => [as, model] as const),
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
  const since = split.instant === undefined ? undefined : new Date(split.instant).toISOString();
  return { cases: cases.length, ...(since && { since }), metrics, intervals };
}
