/**
 * One request: what is known of the shopper becomes a query, the trained choice picks among what may be shown, a slate is
 * composed, and every reason is taken from the models that scored it. Where something is missing the next best answers,
 * and the answer says so; a page is never empty while anything is in stock.
 */
import { randomUUID } from 'node:crypto';
import { ShelfwiseError } from '../core/errors.ts';
import { everywhere } from '../data/catalogue.ts';
import type { EventColumns } from '../data/event-store.ts';
import { eventKinds } from '../data/events.ts';
import { unwished } from '../data/ratings.ts';
import type { LoggedSlate } from '../data/slate-log.ts';
import { composeSlate, defaultSlate } from '../selection/compose/compose-slate.ts';
import type { ReasonLanguage } from '../selection/explain/reason.ts';
import { explainChoice } from '../selection/explain/reasons.ts';
import { sentenceOf } from '../selection/explain/sentences.ts';
import type { ChoiceSet } from '../selection/learned-selection.ts';
import type { CatalogueView } from './catalogue-view.ts';
import type { Fallback } from './fallbacks.ts';
import type { Offer } from './offer.ts';
import type { Recommendation, RecommendContext, RecommendRequest, SlateItem, SlateReason } from './recommendation.ts';
import { RequestTime } from './request-time.ts';
import type { ServingGeneration } from './serving-generation.ts';
import { boughtLately, slateRules } from './shop-selection.ts';
import { type ShopperQuery, shopperQuery } from './shopper-query.ts';

/**
 * The stages of one request: retrieve, score, choose, compose, explain; and what follows where there is too little. Between
 * them the request's time is looked at.
 *
 * @throws ShelfwiseError `SW_USAGE` where the count is no integer from 1 to 1000, `SW_CANCELLED` after an abort
 */
