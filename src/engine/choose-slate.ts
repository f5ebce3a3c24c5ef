/**
 * The second selection of one request: what is known of the shopper becomes a query, the trained choice picks among what may
 * be shown, a slate is composed, and every reason is taken from the models that scored it.
 */
import { withoutAddresses } from '../core/addresses.ts';
import { everywhere } from '../data/catalogue.ts';
import type { EventColumns } from '../data/event-store.ts';
import { eventKinds } from '../data/events.ts';
import type { Query } from '../data/histories.ts';
import { unwished } from '../data/ratings.ts';
import { softmax } from '../selection/choice/softmax.ts';
import { composeSlate } from '../selection/compose/compose-slate.ts';
import type { ReasonLanguage } from '../selection/explain/reason.ts';
import { type Explanation, explainChoice } from '../selection/explain/reasons.ts';
import { sentenceOf } from '../selection/explain/sentences.ts';
import type { ChoiceSet } from '../selection/learned-selection.ts';
import type { CatalogueView } from './catalogue-view.ts';
import type { Fallback } from './fallbacks.ts';
import type { ProductFilter } from './product-filter.ts';
import {
  type RecommendContext,
  type RecommendRequest,
  type SlateItem,
  type SlateReason,
  type SlateSignal,
  slateItem,
} from './recommendation.ts';
import type { RequestTime } from './request-time.ts';
import { type RerankAnswer, rerankSet } from './rerank-stage.ts';
import { type SentencesAnswer, withSentences } from './sentence-stage.ts';
import type { ServingGeneration } from './serving-generation.ts';
import { boughtLately, slateRules } from './shop-selection.ts';
import { type ShopperQuery, shopperQuery } from './shopper-query.ts';
import type { Wishes } from './wishes.ts';

export interface Chosen {
  readonly items: SlateItem[];
  /** Of each item, as the choice read them. */
  readonly features: readonly Float32Array[];
  readonly candidates: number;
  readonly events: number;
  readonly rerank?: RerankAnswer;
  readonly sentences?: SentencesAnswer;
  /** True where the time was over before anything was retrieved. */
  readonly isLate: boolean;
}

/** What one answer is put together with. */
export interface SlateWork {
  readonly wishes: Wishes;
  /** Ids that may not be shown; grows by what was bought lately and what was rated low. */
  readonly left: Set<string>;
  readonly count: number;
  readonly time: RequestTime;
  readonly fellBack: Fallback[];
}

export async function chooseSlate(
  serving: ServingGeneration,
  request: RecommendRequest,
  context: RecommendContext,
  { wishes, left, count, time, fellBack }: SlateWork,
): Promise<Chosen> {
  time.throwIfAborted();
  const { view, config, now, scenario } = context;
  const { selection, record } = serving.trained;
  const { index } = serving;
  const known = shopperQuery(context, index, record, request);
  const days = scenario.excludeBoughtDays ?? record.excludeBoughtDays ?? Infinity;
  for (const item of boughtLately(known.query, now, days)) left.add(index.products[item]!);
  for (const product of disliked(context.events, record.ratingMiddle)) left.add(product);
  if (time.isOver) {
    const text = `The deadline of ${time.deadlineMs} ms was over before the choice began: the most chosen products stand in.`;
    fellBack.push({ code: 'deadline_choice', text });
    return { items: [], features: [], candidates: 0, events: known.events, isLate: true };
  }
  const excluded = Int32Array.from([...left].flatMap((id) => index.itemOf.get(id) ?? []));
  const place = request.place ?? everywhere;
  const { allowed, prices } = await serving.offers(view, place);
  const admits = allOf(wishes.filters.map((filter) => serving.filter(view, place, filter)));
  const priceOf = (item: number): number => prices[item] ?? Number.NaN;
  const offering = { items: excluded, allowed, admits, priceOf };
  const brings = bringersOf(serving, wishes.members, fellBack);
  const query = await withTyped(known.query, request, serving, time, fellBack);
  const gathered = selection.gather(query, offering, { brings });
  const prepared = await selection.prepare(gathered, time);
  time.throwIfAborted();
  if (prepared && prepared.missing.length > 0)
    fellBack.push({
      code: 'deadline_signal',
      text: `Not answered in time: ${prepared.missing.join(', ')}; chosen without.`,
    });
  const first = withLikeness(selection.judge(gathered, prepared), serving, request);
  const wanted = { wishes, place, priceOf };
  const reranked = context.rerank && (await rerankSet(first, serving, context.rerank, { time, priceOf }));
  time.throwIfAborted();
  if (reranked?.answer.status === 'missed')
    fellBack.push({ code: 'rerank_missed', text: `Chosen without the re-rank: ${reranked.answer.text}` });
  const set = reranked?.set ?? first;
  const q = favoured(set, serving, context, wanted);
  const rules = slateRules(config, count, serving.similarity(view), scenario.relevance);
  const slate = composeSlate(set.candidates, q, rules);
  let unexplained = 0;
  const chosenItems = [...slate.items].map((item, n) => {
    const explains = request.explain !== false;
    const late = explains && time.isOver;
    if (late) unexplained++;
    const told = request.signals || (explains && !late);
    const explanation = told ? explainChoice(selection, set, item) : undefined;
    const at = slate.places[n]!;
    const parts = explanation ? withRerank(explanation.parts, reranked?.added, at) : [];
    const said =
      explanation && explains && !late ? sentencesOf(explanation, serving, known, view, item, request.language) : [];
    const offered = slateItem(
      view.offer(index.products[item]!, place),
      set.probabilities[at],
      withRerankReason(said, parts, query, request.language),
    );
    return request.signals && explanation ? { ...offered, signals: parts } : offered;
  });
  if (unexplained > 0) {
    const text = `The deadline of ${time.deadlineMs} ms was over before all reasons were found: ${unexplained} products have none.`;
    fellBack.push({ code: 'deadline_reasons', text });
  }
  const width = selection.signals.columns.length;
  const features = context.note
    ? Array.from(slate.places, (place) => set.features.slice(place * width, (place + 1) * width))
    : [];
  const titleOf = (id: string): string => view.products.get(id)?.title ?? id;
  const told =
    context.rerank && request.explain !== false && chosenItems.length > 0
      ? await withSentences(chosenItems, context.rerank, { language: request.language ?? 'en', titleOf, time })
      : undefined;
  if (told?.answer.status === 'missed')
    fellBack.push({ code: 'sentences_missed', text: `Reasons in their own words: ${told.answer.text}` });
  const chosen = {
    ...{ items: told?.items ?? chosenItems, features, candidates: set.candidates.length, events: known.events },
    ...{ isLate: false, ...(told && { sentences: told.answer }) },
  };
  if (!reranked) return chosen;
  const before = request.signals
    ? composeSlate(first.candidates, favoured(first, serving, context, wanted), rules).items
    : undefined;
  const orders = before && { before: Array.from(before, (item) => index.products[item]!) };
  return { ...chosen, rerank: { ...reranked.answer, ...orders } };
}

