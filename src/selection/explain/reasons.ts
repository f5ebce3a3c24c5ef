/**
 * Why an item stands where it stands, taken from the model that scored it: q apart by signal (exact terms of the linear
 * form; integrated gradients of the neural one, which also sum), and inside a base model's signal its own contributions
 * of the history's items. A reason is given only where its part of q is positive and its statement is true of the data.
 *
 * @source Sundararajan, Taly & Yan, Axiomatic attribution for deep networks, ICML 2017 (completeness)
 */
import { ShelfwiseError } from '../../core/errors.ts';
import type { ChoiceSet, LearnedSelection } from '../learned-selection.ts';
import type { Said } from './reason.ts';

export interface Reason extends Said {
  /** The base model or signal that says so. */
  readonly source: string;
  /** Its part of q, > 0. */
  readonly value: number;
  /** Its share of all positive parts of q, in (0, 1]. */
  readonly share: number;
}

export interface Explanation {
  readonly item: number;
  readonly q: number;
  readonly probability: number;
  /** Place among the candidates by q, from 1. */
  readonly rank: number;
  /** q of the mean candidate; `base` and all parts sum to q. */
  readonly base: number;
  /** What each signal adds, the largest first. */
  readonly parts: readonly { readonly source: string; readonly value: number }[];
  readonly reasons: readonly Reason[];
}

/**
 * @param set - what `selection.choose` returned for the query
 * @throws ShelfwiseError `SW_USAGE` where the item is not among the candidates
 */
export function explainChoice(
  selection: LearnedSelection,
  set: ChoiceSet,
  item: number,
  options: { readonly count?: number } = {},
): Explanation {
  const c = set.candidates.indexOf(item);
  if (c < 0) {
    throw new ShelfwiseError(
      'SW_USAGE',
      `explain: expected one of the ${set.candidates.length} candidates, got item ${item}.`,
      'Ask about an item of the slate.',
    );
  }
  const { columns, sources, sourceOf } = selection.signals;
  const features = set.features.subarray(c * columns.length, (c + 1) * columns.length);
  const values = new Float64Array(columns.length);
  const base = selection.choice.attribute(features, values);
  const bySource = new Float64Array(sources.length);
  for (let n = 0; n < values.length; n++) bySource[sourceOf[n]!]! += values[n]!;
  const parts = sources.map((source, n) => ({ source, value: bySource[n]! }));
  parts.sort((a, b) => b.value - a.value || (a.source < b.source ? -1 : 1));
  const positive = parts.reduce((sum, { value }) => sum + Math.max(0, value), 0);
  const feature = (name: string): number => features[selection.signals.placeOf(name)] ?? Number.NaN;
  const reasons: Reason[] = [];
  for (const { source, value } of parts) {
    if (reasons.length === (options.count ?? 3) || value <= 0) break;
    const model = selection.members.find(({ as }) => as === source)?.model;
    const said = selection.signals.say(source, { query: set.query, item, column: feature, ...(model && { model }) });
    // Two models that name the same item of the history give one reason.
    const repeated = reasons.some(
      ({ kind, items }) => kind === said?.kind && (kind !== 'history' || items[0]!.item === said.items[0]!.item),
    );
    if (said && !repeated) reasons.push({ ...said, source, value, share: value / positive });
  }
  const q = set.q[c]!;
  let rank = 1;
  for (let n = 0; n < set.q.length; n++) if (set.q[n]! > q) rank++;
  return { item, q, probability: set.probabilities[c]!, rank, base, parts, reasons };
}