export async function recommend(
  serving: ServingGeneration | undefined,
  request: RecommendRequest,
  context: RecommendContext,
  time: RequestTime = new RequestTime(request),
): Promise<Recommendation> {
  const { count = defaultSlate.count, place = everywhere } = request;
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    const message = `recommend: expected a count from 1 to 1000, got ${count}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'Ask for fewer products at a time.');
  }
  const { viewing = [], cart = [] } = request;
  await serving?.ready(context.view);
  const isMet = (id: string): boolean => serving?.index.itemOf.has(id) ?? false;
  const fellBack = [...(context.fellBack ?? []), ...missingOf(request, context, serving && isMet)];
  const present = { viewing: viewing.filter(isMet).length, cart: cart.filter(isMet).length };
  const left = new Set([...(request.exclude ?? []), ...cart, ...viewing]);
  const chosen = serving && (await choose(serving, request, context, { left, count, time, fellBack }));
  const items = [...(chosen?.items ?? [])];
  let candidates = chosen?.candidates ?? 0;
  if (!serving)
    fellBack.push({
      code: 'untrained',
      text: 'The shop is not trained: the most chosen products stand in. Run `shelfwise train`.',
    });
  if (items.length < count) {
    const mostChosen = context.mostChosen ?? serving?.mostChosen ?? [];
    const taken = new Set([...left, ...items.map(({ productId }) => productId)]);
    const more = fill(context.view, mostChosen, { place, left: taken, count: count - items.length });
    if (more.length > 0 && chosen && !chosen.isLate) {
      const text = `Only ${items.length} products had evidence: ${more.length} of the rest of the catalogue follow.`;
      fellBack.push({ code: 'little_evidence', text });
    }
    items.push(...more.map((offer) => slateItem(offer, undefined, [])));
    if (!chosen || chosen.isLate) candidates = context.view.products.size;
  }
  const answer: Recommendation = {
    recommendationId: randomUUID(),
    ...(serving && { generation: serving.number }),
    basis: basisOf(chosen?.events ?? 0, present),
    items,
    candidates,
    fellBack,
    ms: time.passedMs,
  };
  context.note?.(slateOf(answer, request, context, chosen?.features ?? []));
  return answer;
}

/** What is noted of an answer. @param features - of its first items, those that were chosen */
function slateOf(
  { recommendationId, generation, items, candidates, fellBack }: Recommendation,
  { place = everywhere, page }: RecommendRequest,
  { now, person }: RecommendContext,
  features: readonly Float32Array[],
): LoggedSlate {
  return {
    ...{ recommendationId, time: now, policy: 'best', place, candidates },
    ...(person !== undefined && { person }),
    ...(generation !== undefined && { generation }),
    ...(page !== undefined && { page }),
    fellBack: fellBack.map(({ code }) => code),
    items: items.map(({ productId, variantId, probability }, n) => ({
      productId,
      ...(variantId !== undefined && { variantId }),
      ...(probability !== undefined && { probability }),
      ...(features[n] && { features: features[n] }),
    })),
  };
}

/** What the request names and nobody knows. */
function* missingOf(
  { user, visitor, viewing = [], cart = [] }: RecommendRequest,
  { events, view }: RecommendContext,
  isMet: ((id: string) => boolean) | undefined,
): Generator<Fallback> {
  const [what, id] = user === undefined ? ['visitor', visitor] : ['user', user];
  if (events === undefined && id !== undefined)
    yield { code: 'unknown_shopper', text: `The ${what} "${id}" is not known: answered as for a stranger.` };
  const named = [...viewing, ...cart];
  const unknown = named.filter((one) => !view.products.has(one));
  if (unknown.length > 0)
    yield { code: 'unknown_products', text: `Not in the catalogue: ${shortList(unknown)}; chosen without.` };
  const unmet = isMet ? named.filter((one) => view.products.has(one) && !isMet(one)) : [];
  if (unmet.length > 0)
    yield {
      code: 'untrained_products',
      text: `The last training did not know ${shortList(unmet)} yet; chosen without.`,
    };
}

const listedIds = 10;

function shortList(ids: readonly string[]): string {
  const more = ids.length - listedIds;
  return ids.slice(0, listedIds).join(', ') + (more > 0 ? ` and ${more.toLocaleString('en')} more` : '');
}

interface Chosen {
  readonly items: SlateItem[];
  /** Of each item, as the choice read them. */
  readonly features: readonly Float32Array[];
  readonly candidates: number;
  readonly events: number;
  /** True where the time was over before anything was retrieved. */
  readonly isLate: boolean;
}

async function choose(
  serving: ServingGeneration,
  request: RecommendRequest,
  context: RecommendContext,
  { left, count, time, fellBack }: { left: Set<string>; count: number; time: RequestTime; fellBack: Fallback[] },
): Promise<Chosen> {
  time.throwIfAborted();
  const { view, config, now } = context;
  const { selection, record } = serving.trained;
  const { index } = serving;
  const known = shopperQuery(context, index, record, request);
  const days = record.excludeBoughtDays ?? Infinity;
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
  const offering = { items: excluded, allowed, priceOf: (item: number) => prices[item] ?? Number.NaN };
  const gathered = selection.gather(known.query, offering);
  const prepared = await selection.prepare(gathered, time);
  time.throwIfAborted();
  if (prepared && prepared.missing.length > 0)
    fellBack.push({
      code: 'deadline_signal',
      text: `Not answered in time: ${prepared.missing.join(', ')}; chosen without.`,
    });
  const set = selection.judge(gathered, prepared);
  const slate = composeSlate(set.candidates, set.q, slateRules(config, count, serving.similarity(view)));
  let unexplained = 0;
  const items = [...slate.items].map((item, n) => {
    const explains = request.explain !== false;
    const late = explains && time.isOver;
    if (late) unexplained++;
    const reasons = explains && !late ? reasonsOf(serving, set, item, known, view, request.language) : [];
    return slateItem(view.offer(index.products[item]!, place), set.probabilities[slate.places[n]!], reasons);
  });
  if (unexplained > 0) {
    const text = `The deadline of ${time.deadlineMs} ms was over before all reasons were found: ${unexplained} products have none.`;
    fellBack.push({ code: 'deadline_reasons', text });
  }
  const width = selection.signals.columns.length;
  const features = context.note
    ? Array.from(slate.places, (place) => set.features.slice(place * width, (place + 1) * width))
    : [];
  return { items, features, candidates: set.candidates.length, events: known.events, isLate: false };
}

/** What the shopper rated below the middle: it is not offered again. */
function* disliked(events: EventColumns | undefined, middle: number | undefined): Generator<string> {
  if (!events) return;
  const marks = unwished(events, middle);
  for (let e = 0; e < events.length; e++)
    if (marks[e] === 1 && events.product[e]! >= 0) yield events.products[events.product[e]!]!;
}

function reasonsOf(
  { index, trained: { selection } }: ServingGeneration,
  set: ChoiceSet,
  item: number,
  known: ShopperQuery,
  view: CatalogueView,
  language: ReasonLanguage = 'en',
): SlateReason[] {
  const titleOf = (one: number): string => view.products.get(index.products[one]!)?.title ?? index.products[one]!;
  return explainChoice(selection, set, item).reasons.map((reason) => {
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

function slateItem(offer: Offer, probability: number | undefined, reasons: readonly SlateReason[]): SlateItem {
  const { productId, variantId, title, priceMinor, currency } = offer;
  return {
    productId,
    ...(variantId !== undefined && { variantId }),
    title,
    ...(priceMinor !== undefined && { priceMinor }),
    ...(currency !== undefined && { currency }),
    ...(probability !== undefined && { probability }),
    reasons,
  };
}

/** Products that can be bought and are not left out: the most chosen first, then the newest. */
function fill(
  view: CatalogueView,
  mostChosen: readonly string[],
  { place, left, count }: { readonly place: string; readonly left: ReadonlySet<string>; readonly count: number },
): Offer[] {
  const seen = new Set(left);
  const offers: Offer[] = [];
  const take = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const offer = view.offer(id, place);
    if (offer.available) offers.push(offer);
  };
  for (const id of mostChosen) if (offers.length < count) take(id);
  if (offers.length === count) return offers;
  for (const id of view.newest) {
    if (offers.length === count) break;
    take(id);
  }
  return offers;
}

function basisOf(events: number, { viewing, cart }: { readonly viewing: number; readonly cart: number }): string {
  const parts = [
    ...(events > 0 ? [`${events} ${events === 1 ? 'event' : 'events'} of this shopper`] : []),
    ...(cart > 0 ? [`${cart} in the cart`] : []),
    ...(viewing > 0 ? [`${viewing} looked at`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'a stranger';
}
