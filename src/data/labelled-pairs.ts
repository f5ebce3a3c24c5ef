/** Labelled pairs of a user and an item: what models of clicks learn from and are asked about. */
export interface Pairs {
  /** Shape `[pairs]`. */
  readonly users: Int32Array;
  readonly items: Int32Array;
}

export interface LabelledPairs extends Pairs {
  /** 1 or 0 of each pair, by task (click, cart, buy). */
  readonly labels: Readonly<Record<string, Uint8Array>>;
}
