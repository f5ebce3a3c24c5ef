/** What is asked for a slate, what an answer is made from, and the answer. */
import type { EventColumns } from '../data/event-store.ts';
import type { LoggedSlate } from '../data/slate-log.ts';
import type { ReasonKind, ReasonLanguage } from '../selection/explain/reason.ts';
import type { CatalogueView } from './catalogue-view.ts';
import type { ShopConfig } from './config.ts';
import type { Fallback } from './fallbacks.ts';
import type { Offer } from './offer.ts';
import type { RerankAnswer, ServingRerank } from './rerank-stage.ts';
import type { Boost, Objective, Scenario, SlateOrder } from './scenario.ts';
import type { SentencesAnswer } from './sentence-stage.ts';

export interface RecommendRequest {
  /** Customer id. */
  readonly user?: string;
  /** Anonymous visitor id. */
  readonly visitor?: string;
  /** False answers as for a stranger: what the shop knows of the shopper is not read. @default true */
  readonly personalise?: boolean;
  /** Where in the store the slate stands; its settings hold where the request says nothing else. @default 'home' */
  readonly scenario?: string;
  /** In which order; `similar` needs `viewing`. @default that of the scenario */
  readonly order?: SlateOrder;
  /** @default that of the scenario */
  readonly objective?: Objective;
  /** A condition that every product fulfils, beside the scenario's; docs/reference/filters.md. */
  readonly filter?: string;
  /** Products that are favoured, beside the scenario's. */
  readonly boosts?: readonly Boost[];
  /** The `next` of an answer: what it and those before it showed does not come again. */
  readonly after?: string;
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
  /** Says what each signal adds to each product's score. @default false */
  readonly signals?: boolean;
  /** False leaves the slate out of the log of what was shown: nobody saw it. @default true */
  readonly log?: boolean;
  /** Of the reasons' sentences. @default 'en' */
  readonly language?: ReasonLanguage;
  /** True waits for the re-rank as long as it takes, so that the next request finds its answer: nobody waits for this one. @default false */
  readonly ahead?: boolean;
  readonly device?: string;
  /** Where on the store the slate will stand. */
  readonly page?: string;
  /** What the shopper typed. */
  readonly text?: string;
  /** Milliseconds for the whole answer, > 0: what is not done by then is left out, and said. @default Infinity */
  readonly deadlineMs?: number;
  /** Stops the request between its stages, with `SW_CANCELLED`. */
  readonly signal?: AbortSignal;
}

export interface SlateReason {
  readonly text: string;
  /** `rerank` where the second look speaks for it. */
  readonly kind: ReasonKind | 'rerank';
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
  /** Path or address of its first picture. */
  readonly image?: string;
  readonly priceMinor?: number;
  readonly currency?: string;
  /** P(product | shopper) among the candidates, in (0, 1]; absent for a product that only fills the page. */
  readonly probability?: number;
  readonly reasons: readonly SlateReason[];
  /** The reasons in one sentence, by the language model of the settings and checked against them; absent where their own texts stand. */
  readonly sentence?: string;
  /** With `signals`: what each adds to or takes from the score of the mean candidate, the largest first. */
  readonly signals?: readonly SlateSignal[];
}

/** A part of q(shopper, product); the parts of a product sum to its q less that of the mean candidate. */
export interface SlateSignal {
  /** The base model or signal. */
  readonly source: string;
  readonly value: number;
}

export interface Recommendation {
  readonly recommendationId: string;
  /** Of the trained models; absent in a shop that is not trained. */
  readonly generation?: number;
  /** The evidence that the choice had, in words of the request's language. */
  readonly basis: string;
  readonly items: readonly SlateItem[];
  /** For the next page: `after` of the same request; absent where nothing may follow. */
  readonly next?: string;
  /** What judged the likeliest candidates once more; absent where the settings name nothing for it. */
  readonly rerank?: RerankAnswer;
  /** What put the reasons into sentences; absent where the settings name nothing for it. */
  readonly sentences?: SentencesAnswer;
  /** Products among which was chosen. */
  readonly candidates: number;
  /** Each thing that was missing, with its stand-in; empty where nothing was. */
  readonly fellBack: readonly Fallback[];
  /** Milliseconds from request to answer. */
  readonly ms: number;
}

/** The state that one answer is made from; none of it changes meanwhile. */
export interface RecommendContext {
  readonly view: CatalogueView;
  readonly config: ShopConfig;
  /** What stood in before the choice began. */
  readonly fellBack?: readonly Fallback[];
  /** Products in words, and what judges them once more; absent where the settings name nothing for it. */
  readonly rerank?: ServingRerank;
  /** What the shop knows of the customer. */
  readonly profile?: Readonly<Record<string, string>>;
  /** What the shopper searched for a while ago. */
  readonly searched?: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** All events of the shopper, oldest first; absent for a stranger. */
  readonly events: EventColumns | undefined;
  /** Settings of the place where the slate stands. */
  readonly scenario: Scenario;
  /** Product ids, those that have grown most first. */
  readonly trending?: () => Promise<readonly string[]>;
  /** Where nothing is trained: product ids, the most chosen first. */
  readonly mostChosen?: readonly string[];
  /** Random key that stands for the shopper; absent for a stranger. */
  readonly person?: number | undefined;
  /** Takes note of what is shown. */
  readonly note?: (slate: LoggedSlate) => void;
}

export function slateItem(offer: Offer, probability?: number, reasons: readonly SlateReason[] = []): SlateItem {
  const { productId, variantId, title, image, priceMinor, currency } = offer;
  return {
    productId,
    ...(variantId !== undefined && { variantId }),
    title,
    ...(image !== undefined && { image }),
    ...(priceMinor !== undefined && { priceMinor }),
    ...(currency !== undefined && { currency }),
    ...(probability !== undefined && { probability }),
    reasons,
  };
}
