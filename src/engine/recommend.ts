/**
 * One request: what is known of the shopper becomes a query, the trained choice picks among what may be shown, a slate is
 * composed, and every reason is taken from the models that scored it. Where something is missing the next best answers,
 * and the answer says so; a page is never empty while anything is in stock.
 */
import { randomUUID } from 'node:crypto';
import { ShelfwiseError } from '../core/errors.ts';
import { everywhere } from '../data/catalogue.ts';
import { eventKinds } from '../data/events.ts';
import { type Query, queryOfRow, rowCount } from '../data/histories.ts';
import { unwished } from '../data/ratings.ts';
import { type ItemIndex, shopHistories, visitGapMs } from '../data/shop-histories.ts';
import type { EventColumns } from '../data/shop-store.ts';
import { composeSlate, defaultSlate } from '../selection/compose/compose-slate.ts';
import { itemSimilarity } from '../selection/compose/item-similarity.ts';
import type { Similarity } from '../selection/compose/mmr.ts';
import { explainChoice, type ReasonKind } from '../selection/explain/reasons.ts';
import { type ReasonLanguage, sentenceOf } from '../selection/explain/sentences.ts';
import type { ChoiceSet } from '../selection/learned-selection.ts';
import { attributesOf } from './attributes.ts';
import type { CatalogueView } from './catalogue-view.ts';
import type { ShopConfig } from './config.ts';
import type { GenerationRecord, TrainedGeneration } from './generation.ts';
import type { Offer } from './offer.ts';
import { boughtLately, slateRules } from './shop-selection.ts';

export interface RecommendRequest {
  /** Customer id. */
  readonly user?: string;
  /** Anonymous visitor id. */
  readonly visitor?: string;
  /** Place whose prices and stock hold; everywhere's where absent. */
  readonly place?: string;
  /** Products that the shopper looks at now. */
  readonly viewing?: readonly string[];
  readonly cart?: readonly string[];
  /** Products that may not be shown. */
  readonly exclude?: readonly string[];
  /** Products on the slate; an integer from 1 to 1000. @default 10 */
  readonly count?: number;
  /** Says why each product is there. @default true */
  readonly explain?: boolean;
  /** Of the reasons' sentences. @default 'en' */
  readonly language?: ReasonLanguage;
}

export interface SlateReason {
  readonly text: string;
  readonly kind: ReasonKind;
  /** The base model or signal that says so. */
  readonly source: string;
  /** Its share of all that speaks for the product, in (0, 1]. */
  readonly share: number;
  /** Products of the history that speak for it, the strongest first. */
  readonly because: readonly string[];
}

export interface SlateItem {
  readonly productId: string;
  /** The variant that is offered: the cheapest that can be bought. */
  readonly variantId?: string;
  readonly title: string;
  readonly priceMinor?: number;
  readonly currency?: string;
  /** P(product | shopper) among the candidates, in (0, 1]; absent for a product that only fills the page. */
  readonly probability?: number;
  readonly reasons: readonly SlateReason[];
}

export interface Recommendation {
  readonly recommendationId: string;
  /** Of the trained models; absent in a shop that is not trained. */
  readonly generation?: number;
  /** The evidence that the choice had, in words. */
  readonly basis: string;
  readonly items: readonly SlateItem[];
  /** Products among which was chosen. */
  readonly candidates: number;
  /** One sentence for each thing that was missing, with its stand-in; empty where nothing was. */
  readonly fellBack: readonly string[];
  /** Milliseconds from request to answer. */
  readonly ms: number;
}

/** The state that one answer is made from; none of it changes meanwhile. */
export interface RecommendContext {
  readonly view: CatalogueView;
  readonly config: ShopConfig;
  /** Sentences on what stood in before the choice began. */
  readonly fellBack?: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** All events of the shopper, oldest first; absent for a stranger. */
  readonly events: EventColumns | undefined;
  /** Where nothing is trained: product ids, the most chosen first. */
  readonly mostChosen?: readonly string[];
}

interface PlaceOffers {
  /** 1 for the items that can be bought; shape `[itemCount]`. */
  readonly allowed: Uint8Array;
  /** In the currency that taught the choice, NaN where unknown; shape `[itemCount]`. */
  readonly prices: Float64Array;
}

/** A trained generation as it serves; what depends on the catalogue alone is kept from one request to the next. */
export class ServingGeneration {
  readonly number: number;
  readonly trained: TrainedGeneration;
  #view: CatalogueView | undefined;
  #similarity: Similarity | undefined;
  readonly #offers = new Map<string, PlaceOffers>();

  constructor(number: number, trained: TrainedGeneration) {
    this.number = number;
    this.trained = trained;
  }

