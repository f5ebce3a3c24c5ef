/**
 * One request: a slate is chosen for the shopper, or listed in an order that needs none. Where something is missing the next
 * best answers, and the answer says so; a page is never empty while anything is in stock.
 */
import { randomUUID } from 'node:crypto';
import { ShelfwiseError } from '../core/errors.ts';
import { everywhere } from '../data/catalogue.ts';
import type { LoggedSlate, ShownRerank } from '../data/slate-log.ts';
import { defaultSlate } from '../selection/compose/compose-slate.ts';
import type { ReasonLanguage } from '../selection/explain/reason.ts';
import { chooseSlate } from './choose-slate.ts';
import type { Fallback } from './fallbacks.ts';
import { listProducts } from './list-products.ts';
import { mostPaged, pageToken, shownBefore } from './page-token.ts';
import { type Recommendation, type RecommendContext, type RecommendRequest, slateItem } from './recommendation.ts';
import { RequestTime } from './request-time.ts';
import type { RerankAnswer } from './rerank-stage.ts';
import type { SlateOrder } from './scenario.ts';
import type { ServingGeneration } from './serving-generation.ts';
import { wishesOf } from './wishes.ts';

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
  const { viewing = [], cart = [], exclude = [] } = request;
  const wishes = wishesOf(request, context.scenario);
  const shown = request.after === undefined ? [] : shownBefore(request.after);
  await serving?.ready(context.view);
  const isMet = (id: string): boolean => serving?.index.itemOf.has(id) ?? false;
  const fellBack = [...(context.fellBack ?? []), ...missingOf(request, context, serving && isMet)];
  const present = { viewing: viewing.filter(isMet).length, cart: cart.filter(isMet).length };
  const named = new Set([...exclude, ...cart, ...viewing, ...shown]);
  const left = new Set(named);
  const { order } = wishes;
  const work = { wishes, left, count, time, fellBack };
  const chosen = serving && order === 'likely' ? await chooseSlate(serving, request, context, work) : undefined;
  if (!serving && (order === 'likely' || order === 'similar'))
    fellBack.push({
      code: 'untrained',
      text: 'The shop is not trained: the most chosen products stand in. Run `shelfwise train`.',
    });
  const items = [...(chosen?.items ?? [])];
  const list = async (orders: readonly SlateOrder[], without: ReadonlySet<string>): Promise<number> => {
    const taken = new Set([...without, ...items.map(({ productId }) => productId)]);
    const asked = { wishes, place, viewing, left: taken, count: count - items.length };
    const more = await listProducts(serving, context, orders, asked);
    items.push(...more.map((offer) => slateItem(offer)));
    return more.length;
  };
  if (order !== 'likely') await list([order], left);
  const first = items.length;
  // The scenario's fallbacks come first; no page is empty while anything is in stock.
  const more = first < count ? await list([...wishes.fallbacks, 'popular', 'latest'], left) : 0;
  if (more > 0 && !chosen?.isLate && (chosen || (order !== 'likely' && order !== 'latest'))) {
    const text = `Only ${first} products had evidence: ${more} of the rest of the catalogue follow.`;
    fellBack.push({ code: 'little_evidence', text });
  }
  if (items.length === 0 && left.size > named.size && (await list(['popular', 'latest'], named)) > 0) {
    const text = 'All that may be shown was bought lately or rated low: shown all the same.';
    fellBack.push({ code: 'left_out_shown', text });
  }
  if (items.length === 0 && wishes.filters.length > 0)
    fellBack.push({ code: 'nothing_fits', text: 'No product that may be shown fulfils the filter.' });
  const answer: Recommendation = {
    recommendationId: randomUUID(),
    ...(serving && { generation: serving.number }),
    basis: basisOf(chosen?.events ?? 0, present, request.language),
    items,
    ...nextPage([...shown, ...items.map(({ productId }) => productId)], items.length === count),
    ...(chosen?.rerank && { rerank: chosen.rerank }),
    ...(chosen?.sentences && { sentences: chosen.sentences }),
    candidates: chosen && !chosen.isLate ? chosen.candidates : context.view.products.size,
    fellBack,
    ms: time.passedMs,
  };
  if (request.log !== false) context.note?.(slateOf(answer, order, request, context, chosen?.features ?? []));
  return answer;
}

function nextPage(shown: readonly string[], isFull: boolean): { next?: string } {
  return isFull && shown.length < mostPaged ? { next: pageToken(shown) } : {};
}

/** What is noted of an answer. @param features - of its first items, those that were chosen */
function slateOf(
  { recommendationId, generation, items, candidates, fellBack, rerank }: Recommendation,
  order: SlateOrder,
  { place = everywhere, scenario, page = scenario }: RecommendRequest,
  { now, person }: RecommendContext,
  features: readonly Float32Array[],
): LoggedSlate {
  return {
    ...{ recommendationId, time: now, policy: order === 'likely' ? 'best' : order, place, candidates },
    ...(person !== undefined && { person }),
    ...(generation !== undefined && { generation }),
    ...(page !== undefined && { page }),
    fellBack: fellBack.map(({ code }) => code),
    ...(rerank && { rerank: noted(rerank) }),
    items: items.map(({ productId, variantId, probability }, n) => ({
      productId,
      ...(variantId !== undefined && { variantId }),
      ...(probability !== undefined && { probability }),
      ...(features[n] && { features: features[n] }),
    })),
  };
}

function noted({ status, model, ms, cached, reason }: RerankAnswer): ShownRerank {
  return { status, ...(model !== undefined && { model }), ms, cached, ...(reason !== undefined && { reason }) };
}

/** What the request names and nobody knows. */
function* missingOf(
  { user, visitor, viewing = [], cart = [], personalise = true }: RecommendRequest,
  { events, view }: RecommendContext,
  isMet: ((id: string) => boolean) | undefined,
): Generator<Fallback> {
  const [what, id] = user === undefined ? ['visitor', visitor] : ['user', user];
  if (events === undefined && id !== undefined && personalise)
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

function basisOf(
  events: number,
  { viewing, cart }: { readonly viewing: number; readonly cart: number },
  language: ReasonLanguage = 'en',
): string {
  const words = {
    en: [
      `${events} ${events === 1 ? 'event' : 'events'} of this shopper`,
      `${cart} in the cart`,
      `${viewing} looked at`,
    ],
    zh: [`这位顾客的 ${events} 条记录`, `购物车里的 ${cart} 件`, `正在看的 ${viewing} 件`],
  }[language];
  const parts = words.filter((_, n) => [events, cart, viewing][n]! > 0);
  if (parts.length === 0) return language === 'zh' ? '陌生人' : 'a stranger';
  return parts.join(language === 'zh' ? '、' : ', ');
}
