/**
 * Quantities and prices far from what is usual, by the robust z-score of their logarithm:
 * `z = |ln x - median| / max(1.4826 * MAD, outlierMinSpread)`. Median and MAD are the product's own where it has
 * outlierMinRows sales; with fewer its quantities are judged among all sales and its prices not at all. A quantity is
 * an outlier only above: one piece of what is sold by the gross is a sale like any other.
 *
 * @source Iglewicz & Hoaglin, How to Detect and Handle Outliers, 1993 (the modified z-score)
 */
import { kindCode } from '../staging.ts';
import type { CleaningContext, CleaningStep } from './step.ts';

const sales = `kind IN (${kindCode('purchase')}, ${kindCode('refund')}, ${kindCode('add_to_cart')})`;

/** Values that are compared with each other: a product's quantities, and its prices in one currency. */
const keys = {
  quantity: 'CAST(r.product AS BIGINT)',
  price: '(CAST(r.product AS BIGINT) * 1024 + r.currency + 1)',
} as const;

export const outliers: CleaningStep = {
  name: 'outliers',
  action: 'set-aside',
  summary:
    'a quantity far above, or a price far from, the usual: robust z-score (log scale, per product) beyond outlierZ',
  async run(context) {
    await measure(context, 'quantity');
    await measure(context, 'price');
    const [all] = await context.analytics.rows<{ usual: number; high: number }>(
      'SELECT usual, high FROM usual_quantity WHERE product = -1',
    );
    const { usual, high } = all ?? { usual: 1, high: Number.MAX_VALUE };
    // The bounds stand on the product, so that a row is one comparison.
    return context.setAside(
      outliers.name,
      `SELECT r.raw_row, r.part,
         CASE WHEN r.quantity > coalesce(q.high, ${high})
              THEN 'quantity ' || r.quantity || ' is far from the usual ' || round(coalesce(q.usual, ${usual}), 2)
              ELSE 'price ' || r.price || ' is far from the usual ' || round(p.usual, 2) END AS reason
       FROM raw_rows r
       LEFT JOIN usual_quantity q ON q.product = ${keys.quantity} AND q.product >= 0
       LEFT JOIN usual_price p ON p.product = ${keys.price} AND p.product >= 0
       WHERE r.${sales} AND (
         r.quantity > coalesce(q.high, ${high})
         OR (r.price > 0 AND (r.price > p.high OR r.price < p.low)))`,
    );
  },
};

/**
 * Writes the table `usual_COLUMN` (product, usual, high, low); product -1 stands for all. Medians are read from the
 * histogram of each product's values, which is far smaller than the rows.
 */
async function measure(context: CleaningContext, column: 'quantity' | 'price'): Promise<void> {
  const { outlierZ: z, outlierMinRows, outlierMinSpread } = context.options;
  const { analytics } = context;
  await analytics.execute(
    `CREATE OR REPLACE TABLE histogram AS
     SELECT ${keys[column]} AS product, ln(${column}) AS x, count(*) AS n FROM kept r
     WHERE ${sales} AND ${column} > 0 AND r.product >= 0 GROUP BY ${keys[column]}, ${column}`,
  );
  await analytics.execute('INSERT INTO histogram SELECT -1, x, sum(n) FROM histogram GROUP BY x');
  await analytics.execute(
    `CREATE OR REPLACE TABLE centre AS
     SELECT product, median AS centre FROM (${weightedMedian('SELECT product, x, n FROM histogram')})
     WHERE total >= ${outlierMinRows} OR product = -1`,
  );
  const deviations = weightedMedian(
    'SELECT h.product, abs(h.x - c.centre) AS x, h.n FROM histogram h JOIN centre c ON c.product = h.product',
  );
  await analytics.execute(
    `CREATE OR REPLACE TABLE usual_${column} AS
     SELECT product, exp(centre) AS usual, exp(centre + ${z} * spread) AS high, exp(centre - ${z} * spread) AS low FROM (
       SELECT c.product, c.centre, greatest(1.4826 * d.median, ${outlierMinSpread}) AS spread
       FROM centre c JOIN (${deviations}) d ON d.product = c.product)`,
  );
}

/** The lower median per product of values x that stand n times. */
function weightedMedian(histogram: string): string {
  return `SELECT product, total, min(x) AS median FROM (
    SELECT product, x, sum(n) OVER (PARTITION BY product) AS total,
           sum(n) OVER (PARTITION BY product ORDER BY x ROWS UNBOUNDED PRECEDING) AS reached
    FROM (${histogram}))
  WHERE reached * 2 >= total GROUP BY product, total`;
}