  similarity(view: CatalogueView): Similarity | undefined {
    this.#renew(view);
    return this.#similarity;
  }

  /** Prices and availability of the items at a place. */
  offers(view: CatalogueView, place: string): PlaceOffers {
    this.#renew(view);
    const known = this.#offers.get(place);
    if (known) return known;
    const { index, record } = this.trained;
    const offers = index.products.map((id) => view.offer(id, place));
    const made = {
      allowed: Uint8Array.from(offers, ({ available }) => Number(available)),
      prices: Float64Array.from(offers, ({ priceMinor, currency }) =>
        currency === record.currency && priceMinor !== undefined ? priceMinor : Number.NaN,
      ),
    };
    this.#offers.set(place, made);
    return made;
  }

  #renew(view: CatalogueView): void {
    if (this.#view === view) return;
    this.#view = view;
    this.#offers.clear();
    const { selection, index } = this.trained;
    this.#similarity = itemSimilarity(selection, attributesOf(index.products, view.products))?.();
  }
}

/** @throws ShelfwiseError `SW_USAGE` where the count is no integer from 1 to 1000 */
export async function recommend(
  serving: ServingGeneration | undefined,
  request: RecommendRequest,
  context: RecommendContext,
): Promise<Recommendation> {
  const started = performance.now();
  const { count = defaultSlate.count, place = everywhere } = request;
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    const message = `recommend: expected a count from 1 to 1000, got ${count}.`;
    throw new ShelfwiseError('SW_USAGE', message, 'Ask for fewer products at a time.');
  }
  const fellBack: string[] = [...(context.fellBack ?? [])];
  if (context.events === undefined) {
    const [what, id] = request.user === undefined ? ['visitor', request.visitor] : ['user', request.user];
    if (id !== undefined) fellBack.push(`The ${what} "${id}" is not known: answered as for a stranger.`);
  }
  const { viewing = [], cart = [] } = request;
  const unknown = [...viewing, ...cart].filter((id) => !context.view.products.has(id));
  if (unknown.length > 0) fellBack.push(`Not in the catalogue: ${unknown.join(', ')}; chosen without.`);
  // A product that nobody ever chose is not in the models yet.
  const isMet = (id: string): boolean => serving?.trained.index.itemOf.has(id) ?? false;
  const unmet = [...viewing, ...cart].filter((id) => context.view.products.has(id) && !isMet(id));
  if (serving && unmet.length > 0) fellBack.push(`Nobody has met ${unmet.join(', ')} yet; chosen without.`);
  const present = { viewing: viewing.filter(isMet).length, cart: cart.filter(isMet).length };
  const left = new Set([...(request.exclude ?? []), ...cart, ...viewing]);
  const items: SlateItem[] = [];
  let candidates = 0;
  let basis = basisOf(0, present);
  if (serving) {
    const chosen = await choose(serving, request, context, left, count);
    items.push(...chosen.items);
    candidates = chosen.candidates;
    basis = basisOf(chosen.events, present);
  } else {
    fellBack.push('The shop is not trained: the most chosen products stand in. Run `shelfwise train`.');
  }
  if (items.length < count) {
    const rest = fill(context, place, new Set([...left, ...items.map(({ productId }) => productId)]));
    const more = rest.slice(0, count - items.length);
    if (more.length > 0 && serving)
      fellBack.push(`Only ${items.length} products had evidence: ${more.length} of the rest of the catalogue follow.`);
    items.push(...more.map((offer) => slateItem(offer, undefined, [])));
    if (!serving) candidates = rest.length;
  }
  return {
    recommendationId: randomUUID(),
    ...(serving && { generation: serving.number }),
    basis,
    items,
    candidates,
    fellBack,
    ms: performance.now() - started,
  };
}

async function choose(
  serving: ServingGeneration,
  request: RecommendRequest,
  context: RecommendContext,
  left: Set<string>,
  count: number,
): Promise<{ items: SlateItem[]; candidates: number; events: number }> {
  const { view, config, now } = context;
  const { selection, index, record } = serving.trained;
  const known = shopperQuery(context, index, record, request);
  const days = record.excludeBoughtDays ?? Infinity;
  for (const item of boughtLately(known.query, now, days)) left.add(index.products[item]!);
  for (const product of disliked(context.events, record.ratingMiddle)) left.add(product);
  const excluded = Int32Array.from([...left].flatMap((id) => index.itemOf.get(id) ?? []));
  const place = request.place ?? everywhere;
  const { allowed, prices } = serving.offers(view, place);
  const offering = { items: excluded, allowed, priceOf: (item: number) => prices[item] ?? Number.NaN };
  const set = selection.choose(known.query, offering);
  const slate = composeSlate(set.candidates, set.q, slateRules(config, count, serving.similarity(view)));
  const items = [...slate.items].map((item, n) => {
    const reasons = request.explain === false ? [] : reasonsOf(serving, set, item, known, view, request.language);
    return slateItem(view.offer(index.products[item]!, place), set.probabilities[slate.places[n]!], reasons);
  });
  return { items, candidates: set.candidates.length, events: known.events };
}

