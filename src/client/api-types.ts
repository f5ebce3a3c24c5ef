/** The API as its OpenAPI document says. Written by `npm run docs:client`; not to be changed by hand. */

export interface Api {
  Event: Event;
  Product: Product;
  ProductChange: ProductChange;
  Fact: Fact;
  User: User;
  RecommendationRequest: RecommendationRequest;
  Recommendation: Recommendation;
  RowResults: RowResults;
  StoredProduct: StoredProduct;
  StoredUser: StoredUser;
  Problem: Problem;
  History: History;
  Import: Import;
  SetAsideRow: SetAsideRow;
  Training: Training;
  Status: Status;
}
export interface Event {
  eventId: string;
  kind:
    | 'view_item_list'
    | 'view_item'
    | 'add_to_cart'
    | 'purchase'
    | 'refund'
    | 'search'
    | 'rate'
    | 'review'
    | 'impression'
    | 'feedback';
  time?: number | string;
  userId?: string;
  visitorId?: string;
  sessionId?: string;
  productId?: string;
  variantId?: string;
  quantity?: number;
  priceMinor?: number;
  currency?: string;
  device?: string;
  place?: string;
  referrer?: string;
  text?: string;
  value?: number;
  recommendationId?: string;
  position?: number;
  flags?: number;
}
export interface Product {
  productId: string;
  title: string;
  description?: string;
  categories?: string[][];
  brand?: string;
  attributes?: {
    [k: string]: string;
  };
  images?: string[];
  language?: string;
  hidden?: boolean;
  createdTime?: number;
  variants?: {
    variantId: string;
    options: {
      [k: string]: string;
    };
    gtin?: string;
  }[];
}
export interface ProductChange {
  productId: string;
  title?: string | null;
  description?: string | null;
  categories?: string[][] | null;
  brand?: string | null;
  attributes?: {
    [k: string]: string | null;
  } | null;
  images?: string[] | null;
  language?: string | null;
  hidden?: boolean | null;
  createdTime?: number | null;
  variants?:
    | {
        variantId: string;
        options: {
          [k: string]: string;
        };
        gtin?: string;
      }[]
    | null;
}
export interface Fact {
  fact: 'price' | 'stock' | 'promotion';
  variantId: string;
  place?: string;
  from?: number | string;
  priceMinor?: number;
  currency?: string;
  listPriceMinor?: number;
  unitsOnHand?: number;
  promotionId?: string;
  discount?: number;
}
export interface User {
  userId: string;
  attributes: {
    [k: string]: string;
  };
}
export interface RecommendationRequest {
  /**
   * Customer id
   */
  user?: string;
  /**
   * Anonymous visitor id
   */
  visitor?: string;
  /**
   * Stands for the visitor where neither a customer nor a visitor is named
   */
  session?: string;
  /**
   * False answers as for a stranger
   */
  personalise?: boolean;
  /**
   * Where the slate stands; `home` where absent
   */
  scenario?: string;
  order?: 'likely' | 'similar' | 'popular' | 'trending' | 'latest';
  objective?: 'probability' | 'revenue';
  /**
   * A condition on products; docs/reference/filters.md
   */
  filter?: string;
  /**
   * @maxItems 20
   */
  boosts?: {
    /**
     * A condition on products; docs/reference/filters.md
     */
    when: string;
    factor: number;
  }[];
  /**
   * Products that the shopper looks at now
   *
   * @maxItems 1000
   */
  viewing?: string[];
  /**
   * @maxItems 1000
   */
  cart?: string[];
  /**
   * @maxItems 1000
   */
  exclude?: string[];
  /**
   * 10 where absent
   */
  count?: number;
  /**
   * The `next` of an answer: the page that follows it
   */
  after?: string;
  place?: string;
  device?: string;
  page?: string;
  /**
   * What the shopper typed
   */
  text?: string;
  /**
   * Reasons beside each product; true where absent
   */
  explain?: boolean;
  /**
   * What each signal adds to each product’s score; false where absent
   */
  signals?: boolean;
  /**
   * False where nobody will see it: it is not noted as shown
   */
  log?: boolean;
  language?: 'en' | 'zh';
  deadlineMs?: number;
}
export interface Recommendation {
  /**
   * Goes with the events that answer this slate
   */
  recommendationId: string;
  generation?: number;
  basis: string;
  items: {
    productId: string;
    variantId?: string;
    title: string;
    /**
     * Path or address of its first picture
     */
    image?: string;
    priceMinor?: number;
    currency?: string;
    /**
     * P(product | shopper) among the candidates; absent where it only fills the page
     */
    probability?: number;
    reasons: {
      text: string;
      kind: string;
      source: string;
      share: number;
      because: string[];
    }[];
    /**
     * The reasons in one sentence, checked against them
     */
    sentence?: string;
    /**
     * What each adds to or takes from the score of the mean candidate
     */
    signals?: {
      source: string;
      value: number;
    }[];
  }[];
  /**
   * `after` of the next page
   */
  next?: string;
  /**
   * What judged the likeliest candidates once more; absent where the shop has nothing for it
   */
  rerank?: {
    status: 'used' | 'unused' | 'missed';
    model?: string;
    ms: number;
    cached: boolean;
    /**
     * Code of why it was not used
     */
    reason?: string;
    text?: string;
    /**
     * With `signals`: the slate as it would have been without
     */
    before?: string[];
  };
  /**
   * What put the reasons into sentences; absent where the shop has nothing for it
   */
  sentences?: {
    status: 'used' | 'missed';
    model?: string;
    /**
     * Products with a `sentence`
     */
    written: number;
    /**
     * Products whose sentence said something else than their reasons
     */
    refused: number;
    ms: number;
    /**
     * Code of why not all were asked for
     */
    reason?: string;
    text?: string;
  };
  candidates: number;
  fellBack: {
    code: string;
    text: string;
  }[];
  ms: number;
}
export interface RowResults {
  results: {
    status: 'stored' | 'duplicate' | 'refused';
    /**
     * Why the row was refused
     */
    reason?: string;
    field?: string;
  }[];
  stored: number;
  duplicates: number;
  refused: number;
}
export interface StoredProduct {
  productId: string;
  title: string;
  description?: string;
  categories: string[][];
  brand?: string;
  attributes: {
    [k: string]: string;
  };
  images: string[];
  language?: string;
  hidden?: boolean;
  createdTime?: number;
  variants: {
    variantId: string;
    options: {
      [k: string]: string;
    };
    gtin?: string;
  }[];
}
export interface StoredUser {
  userId: string;
  attributes: {
    [k: string]: string;
  };
}
export interface Problem {
  /**
   * urn:shelfwise:error: and the code
   */
  type: string;
  title: string;
  status: number;
  /**
   * where: expected, got
   */
  detail: string;
  /**
   * One of docs/errors.md
   */
  code: string;
  /**
   * What to do next
   */
  hint: string;
  /**
   * The field that is wrong
   */
  field?: string;
  /**
   * Where a condition goes wrong, from 1
   */
  position?: number;
  requestId: string;
}
export interface History {
  events: {
    kind:
      | 'view_item_list'
      | 'view_item'
      | 'add_to_cart'
      | 'purchase'
      | 'refund'
      | 'search'
      | 'rate'
      | 'review'
      | 'impression'
      | 'feedback';
    time: number;
    productId?: string;
    quantity?: number;
    priceMinor?: number;
    value?: number;
    refunded?: boolean;
  }[];
}
export interface Import {
  importId: string;
  files: string[];
  kind: string;
  rowsRead: number;
  eventsKept: number;
  productsKept: number;
  usersKept: number;
  factsKept: number;
  steps: {
    step: string;
    matched: number;
    acted: number;
    action: string;
  }[];
  notes?: string[];
}
export interface SetAsideRow {
  step: string;
  file: string;
  line: number;
  reason: string;
  row: {
    [k: string]: string;
  };
}
export interface Training {
  running: boolean;
  /**
   * Of the work that is done, in [0, 1]
   */
  share?: number;
  note?: string;
  /**
   * Why the last one did not end
   */
  failed?: string;
  trained?: {
    generation: number;
    seconds: number;
    data: {
      events: number;
      people: number;
      items: number;
    };
    /**
     * Visits that were held back and measured
     */
    cases: number;
    since?: string;
    metrics: {
      [k: string]: {
        [k: string]: number;
      };
    };
    intervals: {
      [k: string]: number[];
    };
    skipped: string[];
    /**
     * What the word of the reranker is worth; absent where the shop has none
     */
    rerank?: {
      reranker?: string;
      top?: number;
      /**
       * 0 where it did not pay
       */
      weight?: number;
      likeliest?: number;
      cases?: number;
      answered?: number;
      /**
       * NDCG@10 of the choice alone
       */
      without?: number;
      with?: number;
      gain?: {
        mean: number;
        interval: number[];
      };
      ms?: {
        p50: number;
        p99: number;
      };
      missed?: string;
    };
  };
}
export interface Status {
  products: number;
  variants: number;
  people: number;
  events: number;
  firstTime?: number;
  lastTime?: number;
  generation?: number;
}
