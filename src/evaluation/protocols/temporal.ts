/**
 * Temporal split on one global timeline: everything before an instant trains, every visit after it is a test. Nobody's
 * future is in anybody's model, as it is not when a shop runs.
 *
 * @source Ji et al., A critical study on data leakage in recommender system offline evaluation, TOIS 2023
 * @source Meng et al., Exploring data splitting strategies for the evaluation of recommendation models, RecSys 2020
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { type Histories, queryOfRow, rowCount } from '../../data/histories.ts';
import { quantile } from '../bootstrap.ts';
import type { Case, Split } from '../cases.ts';
import { distinct, keepPositions, maskedFor, type Seen } from './positions.ts';

export interface TemporalOptions {
  /** Milliseconds since 1970 from which on visits are tests; by default the time before which `trainShare` happened. */
  readonly instant?: number | undefined;
  /** .8 where absent; the same share of train's events precedes validation. */
  readonly trainShare?: number | undefined;
  /** `keep`: an item of the history may be an answer, as where people buy again; `mask`: it may not. */
  readonly seen: Seen;
  /** 1 at positions that count as answers, shape `[positions]`; every position where absent. */
  readonly targets?: Uint8Array | undefined;
  /** Visits of people with no earlier event; left out by default, since only popularity can answer them. */
  readonly strangers?: 'drop' | 'keep' | undefined;
}

/**
 * A case is one visit (positions of one session, or of one instant where there are no sessions): its targets are what
 * was chosen in it, its query everything the person did before it, also after the cut.
 *
 * @param histories - with times, oldest first in each row
 */
export function temporalSplit(histories: Histories, options: TemporalOptions): Split {
  const { times } = histories;
  if (!times) {
    const message = 'temporal split: expected histories with times, got none.';
    throw new ShelfwiseError('SW_INPUT_FORMAT', message, 'Use leave-one-out where only the order is known.');
  }
  const share = options.trainShare ?? 0.8;
  const cut = options.instant ?? quantile(times.slice().sort(), share);
  const beforeCut = times.filter((time) => time < cut);
  const validationCut = quantile(beforeCut.sort(), share);
  const test = visitsBetween(histories, times, cut, Infinity, options);
  const validation = visitsBetween(histories, times, validationCut, cut, options);
  const casesOf = ({ visits }: { readonly visits: readonly Visit[] }): Case[] =>
    visits.map((visit) => caseOfVisit(histories, visit, options));
  if (test.visits.length === 0 || beforeCut.length === 0) {
    const at = Number.isFinite(cut) ? new Date(cut).toISOString() : 'no time at all';
    const message = `temporal split: expected events before and after ${at}, found ${beforeCut.length} before and ${test.visits.length} visits after.`;
    throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Choose another instant.');
  }
  const train = before(histories, cut);
  const fitTrain = before(histories, validationCut);
  const strangers =
    options.strangers === 'keep' ? `${test.strangers} of strangers kept` : `${test.strangers} of strangers left out`;
  const repeats = options.seen === 'mask' ? 'masked' : 'kept';
  return {
    protocol: {
      cut: `temporal at ${new Date(cut).toISOString()}`,
      details: [`repeats ${repeats}`, 'every later visit a case', strangers, 'fitted on what came before'],
    },
    itemCount: histories.itemCount,
    train,
    test: casesOf(test),
    fitTrain,
    validation: casesOf(validation),
    ...(Number.isFinite(cut) && { instant: cut }),
  };
}

/** What had happened until an instant. */
export function before(histories: Histories, instant: number): Histories {
  const times = histories.times!;
  const marks = new Uint8Array(times.length);
  for (let p = 0; p < times.length; p++) marks[p] = times[p]! < instant ? 1 : 0;
  return keepPositions(histories, marks);
}

/** Positions `start .. end - 1` of a row: what one person did in one session, or at one instant where there are none. */
export interface Visit {
  readonly row: number;
  readonly start: number;
  readonly end: number;
}

/** Visits in a span of time in which something was chosen, oldest first, and how many were of people with no earlier event. */
export function visitsBetween(
  histories: Histories,
  times: Float64Array,
  from: number,
  until: number,
  options: TemporalOptions,
): { visits: Visit[]; strangers: number } {
  const { offsets, sessions } = histories;
  const visits: Visit[] = [];
  let strangers = 0;
  for (let row = 0; row < rowCount(histories); row++) {
    const rowEnd = offsets[row + 1]!;
    for (let start = offsets[row]!, end = start; start < rowEnd; start = end) {
      do end++;
      while (end < rowEnd && (sessions ? sessions[end] === sessions[start] : times[end] === times[start]));
      if (times[start]! < from || times[start]! >= until) continue;
      const visit = { row, start, end };
      if (!choosesIn(histories, visit, options)) continue;
      if (start === offsets[row]) {
        strangers++;
        if (options.strangers !== 'keep') continue;
      }
      visits.push(visit);
    }
  }
  return { visits: visits.sort((a, b) => times[a.start]! - times[b.start]!), strangers };
}

function choosesIn(histories: Histories, visit: Visit, options: TemporalOptions): boolean {
  if (options.seen === 'mask') return chosenIn(histories, visit, options).length > 0;
  const { targets } = options;
  if (!targets) return true;
  for (let p = visit.start; p < visit.end; p++) if (targets[p] === 1) return true;
  return false;
}

function chosenIn(
  { offsets, items }: Histories,
  { row, start, end }: Visit,
  { seen, targets }: TemporalOptions,
): Int32Array {
  const hidden = new Set(maskedFor(items.subarray(offsets[row]!, start), seen));
  return items.subarray(start, end).filter((item, n) => (!targets || targets[start + n] === 1) && !hidden.has(item));
}

/** What was chosen in a visit, asked for with what came before it. */
export function caseOfVisit(histories: Histories, visit: Visit, options: TemporalOptions): Case {
  const { row, start } = visit;
  const query = { ...queryOfRow(histories, row, start), now: histories.times![start]! };
  const targets = distinct(chosenIn(histories, visit, options));
  return { query, targets, masked: maskedFor(query.items, options.seen), group: row };
}
