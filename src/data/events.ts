/** Shoppers' events, in the words of GA4's e-commerce events, plus those of our own slates. */
import type { eventFields } from './event-fields.ts';

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

type ValueOf<Field> = Field extends { readonly meaning: 'kind' }
  ? EventKind
  : Field extends { readonly type: 'VARCHAR' }
    ? string
    : number;
type Fields = typeof eventFields;

/** One event as a store reports it; ids are the store's own. `eventFields` says what each field means. */
export type ShopEvent = {
  readonly [Name in keyof Fields as Fields[Name] extends { readonly required: true } ? Name : never]: ValueOf<
    Fields[Name]
  >;
} & {
  readonly [Name in keyof Fields as Fields[Name] extends { readonly required: true } ? never : Name]?: ValueOf<
    Fields[Name]
  >;
};

/** A customer's profile. */
export interface UserProfile {
  readonly userId: string;
  readonly attributes: Readonly<Record<string, string>>;
}
