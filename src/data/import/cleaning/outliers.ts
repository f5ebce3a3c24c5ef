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

export const outliers: CleaningStep = {
  name: 'outliers',
  action: 'set-aside',
  summary:
    'a quantity far above, or a price far from, the usual: robust z-score (log scale, per product) beyond outlierZ',
  async run(context) {
    const quantity = await measure(context, 'quantity');
    const price = await measure(context, 'price');
    const z = context.options.outlierZ;
    const centre = await context.analytics.rows<{ median: number | null; spread: number | null }>(
      `SELECT median(ln(quantity)) AS median, median(abs(ln(quantity) - (SELECT median(ln(quantity)) FROM kept WHERE ${sales} AND quantity > 0))) * 1.4826 AS spread
       FROM kept WHERE ${sales} AND quantity > 0`,
    );
    const median = centre[0]?.median ?? 0;
    const spread = Math.max(centre[0]?.spread ?? 0, context.options.outlierMinSpread);
    const highest = Math.exp(median + z * spread);
    // The bounds stand on the product, so that a row is one comparison.
    return context.setAside(
      outliers.name,
      `SELECT r.raw_row, r.part,
         CASE WHEN r.quantity > coalesce(q.high, ${highest})
              THEN 'quantity ' || r.quantity || ' is far from the usual ' || round(coalesce(q.usual, ${Math.exp(median)}), 2)
              ELSE 'price ' || r.price || ' is far from the usual ' || round(p.usual, 2) END AS reason
       FROM raw_rows r LEFT JOIN ${quantity} q ON q.product = r.product LEFT JOIN ${price} p ON p.product = r.product
       WHERE r.${sales} AND (
         r.quantity > coalesce(q.high, ${highest})
         OR (r.price > 0 AND (r.price > p.high OR r.price < p.low)))`,
    );
  },
};

/** Writes a table of each product's usual value and bounds; returns its name. */
async function measure(context: CleaningContext, column: 'quantity' | 'price'): Promise<string> {
  const { outlierZ: z, outlierMinRows, outlierMinSpread } = context.options;
  const table = `usual_${column}`;
  await context.analytics.execute(
    `CREATE OR REPLACE TABLE centre AS
     SELECT product, median(ln(${column})) AS centre FROM kept
     WHERE ${sales} AND ${column} > 0 AND product >= 0 GROUP BY product HAVING count(*) >= ${outlierMinRows}`,
  );
  await context.analytics.execute(
    `CREATE OR REPLACE TABLE ${table} AS
     SELECT product, exp(centre) AS usual, exp(centre + ${z} * spread) AS high, exp(centre - ${z} * spread) AS low FROM (
       SELECT k.product, c.centre,
              greatest(1.4826 * median(abs(ln(k.${column}) - c.centre)), ${outlierMinSpread}) AS spread
       FROM kept k JOIN centre c ON c.product = k.product
       WHERE k.${sales} AND k.${column} > 0 GROUP BY k.product, c.centre)`,
  );
  return table;
}
