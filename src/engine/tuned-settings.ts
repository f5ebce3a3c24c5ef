/**
 * Settings of the members of a choice, found on held back visits by successive halving: some candidates learn a little, the
 * better half of them learns twice as much, until the last learn all. What a member was declared with is among the last, so
 * that nothing worse is ever taken.
 *
 * @source Karnin, Koren & Somekh, Almost optimal exploration in multi-armed bandits, ICML 2013; Jamieson & Talwalkar,
 *   Non-stochastic best arm identification and hyperparameter optimization, AISTATS 2016
 */
import { Random } from '../core/random.ts';
import type { FitData } from '../data/fit-data.ts';
import { type Histories, rowCount } from '../data/histories.ts';
import { mean } from '../evaluation/bootstrap.ts';
import { type Case, sampleCases } from '../evaluation/cases.ts';
import { type RankingKey, rankingValues } from '../evaluation/metrics/by-key.ts';
import { keepPositions } from '../evaluation/protocols/positions.ts';
import { rankCases } from '../evaluation/rank.ts';
import type { FitContext, ModelDefinition, Setting, Settings } from '../models/model.ts';
import { modelSettings } from '../models/registry.ts';

type Chosen = Readonly<Record<string, Setting>>;

/** What was found for one member. */
export interface TunedMember {
  readonly model: string;
  /** What it was declared with. */
  readonly given: Chosen;
  /** What it is fitted with instead. */
  readonly chosen: Chosen;
  readonly metric: RankingKey;
  /** With what was found, and with what was given. */
  readonly figure: number;
  readonly before: number;
  readonly fits: number;
}

/** What was found for the members of a choice. */
export class TunedSettings {
  readonly members: readonly TunedMember[];

  constructor(members: readonly TunedMember[] = []) {
    this.members = members;
  }

  /** @param given - what the member was declared with */
  of(model: string, given: Chosen): Chosen {
    const key = keyOf(given);
    return this.members.find((one) => one.model === model && keyOf(one.given) === key)?.chosen ?? given;
  }
}

const keyOf = (given: Chosen): string =>
  JSON.stringify(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

export interface HalvingOptions {
  readonly metric: RankingKey;
  /** Candidates that begin. */
  readonly candidates: number;
  readonly cases: readonly Case[];
  readonly data: FitData;
  readonly context: FitContext;
}

/** Shares of what there is to learn, from which the better half goes on. */
const rungs = [1 / 4, 1 / 2, 1] as const;
const mostCases = 2000;

/**
 * @param given - settings that stay
 * @returns undefined where the model declares nothing to search, or no case tells anything
 */
export async function halvedSettings(
  definition: ModelDefinition,
  given: Chosen,
  options: HalvingOptions,
): Promise<TunedMember | undefined> {
  const { metric, candidates, context } = options;
  const { seed, signal, onProgress } = context;
  const drawn = candidatesOf(definition, given, candidates, seed);
  if (drawn.length === 0 || options.cases.length === 0) return undefined;
  const cases = sampleCases(options.cases, mostCases, seed, 0x7a5e);
  let left = [given, ...drawn];
  let figures: number[] = [];
  let fits = 0;
  for (const [n, share] of rungs.entries()) {
    figures = [];
    for (const [c, chosen] of left.entries()) {
      signal?.throwIfAborted();
      onProgress?.((n + c / left.length) / rungs.length, `${left.length} settings on ${share} of the data`);
      const whole = modelSettings(definition, chosen);
      const { data, settings } = partOf(options.data, whole, share, seed);
      const model = await definition.fit(data, settings, quiet(context));
      const ranked = await rankCases(model, cases, { depth: depthOf(metric), signal });
      figures.push(mean(rankingValues(ranked, [metric])[metric]!));
      fits++;
    }
    if (n === rungs.length - 1) break;
    const order = figures.map((_, c) => c).filter((c) => c > 0);
    order.sort((a, b) => figures[b]! - figures[a]!);
    // What was given is compared with at the end, on all there is.
    const kept = order.slice(0, Math.max(1, Math.ceil(order.length / 2)));
    left = [given, ...kept.map((c) => left[c]!)];
  }
  const best = figures.reduce((top, figure, c) => (figure > figures[top]! ? c : top), 0);
  return {
    ...{
      model: definition.name,
      given,
      chosen: left[best]!,
      metric,
      figure: figures[best]!,
      before: figures[0]!,
      fits,
    },
  };
}

function quiet({ compute, seed, signal }: FitContext): FitContext {
  return { compute, seed, ...(signal && { signal }) };
}

const depthOf = (metric: RankingKey): number => Number(/@(\d+)$/u.exec(metric)?.[1] ?? 20);

/** Random ones of the declared values, each unlike the others and what was given. */
export function candidatesOf({ settings }: ModelDefinition, given: Chosen, count: number, seed: number): Chosen[] {
  const searched = Object.entries(settings).filter(([name, { search }]) => search && !(name in given));
  const ways = searched.reduce((product, [, { search }]) => product * search!.length, 1);
  const random = new Random(seed, 0xca4d);
  const found = new Map<string, Chosen>();
  const start = keyOf(Object.fromEntries(searched.map(([name, spec]) => [name, spec.default])));
  for (let tries = 0; tries < 50 * count && found.size < Math.min(count, ways); tries++) {
    const values = searched.map(([name, { search }]) => [name, search![random.below(search!.length)]!] as const);
    const one = Object.fromEntries(values);
    const key = keyOf(one);
    if (key !== start && searched.length > 0) found.set(key, { ...given, ...one });
  }
  return [...found.values()];
}

/** Less to learn: fewer epochs where a model learns in epochs, else fewer histories. */
function partOf(data: FitData, settings: Settings, share: number, seed: number): { data: FitData; settings: Settings } {
  if (share === 1) return { data, settings };
  const { epochs } = settings;
  if (typeof epochs === 'number')
    return { data, settings: { ...settings, epochs: Math.max(1, Math.round(share * epochs)) } };
  return { data: { ...data, histories: someRows(data.histories, share, seed) }, settings };
}

function someRows(histories: Histories, share: number, seed: number): Histories {
  const count = Math.max(1, Math.round(share * rowCount(histories)));
  const order = new Random(seed, 0x5084).shuffle(Int32Array.from({ length: rowCount(histories) }, (_, row) => row));
  const kept = new Uint8Array(histories.items.length);
  for (const row of order.subarray(0, count)) kept.fill(1, histories.offsets[row], histories.offsets[row + 1]);
  return keepPositions(histories, kept);
}
