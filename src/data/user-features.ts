/**
 * One record per user of what the shop knows: events, profile and preferences joined, computed for all users at once by
 * SQL (in the part of the dialect that DuckDB and Spark share), or for one user by the same statements.
 *
 * Every feature is one entry of `userNumbers` or `userShares`: its name, unit, definition and the expression that computes
 * it. Only what happened before `now` counts, so that a record of the past holds nothing of its future.
 */
import type { Analytics } from './analytics.ts';
import { type EventKind, eventFlags, eventKinds } from './events.ts';
import type { ShopStore } from './shop-store.ts';

/** Rows that numbers are computed over, each with a column `person`. */
type Source = 'seen' | 'bought' | 'baskets';

export interface UserNumber {
  readonly name: string;
  readonly unit:
    | 'events'
    | 'sessions'
    | 'days'
    | 'orders'
    | 'products'
    | 'units'
    | 'minor'
    | 'ratio'
    | 'log2'
    | 'value';
  readonly definition: string;
  readonly source: Source;
  /** Aggregate over the rows of one person. `{now}` stands for the time of asking. */
  readonly sql: string;
  /** Value of a person without rows of the source; missing where absent. */
  readonly none?: 0;
}

const dayMs = 86_400_000;

const kindNames: Record<EventKind, string> = {
  view_item_list: 'listViews',
  view_item: 'views',
  add_to_cart: 'cartAdds',
  purchase: 'purchases',
  refund: 'refunds',
  search: 'searches',
  rate: 'ratings',
  review: 'reviews',
  impression: 'impressions',
  feedback: 'feedbacks',
};

const of = (kind: EventKind): string => `FILTER (WHERE kind = '${kind}')`;

/** All numeric features, in the order of their columns. */
export const userNumbers: readonly UserNumber[] = [
  ...eventKinds.map(
    (kind): UserNumber => ({
      name: kindNames[kind],
      unit: 'events',
      definition: `Events of kind ${kind}.`,
      source: 'seen',
      sql: `count(*) ${of(kind)}`,
      none: 0,
    }),
  ),
  {
    name: 'sessions',
    unit: 'sessions',
    definition: 'Sessions with at least one event.',
    source: 'seen',
    sql: 'count(DISTINCT session)',
    none: 0,
  },
  {
    name: 'activeDays',
    unit: 'days',
    definition: 'Days with at least one event.',
    source: 'seen',
    sql: 'count(DISTINCT day)',
    none: 0,
  },
  {
    name: 'distinctProducts',
    unit: 'products',
    definition: 'Products met in any event.',
    source: 'seen',
    sql: 'count(DISTINCT product_id)',
    none: 0,
  },
  {
    name: 'daysSinceFirst',
    unit: 'days',
    definition: 'Days since the first event.',
    source: 'seen',
    sql: `({now} - min(time)) / ${dayMs}.0`,
  },
  {
    name: 'daysSinceLast',
    unit: 'days',
    definition: 'Days since the last event: recency.',
    source: 'seen',
    sql: `({now} - max(time)) / ${dayMs}.0`,
  },
  {
    name: 'daysSincePurchase',
    unit: 'days',
    definition: 'Days since the last purchase: recency of buying.',
    source: 'bought',
    sql: `({now} - max(time)) / ${dayMs}.0`,
  },
  {
    name: 'ratingMean',
    unit: 'value',
    definition: 'Mean value of ratings and reviews.',
    source: 'seen',
    sql: "avg(value) FILTER (WHERE kind IN ('rate', 'review'))",
  },
  {
    name: 'likedShare',
    unit: 'ratio',
    definition: 'Share of feedback with a positive value.',
    source: 'seen',
    sql: `avg(CASE WHEN value > 0 THEN 1.0 ELSE 0.0 END) FILTER (WHERE kind = 'feedback' AND value IS NOT NULL)`,
  },
  {
    name: 'refundShare',
    unit: 'ratio',
    definition: 'Share of bought lines that a later refund or cancellation took (part of) back.',
    source: 'bought',
    sql: 'avg(CASE WHEN refunded THEN 1.0 ELSE 0.0 END)',
  },
  {
    name: 'orders',
    unit: 'orders',
    definition: 'Purchases grouped by session, or by time where there is none: frequency.',
    source: 'baskets',
    sql: 'count(*)',
    none: 0,
  },
  {
    name: 'ordersPer30Days',
    unit: 'ratio',
    definition: 'Orders per 30 days since the first of them (at least one day).',
    source: 'baskets',
    sql: `count(*) * 30.0 * ${dayMs} / greatest({now} - min(time), ${dayMs})`,
    none: 0,
  },
  {
    name: 'daysBetweenOrders',
    unit: 'days',
    definition: 'Mean days between orders; missing below two.',
    source: 'baskets',
    sql: `CASE WHEN count(*) > 1 THEN (max(time) - min(time)) / ${dayMs}.0 / (count(*) - 1) END`,
  },
  {
    name: 'spendMinor',
    unit: 'minor',
    definition: "Sum of price times quantity bought, in the currency the user buys in most: RFM's monetary value.",
    source: 'bought',
    sql: 'sum(amount)',
    none: 0,
  },
  {
    name: 'basketMinor',
    unit: 'minor',
    definition: 'Mean amount of an order, in the currency the user buys in most.',
    source: 'baskets',
    sql: 'avg(amount)',
  },
  {
    name: 'basketUnits',
    unit: 'units',
    definition: 'Mean units of an order.',
    source: 'baskets',
    sql: 'avg(units)',
  },
  {
    name: 'unitPriceMinor',
    unit: 'minor',
    definition: 'Amount bought over units bought.',
    source: 'bought',
    sql: 'sum(amount) / nullif(sum(CASE WHEN amount IS NOT NULL THEN units END), 0)',
  },
  {
    name: 'priceLevel',
    unit: 'log2',
    definition:
      "Mean log2 of the price paid over the median price of the product's category (0 usual, 1 twice as dear).",
    source: 'bought',
    sql: 'avg(price_level)',
  },
];

