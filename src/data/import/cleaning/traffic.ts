/**
 * Events that no shopper made. Test accounts are known by their ids; bots by rate (more browsing in a minute than a
 * person can do) and by breadth (more different products in a day than a person looks at, none of them bought). A bot
 * loses its browsing; what it bought stays.
 */
import { sqlText } from '../../analytics.ts';
import { kindCode } from '../staging.ts';
import type { CleaningContext, CleaningStep, Counts } from './step.ts';

export const testTraffic: CleaningStep = {
  name: 'test-traffic',
  action: 'set-aside',
  summary: 'the user or visitor id matches testAccounts',
  run(context) {
    const matches = (column: string): string =>
      `regexp_matches(${column}, ${sqlText(context.options.testAccounts)}, 'i')`;
    return context.setAside(
      testTraffic.name,
      `SELECT r.raw_row, r.part, 'the account is a test' AS reason FROM raw_rows r
       WHERE r.user_id IN (SELECT user_id FROM (SELECT DISTINCT user_id FROM raw_rows) WHERE ${matches('user_id')})
          OR r.visitor_id IN (SELECT visitor_id FROM (SELECT DISTINCT visitor_id FROM raw_rows) WHERE ${matches('visitor_id')})`,
    );
  },
};

const browsing = `(${kindCode('view_item')}, ${kindCode('search')}, ${kindCode('add_to_cart')})`;
const person = 'coalesce(user_id, visitor_id, session_id)';

export const botTraffic: CleaningStep = {
  name: 'bot-traffic',
  action: 'set-aside',
  summary:
    'browsing of a shopper with more than botEventsPerMinute events in a minute, or more than botProductsPerDay products in a day and no purchase',
  async run(context) {
    const rules: string[] = [];
    if (await timesTellMinutes(context))
      rules.push(
        `SELECT ${person} AS person, 'more than ${context.options.botEventsPerMinute} events in a minute' AS reason
         FROM raw_rows WHERE kind IN ${browsing} AND time IS NOT NULL AND ${person} IS NOT NULL
         GROUP BY ${person}, time // 60000 HAVING count(*) > ${context.options.botEventsPerMinute}`,
      );
    rules.push(
      `SELECT person, 'more than ${context.options.botProductsPerDay} products in a day' AS reason FROM (
         SELECT ${person} AS person, time // 86400000 AS day, count(DISTINCT product) AS products
         FROM raw_rows WHERE kind IN ${browsing} AND product >= 0 AND time IS NOT NULL AND ${person} IS NOT NULL
         GROUP BY ${person}, time // 86400000)
       WHERE products > ${context.options.botProductsPerDay} AND person NOT IN (
         SELECT ${person} FROM raw_rows WHERE kind = ${kindCode('purchase')} AND ${person} IS NOT NULL)`,
    );
    return setBotsAside(context, rules.join(' UNION ALL '));
  },
};

/** False where most times are whole days or hours: then a minute holds what a day brought. */
async function timesTellMinutes(context: CleaningContext): Promise<boolean> {
  const [row] = await context.analytics.rows<{ fine: number; n: number }>(
    `SELECT count(*) FILTER (time % 3600000 <> 0) AS fine, count(*) AS n FROM raw_rows
     WHERE kind IN ${browsing} AND time IS NOT NULL`,
  );
  return row!.n > 0 && row!.fine > row!.n / 2;
}

function setBotsAside(context: CleaningContext, bots: string): Promise<Counts> {
  return context.setAside(
    botTraffic.name,
    `SELECT r.raw_row, r.part, b.reason FROM raw_rows r
     JOIN (SELECT person, min(reason) AS reason FROM (${bots}) GROUP BY person) b
       ON b.person = coalesce(r.user_id, r.visitor_id, r.session_id)
     WHERE r.kind IN ${browsing}`,
  );
}
