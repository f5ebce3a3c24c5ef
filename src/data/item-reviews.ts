/** What reviews say of each item, until some moment. */
export interface ItemReviews {
  /** Reviews; shape `[itemCount]`. */
  readonly count: Float32Array;
  /** Mean stars, from 1 to 5; NaN where nobody gave any; shape `[itemCount]`. */
  readonly stars: Float32Array;
  /** How well they speak of it, less how well reviews speak in all, shrunk; 0 where unknown; shape `[itemCount]`. */
  readonly sentiment: Float32Array;
  /** Things that reviews speak of; 0 where they were too few to tell any. */
  readonly aspectCount: number;
  /** How well they speak of each aspect of it, less how well of that aspect in all, shrunk; shape `[itemCount, aspects]`. */
  readonly aspects: Float32Array;
}