/** The parts of q with what the re-rank adds to the mean candidate's. */
function withRerank(
  parts: readonly SlateSignal[],
  added: Float64Array | undefined,
  place: number,
): readonly SlateSignal[] {
  if (!added) return parts;
  const mean = added.reduce((sum, value) => sum + value, 0) / added.length;
  return [...parts, { source: 'rerank', value: added[place]! - mean }].sort((a, b) => b.value - a.value);
}

/** Reasons of an item at most. */
const mostReasons = 3;
const readBeside = {
  en: {
    history: 'A model that read it beside what you chose speaks for it.',
    typed: 'A model that read it beside what you typed speaks for it.',
  },
  zh: { history: '模型对照您选过的商品读过它，认为合适。', typed: '模型对照您输入的内容读过它，认为合适。' },
} as const;

/** The reasons with that of the re-rank in its place, where it speaks for the item; shares are of all that does. */
function withRerankReason(
  reasons: readonly SlateReason[],
  parts: readonly SlateSignal[],
  { items, text }: Query,
  language: ReasonLanguage = 'en',
): readonly SlateReason[] {
  const value = parts.find(({ source }) => source === 'rerank')?.value ?? 0;
  if (reasons.length === 0 || value <= 0 || (items.length === 0 && text === undefined)) return reasons;
  const positive = parts.reduce((sum, part) => sum + Math.max(0, part.value), 0);
  const share = value / positive;
  const words = readBeside[language][text === undefined ? 'history' : 'typed'];
  const own: SlateReason = { ...{ text: words, kind: 'rerank', source: 'rerank' }, share, because: [] };
  const others = reasons.map((reason) => ({ ...reason, share: reason.share * (1 - share) }));
  return [...others, own].sort((a, b) => b.share - a.share).slice(0, mostReasons);
}

/** The query with what was typed, as far as it is read in time. */
async function withTyped(
  query: Query,
  { text: typed }: RecommendRequest,
  serving: ServingGeneration,
  time: RequestTime,
  fellBack: Fallback[],
): Promise<Query> {
  const { text } = query;
  if (text === undefined || text.trim() === '') return query;
  const late = Symbol('late');
  const textVector = await time.orLate(serving.question(text), late);
  const why = textVector === late ? `it took longer than ${time.deadlineMs} ms` : serving.unreadable;
  if (why !== undefined && typed !== undefined)
    fellBack.push({
      code: 'text_unread',
      text: `Chosen without what was typed: ${withoutAddresses(why).replace(/\.+$/u, '')}.`,
    });
  return textVector === undefined || textVector === late ? query : { ...query, textVector: textVector as Float32Array };
}