export interface UserShare {
  readonly name: string;
  readonly definition: string;
  /** Rows `(person, value, weight)`. */
  readonly sql: string;
  /** Values kept per person, those with the largest shares. */
  readonly most: number;
}

const interest = `CASE kind WHEN 'purchase' THEN 3.0 WHEN 'add_to_cart' THEN 2.0 WHEN 'rate' THEN 2.0 WHEN 'review' THEN 2.0
  WHEN 'view_item' THEN 1.0 WHEN 'search' THEN 0.0 ELSE 0.0 END`;
const liked = "((kind IN ('rate', 'review') AND value >= 4) OR (kind = 'feedback' AND value > 0))";
const byProduct = (value: string, weight: string, join: string, where = 'true'): string =>
  `SELECT s.person, ${value} AS value, ${weight} AS weight FROM seen s JOIN ${join} WHERE ${where}`;
const categories = 'product_categories c ON c.product_id = s.product_id';
const brands = 'products p ON p.product_id = s.product_id AND p.brand IS NOT NULL';

/** All features that are distributions: values with their shares of the user's total. */
export const userShares: readonly UserShare[] = [
  {
    name: 'categories',
    definition: 'Favourite categories, by events weighted: view 1, cart 2, rating 2, purchase 3.',
    sql: byProduct('c.category', interest, categories),
    most: 5,
  },
  {
    name: 'brands',
    definition: 'Favourite brands, with the same weights.',
    sql: byProduct('p.brand', interest, brands),
    most: 5,
  },
  {
    name: 'likedCategories',
    definition: 'Categories of products rated 4 or more or given positive feedback: stated preferences.',
    sql: byProduct('c.category', '1.0', categories, liked),
    most: 5,
  },
  {
    name: 'likedBrands',
    definition: 'Brands of products rated 4 or more or given positive feedback: stated preferences.',
    sql: byProduct('p.brand', '1.0', brands, liked),
    most: 5,
  },
  {
    name: 'hours',
    definition: "Hours of the day (0 to 23, the shop's time) of events.",
    sql: 'SELECT person, CAST(hour AS VARCHAR) AS value, 1.0 AS weight FROM seen',
    most: 24,
  },
  {
    name: 'weekdays',
    definition: "Weekdays (1 Monday to 7 Sunday, the shop's time) of events.",
    sql: 'SELECT person, CAST(weekday AS VARCHAR) AS value, 1.0 AS weight FROM seen',
    most: 7,
  },
  {
    name: 'devices',
    definition: 'Devices of events.',
    sql: 'SELECT person, device AS value, 1.0 AS weight FROM seen WHERE device IS NOT NULL',
    most: 5,
  },
  {
    name: 'places',
    definition: 'Places of events.',
    sql: 'SELECT person, place AS value, 1.0 AS weight FROM seen WHERE place IS NOT NULL',
    most: 5,
  },
];

