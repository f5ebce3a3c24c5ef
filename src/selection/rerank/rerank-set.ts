/** The stage itself: the likeliest candidates of a choice are put to a reranker in words, and its scores come back as z. */
import { type EventKind, eventKinds } from '../../data/events.ts';
import type { Query } from '../../data/histories.ts';
import type { ChoiceSet } from '../learned-selection.ts';
import { standardised } from './rerank-weight.ts';
import type { Reranking, RerankLimits, RerankOutcome, RerankQuestion, RerankTouch } from './reranker.ts';

/** Items in words. */
export interface ItemWords {
  /** Of candidates, with all that may matter. */
  candidates(items: readonly number[], query: Query): Promise<readonly string[]>;
  /** Of the history, by name. */
  touched(items: readonly number[]): Promise<readonly string[]>;
}

export interface RerankAsk {
  /** Of the likeliest candidates so many are judged. */
  readonly top: number;
  readonly language: RerankQuestion['language'];
  readonly words: ItemWords;
}

/** Touches of the history that are told. */
const toldTouches = 10;
const did: Readonly<Partial<Record<EventKind, RerankTouch['did']>>> = {
  purchase: 'bought',
  add_to_cart: 'carted',
  rate: 'rated',
  review: 'rated',
};

/** @returns z of each candidate of the set (0 for those that were not judged), or why there is none */
export async function askAbout(
  { query, candidates, q }: Pick<ChoiceSet, 'query' | 'candidates' | 'q'>,
  { top, language, words }: RerankAsk,
  reranking: Reranking,
  limits: RerankLimits,
): Promise<RerankOutcome & { readonly z?: Float64Array }> {
  const places = Array.from(q.keys())
    .sort((a, b) => q[b]! - q[a]! || a - b)
    .slice(0, top);
  const touches = lastTouches(query);
  const [asked, told] = await Promise.all([
    words.candidates(
      places.map((c) => candidates[c]!),
      query,
    ),
    words.touched(touches.map(({ item }) => item)),
  ]);
  const question: RerankQuestion = {
    language,
    history: touches.map((touch, n): RerankTouch => ({ did: touch.did, words: told[n]! })),
    ...(query.text !== undefined && { typed: query.text }),
    candidates: asked,
  };
  const outcome = await reranking.ask(question, limits);
  if ('missed' in outcome) return outcome;
  const z = new Float64Array(candidates.length);
  for (const [n, value] of standardised(outcome.scores).entries()) z[places[n]!] = value;
  return { ...outcome, z };
}

/** The newest touches of different items, oldest first; one that was bought and looked at was bought. */
function lastTouches({ items, kinds }: Query): { readonly item: number; readonly did: RerankTouch['did'] }[] {
  const last = new Map<number, RerankTouch['did']>();
  for (let p = items.length - 1; p >= 0 && last.size < toldTouches; p--) {
    // Without kinds a position is a choice.
    const how = kinds ? (did[eventKinds[kinds[p]!]!] ?? 'viewed') : 'bought';
    if (!last.has(items[p]!) || how === 'bought') last.set(items[p]!, how);
  }
  return [...last].reverse().map(([item, how]) => ({ item, did: how }));
}