function allOf(filters: readonly ProductFilter[]): ((item: number) => boolean) | undefined {
  if (filters.length < 2) return filters[0]?.admits;
  return (item) => filters.every(({ admits }) => admits(item));
}

/** Which members bring candidates: those that are named, or all. */
function bringersOf(
  { trained: { selection } }: ServingGeneration,
  named: readonly string[] | undefined,
  fellBack: Fallback[],
): ((place: number) => boolean) | undefined {
  if (!named) return undefined;
  const missing = named.filter((name) => !selection.members.some(({ as }) => as === name));
  if (missing.length > 0) {
    const has = selection.members.map(({ as }) => as).join(', ');
    const text = `Members of the scenario that were not trained: ${missing.join(', ')}; there are ${has}.`;
    fellBack.push({ code: 'members_missing', text });
  }
  // Where none of them is there, all bring: a slate comes before its recipe.
  if (missing.length === named.length) return undefined;
  return (place) => named.includes(selection.members[place]!.as);
}

/** A product as alike to what was typed as the best usually are has some fifty times the odds of one that is not. */
const typedWeight = 8;

/**
 * Where something was typed, the odds of each candidate by how alike its texts are to it. What was searched for earlier counts
 * as far as visits after searches taught.
 */
function withLikeness(set: ChoiceSet, { trained }: ServingGeneration, { text }: RecommendRequest): ChoiceSet {
  if (!set.query.textVector || text === undefined) return set;
  const { signals } = trained.selection;
  const places = ['content.text', 'content.unmet-text'].map((name) => signals.placeOf(name)).filter((at) => at >= 0);
  const width = signals.columns.length;
  const q = set.q.map((own, c) =>
    places.reduce((sum, place) => sum + typedWeight * set.features[c * width + place]!, own),
  );
  return { ...set, q, probabilities: softmax(q) };
}

/** q with the odds of boosted products multiplied, and with the logarithm of the price where revenue is the objective. */
function favoured(
  { candidates, q }: ChoiceSet,
  serving: ServingGeneration,
  { view }: RecommendContext,
  { wishes, place, priceOf }: { wishes: Wishes; place: string; priceOf: (item: number) => number },
): Float64Array {
  const { boosts, objective } = wishes;
  if (boosts.length === 0 && objective === 'probability') return q;
  const out = q.slice();
  for (const { when, factor } of boosts) {
    const { admits } = serving.filter(view, place, when);
    for (let c = 0; c < out.length; c++) if (admits(candidates[c]!)) out[c]! += Math.log(factor);
  }
  if (objective === 'revenue') {
    // A product without a price is taken for the cheapest.
    const least = candidates.reduce((low, item) => (priceOf(item) > 0 ? Math.min(low, priceOf(item)) : low), Infinity);
    for (let c = 0; c < out.length; c++) {
      const price = priceOf(candidates[c]!);
      if (least < Infinity) out[c]! += Math.log(price > 0 ? price : least);
    }
  }
  return out;
}

/** What the shopper rated below the middle: it is not offered again. */
function* disliked(events: EventColumns | undefined, middle: number | undefined): Generator<string> {
  if (!events) return;
  const marks = unwished(events, middle);
  for (let e = 0; e < events.length; e++)
    if (marks[e] === 1 && events.product[e]! >= 0) yield events.products[events.product[e]!]!;
}

function sentencesOf(
  { reasons }: Explanation,
  { index }: ServingGeneration,
  known: ShopperQuery,
  view: CatalogueView,
  item: number,
  language: ReasonLanguage = 'en',
): SlateReason[] {
  const titleOf = (one: number): string => view.products.get(index.products[one]!)?.title ?? index.products[one]!;
  return reasons.map((reason) => {
    const did = didWith(known, reason.kind === 'repeat' ? item : reason.items[0]?.item, reason.facts['times']);
    return {
      text: sentenceOf(reason, { language, titleOf, ...(did && { did }) }),
      kind: reason.kind,
      source: reason.source,
      share: reason.share,
      because: reason.items.map((part) => index.products[part.item]!),
    };
  });
}

const purchase = eventKinds.indexOf('purchase');
const view = eventKinds.indexOf('view_item');

/** `bought` where all counted touches of the item are purchases, `viewed` where all touches are views. */
function didWith({ query }: ShopperQuery, item: number | undefined, times = 1): 'bought' | 'viewed' | undefined {
  let [touched, bought, viewed] = [0, 0, 0];
  for (let p = 0; p < query.items.length; p++) {
    if (query.items[p] !== item) continue;
    touched++;
    if (query.kinds[p] === purchase) bought++;
    else if (query.kinds[p] === view) viewed++;
  }
  if (bought >= times) return 'bought';
  return touched > 0 && viewed === touched ? 'viewed' : undefined;
}
