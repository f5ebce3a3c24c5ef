/**
 * Missing values are filled in by declared rules, and the event says so in its flags. A time is that of the nearest row
 * before it in the file, or, where the file has no times at all, the import clock less one millisecond for every row
 * that follows, so that the file's order stays; a quantity is one; a price is the product's median. A shopper who is not
 * named becomes the visitor of a session of its own.
 */
import { kindCode } from '../staging.ts';
import type { CleaningStep } from './step.ts';

const sales = `kind IN (${kindCode('purchase')}, ${kindCode('refund')}, ${kindCode('add_to_cart')})`;

export const missingTimes: CleaningStep = {
  name: 'missing-times',
  action: 'repaired',
  summary: 'a missing time becomes that of the row before it; without any times the rows keep their order',
  async run(context) {
    const matched = await context.count('raw_rows', 'time IS NULL');
    if (matched === 0) return { matched, acted: 0 };
    const [known] = await context.analytics.rows<{ n: number; last_row: number; first_time: number | null }>(
      // A time that was set aside fills no other row.
      'SELECT count(time) AS n, max(raw_row) AS last_row, min_by(time, raw_row) FILTER (time IS NOT NULL) AS first_time FROM kept',
    );
    if (known!.n === 0)
      await context.analytics.execute(
        `INSERT INTO filled_times SELECT DISTINCT raw_row, ${context.now} - (${known!.last_row} - raw_row) FROM kept`,
      );
    else
      await context.analytics.execute(
        `INSERT INTO filled_times
         SELECT m.raw_row, coalesce(t.time, ${known!.first_time}) FROM (SELECT DISTINCT raw_row FROM kept WHERE time IS NULL) m
         ASOF LEFT JOIN (SELECT raw_row, min(time) AS time FROM kept WHERE time IS NOT NULL GROUP BY raw_row) t
           ON m.raw_row >= t.raw_row`,
      );
    return { matched, acted: await context.count('kept', 'time IS NULL') };
  },
};

export const missingQuantities: CleaningStep = {
  name: 'missing-quantities',
  action: 'repaired',
  summary: 'a sale, refund or cart event without a quantity is of one unit',
  async run(context) {
    const where = `quantity IS NULL AND ${sales}`;
    return { matched: await context.count('raw_rows', where), acted: await context.count('kept', where) };
  },
};

export const missingPrices: CleaningStep = {
  name: 'missing-prices',
  action: 'repaired',
  summary: "a sale, refund or cart event without a price gets the median of its product's prices",
  async run(context) {
    const matched = await context.count('raw_rows', `price IS NULL AND ${sales}`);
    if (matched === 0) return { matched, acted: 0 };
    await context.analytics.execute(
      `INSERT INTO median_prices SELECT product, median(price) FROM kept
       WHERE ${sales} AND price > 0 AND product >= 0 GROUP BY product`,
    );
    const acted = await context.count(
      'kept',
      `price IS NULL AND ${sales} AND product IN (SELECT product FROM median_prices)`,
    );
    return { matched, acted };
  },
};

export const missingUsers: CleaningStep = {
  name: 'missing-users',
  action: 'flagged',
  summary: 'an event without a user or visitor becomes that of an anonymous session',
  async run(context) {
    const where = 'user_id IS NULL AND visitor_id IS NULL';
    return { matched: await context.count('raw_rows', where), acted: await context.count('kept', where) };
  },
};
