/**
 * Why an item stands where it stands, taken from the model that scored it: q apart by signal (exact terms of the linear
 * form; integrated gradients of the neural one, which also sum), and inside a base model's signal its own contributions
 * of the history's items. A reason is given only where its part of q is positive and its statement is true of the data.
 *
 * @source Sundararajan, Taly & Yan, Axiomatic attribution for deep networks, ICML 2017 (completeness)
 */
import { ShelfwiseError } from '../../core/errors.ts';
import type { ChoiceSet, LearnedSelection, SelectionMember } from '../learned-selection.ts';

export const reasonKinds = ['history', 'taste', 'popular', 'trend', 'repeat', 'attributes', 'price', 'time'] as const;
export type ReasonKind = (typeof reasonKinds)[number];

export interface HistoryPart {
  readonly item: number;
  /** Newest position of the item in the history. */
  readonly position: number;
  /** What all its positions gave to the base model's score. */
  readonly value: number;
}

export interface Reason {
  readonly kind: ReasonKind;
  /** The base model or signal that says so. */
  readonly source: string;
  /** Its part of q, > 0. */
  readonly value: number;
  /** Its share of all positive parts of q, in (0, 1]. */
  readonly share: number;
  /** Items of the history that speak for it, the strongest first, all > 0; empty where the reason is not the history's. */
  readonly items: readonly HistoryPart[];
  /** The base model's whole score, which its history parts sum to; only with `items`. */
  readonly score?: number;
  /** Numbers that the sentence states, by name. */
  readonly facts: Readonly<Record<string, number>>;
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
  const { columns } = selection.signals;
  const features = set.features.subarray(c * columns.length, (c + 1) * columns.length);
  const values = new Float64Array(columns.length);
  const base = selection.choice.attribute(features, values);
  const bySource = new Map<string, number>();
  for (const [n, { source }] of columns.entries()) bySource.set(source, (bySource.get(source) ?? 0) + values[n]!);
  const parts = [...bySource].map(([source, value]) => ({ source, value }));
  parts.sort((a, b) => b.value - a.value || (a.source < b.source ? -1 : 1));
  const positive = parts.reduce((sum, { value }) => sum + Math.max(0, value), 0);
  const feature = (name: string): number => features[columns.findIndex((column) => column.name === name)] ?? Number.NaN;
  const reasons: Reason[] = [];
  for (const { source, value } of parts) {
    if (reasons.length === (options.count ?? 3) || value <= 0) break;
    const member = selection.members.find(({ as }) => as === source);
    const said = member ? memberReason(member, set, item, feature) : signalReason(source, feature);
    // Two models that name the same item of the history give one reason.
    const repeated = reasons.some(
      ({ kind, items }) => kind === said?.kind && (kind !== 'history' || items[0]!.item === said.items[0]!.item),
    );
    if (said && !repeated) reasons.push({ ...said, source, value, share: value / positive });
  }
  const q = set.q[c]!;
  const rank = 1 + set.q.reduce((above, other) => above + (other > q ? 1 : 0), 0);
  return { item, q, probability: set.probabilities[c]!, rank, base, parts, reasons };
}

type Said = Omit<Reason, 'source' | 'value' | 'share'>;

function memberReason(
  { as, model }: SelectionMember,
  set: ChoiceSet,
  item: number,
  feature: (name: string) => number,
): Said | undefined {
  if (!(feature(`${as}.evidence`) > 0)) return undefined;
  if (model.name === 'popularity') return signalReason('popular', feature);
  const explained = model.explain && historyParts(model.explain(set.query, item), set.query.items);
  if (!explained) return { kind: 'taste', items: [], facts: {} };
  const { score, items } = explained;
  // The item itself is no reason for itself: coming back is the repeat signal's to say.
  const speaking = items.filter((part) => part.value > 0 && part.item !== item);
  if (speaking.length === 0 || speaking[0]!.value < items[0]!.value) return undefined;
  return { kind: 'history', items: speaking.slice(0, 3), score, facts: { share: speaking[0]!.value / score } };
}

/** Contributions by item of the history, the strongest first, and their sum. */
function historyParts(
  contributions: readonly { readonly position: number; readonly value: number }[],
  history: Int32Array,
): { score: number; items: HistoryPart[] } {
  const byItem = new Map<number, { item: number; position: number; value: number }>();
  let score = 0;
  for (const { position, value } of contributions) {
    const item = history[position]!;
    const part = byItem.get(item) ?? { item, position, value: 0 };
    part.position = Math.max(part.position, position);
    part.value += value;
    byItem.set(item, part);
    score += value;
  }
  const items = [...byItem.values()].sort((a, b) => b.value - a.value || b.position - a.position);
  return { score, items };
}

/** From this many times the usual on, a reason is worth a sentence. */
const notable = 1.2;

function signalReason(source: string, feature: (name: string) => number): Said | undefined {
  const said = (kind: ReasonKind, facts: Record<string, number>): Said => ({ kind, items: [], facts });
  switch (source) {
    case 'popular': {
      const times = Math.exp(feature('popular.log'));
      return times >= notable ? said('popular', { timesTheMean: times }) : undefined;
    }
    case 'trend': {
      const lift = Math.exp(feature('trend.newest0.1'));
      return lift >= notable ? said('trend', { recentLift: lift }) : undefined;
    }
    case 'repeat':
      return feature('repeat.seen') > 0
        ? said('repeat', {
            times: Math.round(Math.expm1(feature('repeat.times'))),
            stepsAgo: Math.round(Math.expm1(feature('repeat.steps'))),
          })
        : undefined;
    case 'attributes': {
      const likeness = feature('attributes.profile');
      return likeness > 0 ? said('attributes', { likeness }) : undefined;
    }
    case 'price': {
      const ratio = Math.exp(feature('price.ratio'));
      return feature('price.known') > 0 && ratio > 0.75 && ratio < 1.33 ? said('price', { ratio }) : undefined;
    }
    case 'time': {
      const lift = Math.exp(feature('time.hour'));
      return lift >= notable ? said('time', { lift }) : undefined;
    }
    default:
      return undefined;
  }
}