/** What the shopper rated below the middle: it is not offered again. */
function* disliked(events: EventColumns | undefined, middle: number | undefined): Generator<string> {
  if (!events) return;
  const marks = unwished(events, middle);
  for (let e = 0; e < events.length; e++)
    if (marks[e] === 1 && events.product[e]! >= 0) yield events.products[events.product[e]!]!;
}

interface ShopperQuery {
  /** With the kind of each position. */
  readonly query: Query & { readonly kinds: Uint8Array };
  /** Events of the shopper among them. */
  readonly events: number;
}

/** The history, then what is in the cart and looked at now, as positions of the current visit. */
export function shopperQuery(
  { events, now }: Pick<RecommendContext, 'events' | 'now'>,
  index: ItemIndex,
  { eventWeights: weights, ratingMiddle }: Pick<GenerationRecord, 'eventWeights' | 'ratingMiddle'>,
  { viewing = [], cart = [] }: Pick<RecommendRequest, 'viewing' | 'cart'>,
): ShopperQuery {
  const shop = events && shopHistories(events, index, { weights, targets: ['purchase'], ratingMiddle });
  const past = shop && rowCount(shop.histories) > 0 ? queryOfRow(shop.histories, 0) : undefined;
  const count = past?.items.length ?? 0;
  const lastVisit = past ? past.sessions![count - 1]! : -1;
  const goesOn = past !== undefined && now - past.times![count - 1]! <= visitGapMs;
  const visit = goesOn ? lastVisit : lastVisit + 1;
  const present = [
    ...cart.map((id) => [id, 'add_to_cart'] as const),
    ...viewing.map((id) => [id, 'view_item'] as const),
  ].flatMap(([id, kind]) => {
    const item = index.itemOf.get(id);
    const code = eventKinds.indexOf(kind);
    // An event of this visit that the shop has recorded does not count twice.
    const told = past?.kinds?.some(
      (other, p) => other === code && past.items[p] === item && past.sessions![p] === visit,
    );
    return item === undefined || told ? [] : [{ item, kind, code }];
  });
  return {
    query: {
      items: Int32Array.from([...(past?.items ?? []), ...present.map(({ item }) => item)]),
      times: Float64Array.from([...(past?.times ?? []), ...present.map(() => now)]),
      weights: Float32Array.from([...(past?.weights ?? []), ...present.map(({ kind }) => weights[kind] ?? 1)]),
      sessions: Int32Array.from([...(past?.sessions ?? []), ...present.map(() => visit)]),
      kinds: Uint8Array.from([...(past?.kinds ?? []), ...present.map(({ code }) => code)]),
      now,
    },
    events: count,
  };
}

function reasonsOf(
  { trained: { selection, index } }: ServingGeneration,
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

/** `bought` where all counted touches of the item are purchases, `viewed` where all touches are views. */
function didWith({ query }: ShopperQuery, item: number | undefined, times = 1): 'bought' | 'viewed' | undefined {
  const done = Array.from(query.kinds, (kind) => eventKinds[kind]!).filter((_, p) => query.items[p] === item);
  const bought = done.filter((kind) => kind === 'purchase').length;
  if (bought >= times) return 'bought';
  return done.length > 0 && done.every((kind) => kind === 'view_item') ? 'viewed' : undefined;
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
function fill({ view, mostChosen = [] }: RecommendContext, place: string, left: ReadonlySet<string>): Offer[] {
  const newest = [...view.products.values()].sort(
    (a, b) => (b.createdTime ?? 0) - (a.createdTime ?? 0) || (a.productId < b.productId ? -1 : 1),
  );
  const order = new Set([...mostChosen, ...newest.map(({ productId }) => productId)]);
  return [...order]
    .filter((id) => !left.has(id))
    .map((id) => view.offer(id, place))
    .filter(({ available }) => available);
}

function basisOf(events: number, { viewing, cart }: { readonly viewing: number; readonly cart: number }): string {
  const parts = [
    ...(events > 0 ? [`${events} ${events === 1 ? 'event' : 'events'} of this shopper`] : []),
    ...(cart > 0 ? [`${cart} in the cart`] : []),
    ...(viewing > 0 ? [`${viewing} looked at`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : 'a stranger';
}
