/**
 * Tables that belong together, joined by their keys once all rows are staged: order lines get their order's shopper, time
 * and fate; the ids of a shopper that stand for one person become that person's.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import type { Analytics } from '../analytics.ts';
import { kindCode, type Staging } from './staging.ts';

/** Rows of one file among all raw rows. */
export interface FileRows {
  readonly name: string;
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

export interface Joining {
  readonly analytics: Analytics;
  readonly staging: Staging;
  /** Files of lines that have no shopper or time of their own. */
  readonly lines: readonly FileRows[];
  readonly orders: readonly string[];
  readonly people: readonly string[];
  /** Cleaning steps that are switched off. */
  readonly without: ReadonlySet<string>;
  /** The import clock, milliseconds since 1970. */
  readonly now: number;
}

const dayMs = 86_400_000;

/**
 * @returns notes for the report
 * @throws ShelfwiseError `SW_INPUT_FORMAT` where a key joins nothing
 */
export async function joinTables(joining: Joining): Promise<string[]> {
  const { analytics, staging, people } = joining;
  const notes: string[] = [];
  if (staging.aliases > 0) {
    await analytics.execute(
      `CREATE TABLE one_alias AS SELECT other, min(user_id) AS user_id FROM staged_aliases GROUP BY other`,
    );
    const table = staging.orders > 0 ? 'staged_orders' : 'staged';
    const [found] = await analytics.rows<{ n: number }>(
      `SELECT count(*) AS n FROM ${table} s JOIN one_alias a ON a.other = s.user_id`,
    );
    if (found!.n === 0 && (staging.orders > 0 || staging.events > 0))
      throw joinsNothing(people.join(', '), joining.orders.join(', ') || 'the events', 'the ids of people');
    for (const name of staging.orders > 0 ? ['staged_orders'] : staging.fields.has('userId') ? ['staged'] : [])
      await replaceTable(
        analytics,
        name,
        `SELECT s.* REPLACE (coalesce(a.user_id, s.user_id) AS user_id) FROM ${name} s LEFT JOIN one_alias a ON a.other = s.user_id`,
      );
  }
  if (staging.orders === 0) return notes;
  await analytics.execute(
    'CREATE TABLE one_order AS SELECT * FROM staged_orders QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY place_in_file) = 1',
  );
  const timed = await timeSequences(joining);
  if (timed) notes.push(timed);
  await joinOrders(joining);
  const unmatched = await setUnmatchedAside(joining);
  if (unmatched) notes.push(unmatched);
  return notes;
}

async function joinOrders({ analytics, lines, orders, without }: Joining): Promise<void> {
  const [found] = await analytics.rows<{ n: number }>(
    'SELECT count(*) AS n FROM staged s JOIN one_order o ON o.order_id = s.session_id',
  );
  if (found!.n === 0)
    throw joinsNothing(orders.join(', '), lines.map(({ name }) => name).join(', '), 'the ids of orders');
  const text = (column: string): string => `coalesce(s.${column}, o.${column}) AS ${column}`;
  const code = (column: string): string =>
    `CASE WHEN s.${column} >= 0 THEN s.${column} ELSE coalesce(o.${column}, -1) END AS ${column}`;
  await replaceTable(
    analytics,
    'staged',
    `SELECT s.* REPLACE (${text('user_id')}, ${text('visitor_id')}, ${text('time')}, ${text('referrer')}, ${code('currency')},
       ${code('device')}, ${code('place')}) FROM staged s LEFT JOIN one_order o ON o.order_id = s.session_id`,
  );
  const purchase = kindCode('purchase');
  if (!without.has('unsold-orders'))
    await analytics.execute(
      `INSERT INTO aside SELECT DISTINCT s.raw_row, s.part, 'unsold-orders', 'its order is "' || o.status || '"'
     FROM staged s JOIN one_order o ON o.order_id = s.session_id
     WHERE o.fate = 'not-bought' AND s.kind = ${purchase}`,
    );
  // Parts of one row below 2,048 are the row's own.
  await analytics.execute(
    `INSERT INTO staged SELECT s.* REPLACE (${kindCode('refund')} AS kind, s.part + 2048 AS part)
     FROM staged s JOIN one_order o ON o.order_id = s.session_id
     WHERE o.fate = 'given-back' AND s.kind = ${purchase}`,
  );
}

/** Orders that know their place and the days between them, but no date: the last of all ends now. */
async function timeSequences({ analytics, orders, now }: Joining): Promise<string> {
  const [found] = await analytics.rows<{ n: number; timed: number }>(
    'SELECT count(sequence) AS n, count(time) AS timed FROM one_order',
  );
  if (found!.n === 0 || found!.timed > 0) return '';
  await replaceTable(
    analytics,
    'one_order',
    `SELECT * EXCLUDE (days) REPLACE (CAST(${now} - (max(days) OVER () - days) * ${dayMs} - 100000 + least(sequence, 99999) AS BIGINT) AS time) FROM (
       SELECT *, sum(coalesce(days_since, 0)) OVER (PARTITION BY user_id ORDER BY sequence) AS days FROM one_order)`,
  );
  return `${orders.join(', ')}: no dates; the days between a person's orders are true, and the first orders of all stand on one day, so that the last is of today`;
}

async function setUnmatchedAside({ analytics, lines, orders }: Joining): Promise<string> {
  if (lines.length === 0) return '';
  const within = lines.map(({ first, end }) => `(s.raw_row >= ${first} AND s.raw_row < ${end})`).join(' OR ');
  await analytics.execute(
    `INSERT INTO aside SELECT DISTINCT s.raw_row, s.part, 'unmatched-lines', 'no order ' || coalesce(s.session_id, '(no id)')
     FROM staged s WHERE (${within}) AND s.kind = ${kindCode('purchase')}
       AND NOT EXISTS (SELECT 1 FROM one_order o WHERE o.order_id = s.session_id)`,
  );
  const [found] = await analytics.rows<{ n: number }>(
    "SELECT count(DISTINCT raw_row) AS n FROM aside WHERE step = 'unmatched-lines'",
  );
  return found!.n === 0
    ? ''
    : `${found!.n.toLocaleString('en')} lines are of orders that ${orders.join(', ')} does not have: nobody and no time is known for them`;
}

async function replaceTable(analytics: Analytics, name: string, select: string): Promise<void> {
  await analytics.execute(`CREATE TABLE ${name}_joined AS ${select}`);
  await analytics.execute(`DROP TABLE ${name}`);
  await analytics.execute(`ALTER TABLE ${name}_joined RENAME TO ${name}`);
}

function joinsNothing(one: string, other: string, key: string): ShelfwiseError {
  return new ShelfwiseError(
    'SW_INPUT_FORMAT',
    `${one}: expected ${key} that ${other} has as well, got none in common.`,
    'Check that the files are of the same export, and which columns hold the ids.',
  );
}
