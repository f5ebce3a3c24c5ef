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
  if (test.cases.length === 0 || beforeCut.length === 0) {
    const at = Number.isFinite(cut) ? new Date(cut).toISOString() : 'no time at all';
    const message = `temporal split: expected events before and after ${at}, found ${beforeCut.length} before and ${test.cases.length} visits after.`;
    throw new ShelfwiseError('SW_INPUT_EMPTY', message, 'Choose another instant.');
  }
  const train = keepPositions(
    histories,
    Uint8Array.from(times, (time) => (time < cut ? 1 : 0)),
  );
  const fitTrain = keepPositions(
    histories,
    Uint8Array.from(times, (time) => (time < validationCut ? 1 : 0)),
  );
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
    test: test.cases,
    fitTrain,
    validation: validation.cases,
    ...(Number.isFinite(cut) && { instant: cut }),
  };
}

function visitsBetween(
  histories: Histories,
  times: Float64Array,
  from: number,
  until: number,
  options: TemporalOptions,
): { cases: Case[]; strangers: number } {
  const { offsets, items, sessions } = histories;
  const cases: Case[] = [];
  let strangers = 0;
  for (let row = 0; row < rowCount(histories); row++) {
    const rowEnd = offsets[row + 1]!;
    for (let start = offsets[row]!, end = start; start < rowEnd; start = end) {
      do end++;
      while (end < rowEnd && (sessions ? sessions[end] === sessions[start] : times[end] === times[start]));
      if (times[start]! < from || times[start]! >= until) continue;
      const query = { ...queryOfRow(histories, row, start), now: times[start]! };
      const masked = maskedFor(query.items, options.seen);
      const hidden = new Set(masked);
      const chosen = items
        .subarray(start, end)
        .filter((item, n) => (options.targets ? options.targets[start + n] === 1 : true) && !hidden.has(item));
      if (chosen.length === 0) continue;
      if (query.items.length === 0) {
        strangers++;
        if (options.strangers !== 'keep') continue;
      }
      cases.push({ query, targets: distinct(chosen), masked, group: row });
    }
  }
  return { cases, strangers };
}
