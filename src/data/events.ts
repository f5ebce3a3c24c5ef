/** Shoppers' events, in the words of GA4's e-commerce events, plus those of our own slates. */
export const eventKinds = [
  'view_item_list',
  'view_item',
  'add_to_cart',
  'purchase',
  'refund',
  'search',
  'rate',
  'review',
  'impression',
  'feedback',
] as const;
export type EventKind = (typeof eventKinds)[number];

/** Cleaning notes on an event, as a bit set in `flags`. */
export const eventFlags = {
  /** The price was missing and was imputed. */
  imputedPrice: 1,
  /** The quantity was missing and was imputed. */
  imputedQuantity: 2,
  /** The time was missing or damaged and was imputed. */
  imputedTime: 4,
  /** The user was missing: the event belongs to an anonymous session. */
  anonymous: 8,
  /** A later refund or cancellation took (part of) it back. */
  refunded: 16,
} as const;

/** One event as a store reports it; ids are the store's own. */
export interface ShopEvent {
  /** Unique for ever: an event that comes twice is stored once. */
  readonly eventId: string;
  readonly kind: EventKind;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The signed-in customer. */
  readonly userId?: string;
  /** The anonymous visitor (a cookie); joined to the customer when both are seen together. */
  readonly visitorId?: string;
  readonly sessionId?: string;
  readonly productId?: string;
  readonly variantId?: string;
  readonly quantity?: number;
  /** Price paid for one unit, in the smallest unit of the currency. */
  readonly priceMinor?: number;
  readonly currency?: string;
  readonly device?: string;
  readonly place?: string;
  readonly referrer?: string;
  /** Search words, review text. */
  readonly text?: string;
  /** Rating or the value of a feedback. */
  readonly value?: number;
  /** The slate that this event answers, and the place on it (from 0). */
  readonly recommendationId?: string;
  readonly position?: number;
  readonly flags?: number;
}

/** A customer's profile. */
export interface UserProfile {
  readonly userId: string;
  readonly attributes: Readonly<Record<string, string>>;
}
