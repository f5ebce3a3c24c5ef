/**
 * Choice sets of past visits: for each the candidates that retrieval would have brought then, by the very retrieval that
 * serves, with their signals, and what was chosen.
 */
import type { Case } from '../evaluation/cases.ts';
import { type ChoiceData, ChoiceDataBuilder, firstSets } from './choice/choice-data.ts';
import { choiceDefinitions } from './choice/registry.ts';
import { gathererOf, mostChosen, type SelectionMember, signalRequest } from './learned-selection.ts';
import { type Offering, offersAll } from './offering.ts';
import { RetrievalCounter, type RetrievalReport } from './retrieval/retrieval-report.ts';
import type { SelectionContext, SelectionSettings, SelectionTask } from './selection-task.ts';
import type { SignalSet } from './signals/signal-set.ts';

/** What past choices teach. */
export interface ChoiceSets {
  /** Sets that teach, with wrong candidates sampled. */
  readonly teach: ChoiceData;
  /** The fifth kept from learning, with all candidates. */
  readonly held: ChoiceData;
  readonly retrieval: RetrievalReport;
  /** Wrong candidates kept of a case that teaches, at most. */
  readonly negatives: number;
  /** How many sets of each came from the first cases. */
  readonly early: { readonly teach: number; readonly held: number };
}

/** The sets of the first cases alone. */
export function earlySets(sets: ChoiceSets): ChoiceSets {
  const { teach, held, early } = sets;
  return { ...sets, teach: firstSets(teach, early.teach), held: firstSets(held, early.held) };
}

/** Base models and item signals as they were before the choices. */
export interface PastModels {
  readonly members: readonly SelectionMember[];
  readonly signals: SignalSet;
}

/** Cases, in the order of time where that matters: the first `early` of them are told apart. */
export interface ChoiceCases {
  readonly cases: readonly Case[];
  readonly early?: number;
}

export async function gatherChoices(
  { cases, early = cases.length }: ChoiceCases,
  { fitTrain: histories, offeringOf = offersAll }: SelectionTask,
  { members, signals }: PastModels,
  { limit, ...settings }: SelectionSettings,
  { seed, signal, onProgress, compute: { threads } }: SelectionContext,
): Promise<ChoiceSets> {
  const counter = new RetrievalCounter(members.map(({ as }) => as));
  const columns = signals.columns.length;
  const bytes = settings.featureMB * 1e6;
  const negatives = negativesWithin(teachShare * bytes, cases.length, columns, settings.negatives);
  const roomFor = (expected: number): number => Math.ceil(Math.min(expected, bytes / (4 * columns)));
  const teach = new ChoiceDataBuilder(columns, negatives, seed, roomFor(cases.length * (negatives + 2)));
  const held = new ChoiceDataBuilder(columns, Infinity, seed, roomFor((cases.length / 5) * limit));
  const gatherer = gathererOf(members, { itemCount: histories.itemCount, limit, popular: mostChosen(histories) });
  const firstSight = await choiceDefinitions['equal-weights'].fit(teach.build(), {
    ...{ columns: signals.columns, seed, threads },
  });
  const place = new Int32Array(histories.itemCount);
  const learning = { leftMs: Infinity, ...(signal && { signal }) };
  const before = { teach: 0, held: 0 };
  for (const [n, { query, targets, masked }] of cases.entries()) {
    signal?.throwIfAborted();
    if (n === early) Object.assign(before, { teach: teach.sets, held: held.sets });
    const offering = withMasked(offeringOf(query), masked);
    const gathered = { query, offering, ...gatherer.gather(query, offering) };
    const { candidates, lists } = gathered;
    for (let c = 0; c < candidates.length; c++) place[candidates[c]!] = c + 1;
    const right = new Uint8Array(candidates.length);
    let retrieved = 0;
    for (const target of targets) {
      if (place[target] === 0) continue;
      right[place[target]! - 1] = 1;
      retrieved++;
    }
    for (let c = 0; c < candidates.length; c++) place[candidates[c]!] = 0;
    counter.add(targets, lists, retrieved, candidates.length);
    const room = ((1 - teachShare) * bytes * (n + 1)) / cases.length;
    const isHeld = isHeldOut(n, cases.length) && held.bytes <= room;
    if (retrieved === 0 && !isHeld) continue;
    const features = new Float32Array(candidates.length * columns);
    const request = signalRequest(gathered);
    signals.write(request, features, signals.waits ? await signals.prepare(request, learning) : undefined);
    if (isHeld) held.add(features, right, targets.length);
    else {
      const likeness = new Float64Array(candidates.length);
      firstSight.score(features, candidates.length, likeness);
      teach.add(features, right, targets.length, likeness);
    }
    if (n % 100 === 0) {
      onProgress?.(n / cases.length, 'gathering candidates');
      await breath();
    }
  }
  const all = { teach: teach.sets, held: held.sets };
  const told = early < cases.length ? before : all;
  return { teach: teach.build(), held: held.build(), retrieval: counter.report(), negatives, early: told };
}

/** Of the memory for features, what those take that teach. */
const teachShare = 2 / 3;
/** Fewer wrong candidates of a case than this teach little. */
const leastNegatives = 16;

/** Wrong candidates kept of each case, so that all fit. */
function negativesWithin(bytes: number, cases: number, columns: number, most: number): number {
  const fitting = Math.floor(bytes / (4 * columns * Math.max(1, cases)));
  return Math.min(most, Math.max(leastNegatives, fitting));
}

/** Lets others of the event loop have their turn. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function withMasked(offering: Offering, masked: Int32Array): Offering {
  if (masked.length === 0) return offering;
  return { ...offering, items: offering.items ? Int32Array.from([...offering.items, ...masked]) : masked };
}

/** Neighbouring cases (prefixes of one session) stay on one side. */
function isHeldOut(index: number, cases: number): boolean {
  const block = Math.max(1, Math.min(40, Math.floor(cases / 25)));
  return Math.floor(index / block) % 5 === 4;
}
