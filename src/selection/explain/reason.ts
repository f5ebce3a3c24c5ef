/** The port through which a signal says why it speaks for a product: when it may, by which facts, in which words. */
import type { Query } from '../../data/histories.ts';
import type { Model } from '../../models/model.ts';

export const reasonKinds = [
  'history',
  'taste',
  'popular',
  'trend',
  'repeat',
  'attributes',
  'content',
  'typed',
  'price',
  'reviews',
  'time',
] as const;
export type ReasonKind = (typeof reasonKinds)[number];

export type ReasonLanguage = 'en' | 'zh';

export interface HistoryPart {
  readonly item: number;
  /** Newest position of the item in the history. */
  readonly position: number;
  /** What all its positions gave to the base model's score. */
  readonly value: number;
}

/** What a signal can look at. */
export interface ReasonContext {
  readonly query: Query;
  readonly item: number;
  /** A feature of the item by its column's name; NaN where there is no such column. */
  readonly column: (name: string) => number;
  /** The base model that the columns are of; absent for signals of their own. */
  readonly model?: Pick<Model, 'name' | 'explain'>;
}

export interface Said {
  readonly kind: ReasonKind;
  /** Items of the history that speak for it, the strongest first, all > 0; empty where the reason is not the history's. */
  readonly items: readonly HistoryPart[];
  /** The base model's whole score, which its history parts sum to; only with `items`. */
  readonly score?: number;
  /** Numbers that the sentence states, by name. */
  readonly facts: Readonly<Record<string, number>>;
}

export interface SentenceWords {
  readonly facts: Said['facts'];
  /** Title of the item that speaks; titles are data and stand between quotation marks. */
  readonly title: string;
  /** What the shopper did with the item that speaks, in the language of the sentence. */
  readonly verb: string;
}

/** One for each kind of reason that the signal gives. */
export type Sentences = Readonly<
  Partial<Record<ReasonKind, Readonly<Record<ReasonLanguage, (words: SentenceWords) => string>>>>
>;

export interface SignalReason {
  /**
   * @param source - of the columns that speak
   * @returns undefined where they give no reason worth a sentence, or none that is true of the data
   */
  readonly say: (source: string, context: ReasonContext) => Said | undefined;
  readonly sentences: Sentences;
}

/** From this many times the usual on, a number is worth a sentence. */
export const notable = 1.2;
