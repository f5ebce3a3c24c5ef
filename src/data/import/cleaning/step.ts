/**
 * A cleaning step: a name, what it does to a row, and a run over the staged rows. A row rule is a condition in
 * SQL; a set rule compares rows with each other. Each reports the raw rows that match its rule, whatever became of them,
 * and the rows it acted on, which an earlier step may have left fewer.
 */
import type { Analytics } from '../../analytics.ts';
import type { CleaningCount } from '../../import-log.ts';
import type { CleaningOptions } from './options.ts';
import type { TextCleaner } from './text-cleaner.ts';

export interface CleaningStep {
  readonly name: string;
  readonly action: CleaningCount['action'];
  /** The rule, for the guide. */
  readonly summary: string;
  run(context: CleaningContext): Promise<Counts>;
}

export interface Counts {
  readonly matched: number;
  readonly acted: number;
}

/** The tables that steps read and write: views `raw_rows` (all) and `kept` (not set aside so far), tables `aside` and `marks`. */
export class CleaningContext {
  readonly analytics: Analytics;
  readonly options: CleaningOptions;
  /** The import clock, milliseconds since 1970. */
  readonly now: number;
  readonly texts: TextCleaner;
  /** Names of the products by code. */
  readonly products: readonly string[];
  /** Names of the variants by code. */
  readonly variants: readonly string[];
  /** Product ids that are no products, by the files' kinds. */
  readonly nonProducts: readonly RegExp[];
  readonly hasEventIds: boolean;
  /** SQL over `raw_row`: true in files whose equal rows are each a sale. */
  readonly everyRowCounts: string;
  readonly unparsable: number;

  constructor(from: {
    analytics: Analytics;
    options: CleaningOptions;
    now: number;
    texts: TextCleaner;
    products: readonly string[];
    variants: readonly string[];
    nonProducts: readonly RegExp[];
    hasEventIds: boolean;
    everyRowCounts: string;
    unparsable: number;
  }) {
    this.analytics = from.analytics;
    this.options = from.options;
    this.now = from.now;
    this.texts = from.texts;
    this.products = from.products;
    this.variants = from.variants;
    this.nonProducts = from.nonProducts;
    this.hasEventIds = from.hasEventIds;
    this.everyRowCounts = from.everyRowCounts;
    this.unparsable = from.unparsable;
  }

  /** Raw rows that meet a condition, of all rows or of those kept so far. */
  async count(view: 'raw_rows' | 'kept', where: string): Promise<number> {
    const [row] = await this.analytics.rows<{ n: number }>(
      `SELECT count(DISTINCT raw_row) AS n FROM ${view} WHERE ${where}`,
    );
    return row!.n;
  }

  /** Sets aside the rows of a query with the columns raw_row, part, reason. */
  async setAside(step: string, query: string): Promise<Counts> {
    await this.analytics.execute(`CREATE OR REPLACE TABLE matching AS ${query}`);
    const [found] = await this.analytics.rows<{ matched: number; acted: number }>(
      `SELECT count(DISTINCT m.raw_row) AS matched,
              count(DISTINCT CASE WHEN a.raw_row IS NULL THEN m.raw_row END) AS acted
       FROM matching m LEFT JOIN aside a ON a.raw_row = m.raw_row AND a.part = m.part`,
    );
    await this.analytics.execute(
      `INSERT INTO aside
       SELECT m.raw_row, m.part, '${step}', min(m.reason)
       FROM matching m LEFT JOIN aside a ON a.raw_row = m.raw_row AND a.part = m.part
       WHERE a.raw_row IS NULL GROUP BY m.raw_row, m.part`,
    );
    await this.analytics.execute('DROP TABLE matching');
    return found!;
  }

  /** Sets aside the rows that meet a condition. @param reason - an SQL expression of text */
  setAsideWhere(step: string, where: string, reason: string): Promise<Counts> {
    return this.setAside(step, `SELECT raw_row, part, ${reason} AS reason FROM raw_rows WHERE ${where}`);
  }
}

/** Creates what steps write. */
export async function prepareCleaning(analytics: Analytics): Promise<void> {
  await analytics.execute('CREATE TABLE aside (raw_row INTEGER, part INTEGER, step VARCHAR, reason VARCHAR)');
  await analytics.execute('CREATE TABLE marks (raw_row INTEGER, part INTEGER, flag INTEGER)');
  await analytics.execute('CREATE TABLE filled_times (raw_row INTEGER, filled BIGINT)');
  await analytics.execute('CREATE TABLE median_prices (product INTEGER, price DOUBLE)');
  await analytics.execute(
    `CREATE VIEW kept AS SELECT r.* FROM raw_rows r
     WHERE NOT EXISTS (SELECT 1 FROM aside a WHERE a.raw_row = r.raw_row AND a.part = r.part)`,
  );
}