export interface UserFeatures {
  readonly person: number;
  /** By the names in `userNumbers`; null where unknown. */
  readonly numbers: Readonly<Record<string, number | null>>;
  /** By the names in `userShares`; largest share first, shares of the whole in (0, 1]. */
  readonly shares: Readonly<Record<string, readonly { readonly value: string; readonly share: number }[]>>;
  /** Attributes of the profile. */
  readonly profile: Readonly<Record<string, string>>;
  /** Those of them whose names begin with `prefer`: what the user stated. */
  readonly preferences: Readonly<Record<string, string>>;
}

export interface UserFeatureOptions {
  /** Milliseconds since 1970; only earlier events count. */
  readonly now: number;
  /** Only this person. */
  readonly person?: number;
  /** The shop's time, minutes east of UTC. @default 0 */
  readonly utcOffsetMinutes?: number;
}

/**
 * Computes the features in an empty `analytics`: a table `user_numbers` (`person` and one DOUBLE column per entry of
 * `userNumbers`), a table `user_shares (person, feature, value, share, place)` and `profiles (person, name, value)`.
 */
export async function computeUserFeatures(
  store: Pick<ShopStore, 'writeTables'>,
  analytics: Analytics,
  { now, person, utcOffsetMinutes = 0 }: UserFeatureOptions,
): Promise<void> {
  await store.writeTables(analytics, { until: now, ...(person !== undefined && { person }) });
  const local = `(time + ${utcOffsetMinutes * 60_000})`;
  const day = `CAST(floor(${local} / ${dayMs}.0) AS BIGINT)`;
  await analytics.execute(
    `CREATE TEMP TABLE seen AS SELECT person, time, kind, session, product_id, quantity, price_minor, currency, device, place, value, flags,
       ${day} AS day, CAST(floor(${local} / 3600000.0) AS BIGINT) - 24 * ${day} AS hour,
       1 + (((${day} + 3) % 7) + 7) % 7 AS weekday
     FROM events`,
  );
  await analytics.execute(boughtSql);
  await analytics.execute(
    `CREATE TEMP TABLE baskets AS SELECT person, min(time) AS time, sum(amount) AS amount, sum(units) AS units
     FROM bought GROUP BY person, session, CASE WHEN session IS NULL THEN time END`,
  );
  await analytics.execute(numbersSql(now));
  await analytics.execute(`CREATE TABLE user_shares AS ${userShares.map(sharesSql).join(' UNION ALL ')}`);
}

/** Bought lines; amounts in the buyer's usual currency, prices beside the median of the category in the same currency. */
const boughtSql = `
  CREATE TEMP TABLE bought AS
  WITH usual AS (
    SELECT person, currency FROM (
      SELECT person, currency, row_number() OVER (PARTITION BY person ORDER BY count(*) DESC, currency) AS place
      FROM seen WHERE kind = 'purchase' AND price_minor IS NOT NULL GROUP BY person, currency)
    WHERE place = 1),
  category_of AS (SELECT product_id, min(category) AS category FROM product_categories GROUP BY product_id),
  typical AS (
    SELECT c.category, p.currency, median(p.price_minor) AS price_minor
    FROM products p LEFT JOIN category_of c ON c.product_id = p.product_id
    WHERE p.price_minor > 0 GROUP BY c.category, p.currency)
  SELECT s.person, s.time, s.session, coalesce(s.quantity, 1) AS units,
    CASE WHEN s.currency IS NOT DISTINCT FROM u.currency THEN s.price_minor * coalesce(s.quantity, 1) END AS amount,
    CASE WHEN s.price_minor > 0 THEN log2(s.price_minor / t.price_minor) END AS price_level,
    CAST(floor(s.flags / ${eventFlags.refunded}.0) AS INTEGER) % 2 = 1 AS refunded
  FROM seen s
  LEFT JOIN usual u ON u.person = s.person
  LEFT JOIN category_of c ON c.product_id = s.product_id
  LEFT JOIN typical t ON t.category IS NOT DISTINCT FROM c.category AND t.currency = s.currency
  WHERE s.kind = 'purchase'`;

