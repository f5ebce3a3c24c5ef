/**
 * What stands in place of a score where a model knows nothing of an item: below every score, and told apart from each,
 * since the scale of a score is the model's own and its zero may mean anything. Items that may not be shown are at
 * -Infinity, below it.
 */
export const absent: number = -3.4028234663852886e38;
