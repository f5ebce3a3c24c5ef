/** Thresholds of the cleaning steps: declared here with their defaults, shown in docs/guides/importing.md. */
import { ShelfwiseError } from '../../../core/errors.ts';

export interface CleaningOptions {
  /** Times later than the import clock by more than this are impossible. */
  readonly maxSkewHours: number;
  /** Times before this are impossible, milliseconds since 1970. */
  readonly earliestTime: number;
  /** Robust z-score from which a quantity or price is an outlier. */
  readonly outlierZ: number;
  /** Fewest rows of a product for its own median; with fewer, quantities are judged among all rows. */
  readonly outlierMinRows: number;
  /** Least spread of the natural logarithm (in standard deviations' units) that a product is granted. */
  readonly outlierMinSpread: number;
  /** Browsing events of one shopper within one clock minute, beyond which it is a bot. */
  readonly botEventsPerMinute: number;
  /** Different products that one shopper views in a day, without buying, beyond which it is a bot. */
  readonly botProductsPerDay: number;
  /** Pattern of user ids that stand for tests (RE2, case ignored). */
  readonly testAccounts: string;
  /** Product ids that are no products, besides those that a kind declares; `*` stands for any characters. */
  readonly nonProducts: readonly string[];
  /** A sentence is boilerplate from this many descriptions on ... */
  readonly boilerplateMinProducts: number;
  /** ... that are at least this share of all. */
  readonly boilerplateMinShare: number;
}

export const defaultCleaning: CleaningOptions = {
  maxSkewHours: 24,
  earliestTime: Date.UTC(1990, 0, 1),
  outlierZ: 6,
  outlierMinRows: 20,
  outlierMinSpread: 0.5,
  botEventsPerMinute: 120,
  botProductsPerDay: 1000,
  testAccounts: '(^|[^a-z])(test|tester|testing|testuser|qa|dummy)([^a-z]|$)|@example\\.(com|org|net)$',
  nonProducts: [],
  boilerplateMinProducts: 10,
  boilerplateMinShare: 0.05,
};

/** @throws ShelfwiseError `SW_SETTING` for a name that is none or a value out of range */
export function cleaningOptions(given: Partial<CleaningOptions> = {}): CleaningOptions {
  for (const [name, value] of Object.entries(given)) {
    const standard = (defaultCleaning as unknown as Record<string, unknown>)[name];
    if (standard === undefined)
      throw new ShelfwiseError(
        'SW_SETTING',
        `cleaning.${name}: expected a setting, got an unknown name.`,
        `The settings are ${Object.keys(defaultCleaning).join(', ')}.`,
      );
    if (typeof standard === 'number' && !(typeof value === 'number' && Number.isFinite(value) && value >= 0))
      throw new ShelfwiseError('SW_SETTING', `cleaning.${name}: expected a number ≥ 0, got ${value}.`, 'Correct it.');
  }
  return { ...defaultCleaning, ...given };
}