function numbersSql(now: number): string {
  const sources: readonly Source[] = ['seen', 'bought', 'baskets'];
  const withs = sources.map((source) => {
    const features = userNumbers.filter((feature) => feature.source === source);
    const columns = features.map(({ name, sql }) => `${sql.replaceAll('{now}', String(now))} AS "${name}"`);
    return `of_${source} AS (SELECT person, ${columns.join(', ')} FROM ${source} GROUP BY person)`;
  });
  const columns = userNumbers.map(({ name, none, source }) => {
    const value = `CAST(of_${source}."${name}" AS DOUBLE)`;
    return `${none === undefined ? value : `coalesce(${value}, ${none})`} AS "${name}"`;
  });
  const joins = sources.map((source) => `LEFT JOIN of_${source} ON of_${source}.person = people.person`);
  return `CREATE TABLE user_numbers AS
    WITH people AS (SELECT person FROM seen UNION SELECT person FROM profiles), ${withs.join(', ')}
    SELECT people.person, ${columns.join(', ')} FROM people ${joins.join(' ')} ORDER BY people.person`;
}

function sharesSql({ name, sql, most }: UserShare): string {
  return `SELECT person, '${name}' AS feature, value, share, place FROM (
    SELECT person, value, share, row_number() OVER (PARTITION BY person ORDER BY share DESC, value) AS place FROM (
      SELECT person, value, sum(weight) / sum(sum(weight)) OVER (PARTITION BY person) AS share
      FROM (${sql}) WHERE weight > 0 GROUP BY person, value)) WHERE place <= ${most}`;
}

/** The computed numbers by columns, in the order of `person`; NaN where unknown. Shape of each: `[people]`. */
export async function userNumberColumns(
  analytics: Analytics,
): Promise<{ person: Float64Array; numbers: Readonly<Record<string, Float64Array>> }> {
  const { person, ...numbers } = (await analytics.columns('SELECT * FROM user_numbers ORDER BY person')) as Record<
    string,
    Float64Array
  >;
  return { person: person!, numbers };
}

/** The computed records one after another, in the order of `person`. */
export async function* userFeatureRecords(analytics: Analytics): AsyncGenerator<UserFeatures> {
  const shares = groups<{ person: number; feature: string; value: string; share: number }>(
    analytics.stream('SELECT person, feature, value, share FROM user_shares ORDER BY person, feature, place'),
  );
  const attributes = groups<{ person: number; name: string; value: string }>(
    analytics.stream('SELECT person, name, value FROM profiles ORDER BY person, name'),
  );
  for await (const batch of analytics.stream<Record<string, number | null>>(
    'SELECT * FROM user_numbers ORDER BY person',
  ))
    for (const { person, ...numbers } of batch) {
      const byFeature: Record<string, { value: string; share: number }[]> = {};
      for (const { name } of userShares) byFeature[name] = [];
      for (const { feature, value, share } of await shares.of(person!)) byFeature[feature]!.push({ value, share });
      const profile = Object.fromEntries((await attributes.of(person!)).map(({ name, value }) => [name, value]));
      const preferences = Object.fromEntries(Object.entries(profile).filter(([name]) => /^prefer/i.test(name)));
      yield { person: person!, numbers, shares: byFeature, profile, preferences };
    }
}

/** The record of one person; undefined for a person who did nothing yet and has no profile. */
export async function userFeaturesOf(
  store: Pick<ShopStore, 'writeTables'>,
  analytics: Analytics,
  person: number,
  options: Omit<UserFeatureOptions, 'person'>,
): Promise<UserFeatures | undefined> {
  await computeUserFeatures(store, analytics, { ...options, person });
  for await (const record of userFeatureRecords(analytics)) return record;
  return undefined;
}

/** Rows that come ordered by person, handed out person by person; people must be asked for in the same order. */
function groups<Row extends { readonly person: number }>(
  batches: AsyncIterable<Record<string, unknown>[]>,
): { of(person: number): Promise<Row[]> } {
  const iterator = batches[Symbol.asyncIterator]();
  let batch: Row[] = [];
  let next = 0;
  let done = false;
  return {
    async of(person) {
      const found: Row[] = [];
      while (!done) {
        if (next === batch.length) {
          const step = await iterator.next();
          done = step.done === true;
          batch = (step.value ?? []) as Row[];
          next = 0;
          continue;
        }
        const row = batch[next]!;
        if (row.person > person) break;
        if (row.person === person) found.push(row);
        next++;
      }
      return found;
    },
  };
}
