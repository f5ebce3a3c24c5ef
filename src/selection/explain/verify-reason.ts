/** Proves a reason by doing it again: retrieve, score, choose and take apart anew, then compare. */
import type { Query } from '../../data/histories.ts';
import type { LearnedSelection } from '../learned-selection.ts';
import type { Offering } from '../offering.ts';
import { explainChoice, type Reason } from './reasons.ts';

export type Verdict = { readonly holds: true } | { readonly holds: false; readonly because: string };

/** @param offering - that of the request that the reason was given for */
export function verifyReason(
  selection: LearnedSelection,
  query: Query,
  item: number,
  reason: Reason,
  offering: Offering = {},
): Verdict {
  const no = (because: string): Verdict => ({ holds: false, because });
  const set = selection.choose(query, offering);
  if (!set.candidates.includes(item)) return no('the item is not among the candidates');
  const { base, q, parts, reasons } = explainChoice(selection, set, item, { count: Infinity });
  const total = parts.reduce((sum, { value }) => sum + value, base);
  if (!near(total, q)) return no(`the parts sum to ${total}, q is ${q}`);
  const again = reasons.find(({ kind, source }) => kind === reason.kind && source === reason.source);
  if (!again) return no(`${reason.source} gives no such reason`);
  if (!near(again.value, reason.value)) return no(`its part of q is ${again.value}, stated ${reason.value}`);
  if (!near(again.share, reason.share)) return no(`its share is ${again.share}, stated ${reason.share}`);
  for (const [name, stated] of Object.entries(reason.facts)) {
    const fact = again.facts[name];
    if (fact === undefined || !near(fact, stated)) return no(`${name} is ${fact}, stated ${stated}`);
  }
  for (const [n, stated] of reason.items.entries()) {
    const found = again.items[n];
    if (!found || found.item !== stated.item || !near(found.value, stated.value))
      return no(`place ${n + 1} of the history's items is ${found?.item}, stated ${stated.item}`);
  }
  if (reason.items.length === 0) return { holds: true };
  const score = modelScore(selection, reason.source, query, item);
  if (reason.score === undefined || !near(score, reason.score))
    return no(`${reason.source} scores ${score}, its parts sum to ${reason.score}`);
  return { holds: true };
}

function modelScore(selection: LearnedSelection, source: string, query: Query, item: number): number {
  const member = selection.members.find(({ as }) => as === source)!;
  const scores = new Float32Array(1);
  member.model.scoreItems(query, Int32Array.of(item), scores);
  return scores[0]!;
}

/** Scores are float32 inside the base models; parts are summed in float64. */
function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b)) * 4;
}
