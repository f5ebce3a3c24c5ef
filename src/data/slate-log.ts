/**
 * The port of what was shown. Each slate is noted with what the choice knew of it, off the request's way; feedback joins it by
 * `recommendationId`. A propensity stands there only where an exploration drew the slate: the best slate has none.
 */

export interface ShownProduct {
  readonly productId: string;
  readonly variantId?: string;
  /** P(product | shopper) among the candidates; absent for a product that only filled the page. */
  readonly probability?: number;
  /** Features as the choice read them, in the order of the generation's columns; shape `[columns]`. */
  readonly features?: Float32Array;
}

export interface LoggedSlate {
  readonly recommendationId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Random key that stands for the person; absent for a stranger. */
  readonly person?: number;
  /** Of the trained models; absent in a shop that is not trained. */
  readonly generation?: number;
  /** How the slate was drawn, without chance: the best one for the shopper, or an order that needs none. */
  readonly policy: 'best' | 'similar' | 'popular' | 'trending' | 'latest';
  readonly place: string;
  readonly page?: string;
  /** Products among which was chosen. */
  readonly candidates: number;
  /** Codes of what was missing. */
  readonly fellBack: readonly string[];
  /** What judged the likeliest candidates once more, and what became of it; absent where the settings name none. */
  readonly rerank?: ShownRerank;
  /** In their places, from the first. */
  readonly items: readonly ShownProduct[];
}

export interface ShownRerank {
  readonly status: 'used' | 'unused' | 'missed';
  readonly model?: string;
  readonly ms: number;
  readonly cached: boolean;
  /** Code of why it was not used. */
  readonly reason?: string;
}

/** Slates of a span of time; both ends in milliseconds since 1970. */
export interface SlateSpan {
  /** Inclusive. */
  readonly since?: number;
  /** Exclusive. */
  readonly until?: number;
}

export interface SlateLog {
  /**
   * Takes a slate at once and writes it later.
   *
   * @param keepDays - slates of so many days before it are kept
   */
  add(slate: LoggedSlate, keepDays: number): void;
  /** Slates that could not be written, or came faster than they could be. */
  readonly lost: number;
  /** Writes what was taken. */
  flush(): Promise<void>;
  /** Slates that are written, day by day. */
  read(span?: SlateSpan): AsyncGenerator<LoggedSlate>;
  /** Writes what was taken; nothing may be added after. */
  close(): Promise<void>;
}
