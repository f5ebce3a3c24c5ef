/**
 * The shop's newest visits, held back from the models that the choice is learned over. The older half of them teaches a
 * choice that is measured on the newer half, as the shop would have shown it; then all of them teach the one that serves.
 */
import type { Histories, Query, Scorer } from '../data/histories.ts';
import { bootstrapIntervals, type Interval, mean, quantile } from '../evaluation/bootstrap.ts';
import { type Case, sampleCases } from '../evaluation/cases.ts';
import { type RankingKey, rankingValues } from '../evaluation/metrics/by-key.ts';
import {
  before,
  caseOfVisit,
  type TemporalOptions,
  type Visit,
  visitsBetween,
} from '../evaluation/protocols/temporal.ts';
import { rankCases } from '../evaluation/rank.ts';
import type { Ranked } from '../math/best.ts';
import { absent } from '../models/absent.ts';
import type { SlateScorer } from '../selection/compose/slate-scorer.ts';
import type { ShopConfig } from './config.ts';

export interface HeldBackReport {
  /** Visits that were measured; 0 where the shop has too few to hold any back. */
  readonly cases: number;
  /** From when on visits were measured, ISO 8601. */
  readonly since?: string;
  /** By `selection` (what the shop shows) and base model, then by metric. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** 95% by bootstrap over shoppers, of `selection`. */
  readonly intervals: Readonly<Record<string, Interval>>;
}

export const notMeasured: HeldBackReport = { cases: 0, metrics: {}, intervals: {} };

export interface HeldBack {
  /** All that came before the first visit that is held back, and when that was, milliseconds since 1970. */
  readonly train: Histories;
  readonly instant: number;
  /** Visits until `since`, and from then on: a sample where there are more than are learned from. */
  readonly older: readonly Case[];
  readonly newer: readonly Case[];
  readonly since: number;
  /** Newer visits that are measured. */
  readonly measured: readonly Case[];
}

const metricKeys: readonly RankingKey[] = ['HR@10', 'Recall@10', 'NDCG@10'];
const depth = 10;
/** Enough for an interval of about a hundredth. */
const mostMeasured = 2000;
/** Fewer visits than this tell nothing. */
const fewestCases = 20;

/** The newest visits apart, or nothing where there are too few to tell. */
export function holdBack(
  histories: Histories,
  targets: Uint8Array,
  { holdoutShare, maxCases, seed }: ShopConfig,
): HeldBack | undefined {
  const times = histories.times!;
  const options: TemporalOptions = { targets, seen: 'keep' };
  const instant = quantile(times.slice().sort(), 1 - holdoutShare);
  const { visits } = visitsBetween(histories, times, instant, Infinity, options);
  const train = before(histories, instant);
  if (visits.length < fewestCases || train.items.length === 0) return undefined;
  const since = times[visits[visits.length >> 1]!.start]!;
  const isNew = ({ start }: Visit): boolean => times[start]! >= since;
  const caseOf = (visit: Visit): Case => caseOfVisit(histories, visit, options);
  const taught = sampleCases(visits, maxCases, seed, 0xca5e);
  return {
    ...{ train, instant, since },
    older: taught.filter((visit) => !isNew(visit)).map(caseOf),
    newer: taught.filter(isNew).map(caseOf),
    measured: sampleCases(visits.filter(isNew), mostMeasured, seed, 0x7e57).map(caseOf),
  };
}

/** Measures what the shop would have shown at each of the newer visits, and each base model alone. */
export async function measureHeldBack(
  { measured: cases, since }: HeldBack,
  slates: SlateScorer,
  { seed, signal, onProgress }: MeasuringContext,
): Promise<HeldBackReport> {
  const scorers: readonly (readonly [string, Scorer])[] = [
    ['selection', bestOf(slates)],
    ...slates.selection.members.map(({ as, quota, model }) => [as, quota > 0 ? bestOf(model) : model] as const),
  ];
  const metrics: Record<string, Record<string, number>> = {};
  let intervals: Record<string, Interval> = {};
  const groups = Int32Array.from(cases, ({ group }, n) => group ?? -1 - n);
  for (const [name, scorer] of scorers) {
    onProgress?.(`measuring ${name}`);
    const ranked = await rankCases(scorer, cases, { depth, pastList: false, signal });
    const values = rankingValues(ranked, metricKeys);
    metrics[name] = Object.fromEntries(metricKeys.map((key) => [key, mean(values[key]!)]));
    if (name === 'selection') intervals = bootstrapIntervals(values, { seed, groups });
  }
  return { cases: cases.length, since: new Date(since).toISOString(), metrics, intervals };
}

export interface MeasuringContext {
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (note: string) => void;
}

interface Retrieves {
  readonly name: string;
  readonly itemCount: number;
  retrieve(query: Query, k: number): Ranked | Promise<Ranked>;
}

/** So many are looked at that what ties with the last place is there. */
const looked = 5 * depth;

/** A scorer of the first places alone: what it would not retrieve is absent. */
function bestOf(model: Retrieves): Scorer {
  const { name, itemCount } = model;
  return {
    ...{ name, itemCount },
    async score(queries, out) {
      out.fill(absent);
      for (const [b, query] of queries.entries()) {
        const { items, scores } = await model.retrieve(query, looked);
        for (let n = 0; n < items.length; n++) out[b * itemCount + items[n]!] = scores[n]!;
      }
    },
  };
}
