/** What the texts of items say, as vectors. */
export interface ItemVectors {
  readonly dimensions: number;
  /** Shape `[items, dimensions]`, rows as long as 1; of zeros for an item without one. */
  readonly values: Float32Array;
}
