/**
 * Keys for all the people of an import at once. The raw ids leave DuckDB distinct and in order, get or find their keys
 * here, and go back as tables to join the events with; they never reach a Parquet file.
 *
 * Ids that are new get their keys in short transactions before anything of the import is visible: a key without events
 * says nothing, and whoever records an event of that person meanwhile uses the same key.
 *
 * Anonymous events of a visitor belong to the customer who had signed in last before them, else to the first who did.
 */
import type { Analytics } from '../../data/analytics.ts';
import { eventIdHashSql } from '../../data/event-id-hash.ts';
import type { ShopDatabase } from './database.ts';
import { type Known, Persons, strangerBase } from './persons.ts';

/** The visitor of a staged row; a session stands for one where nobody is named. */
const stagedVisitor = `coalesce(visitor_id, CASE WHEN user_id IS NULL THEN 'session:' || session_id END)`;

const always = 9e15;
/** New ids of one transaction. */
const chunk = 2_000;

interface StagedEvents {
  readonly analytics: Analytics;
  readonly table: string;
}

export interface ImportPeopleParts {
  readonly database: ShopDatabase;
  /** The staged events; absent where there are none. */
  readonly events?: StagedEvents;
  /** Number of the import. */
  readonly batch: number;
  /** Customers without events, whose profiles come with the import. */
  readonly users: readonly string[];
  /** A short transaction. */
  transact<T>(work: () => T): Promise<T>;
}

type Kind = 'user' | 'visitor';

/** A visitor who becomes a customer by this import. */
interface Joining {
  readonly visitorId: string;
  /** To whom the visitor's past belongs, and what follows. */
  readonly first: number;
  readonly last: number;
}

/** Tables in the import's DuckDB and what the shop must learn in the import's transaction. */
export class ImportPeople {
  readonly #parts: ImportPeopleParts;
  readonly #persons: Persons;
  readonly #joining: Joining[] = [];

  constructor(parts: ImportPeopleParts) {
    this.#parts = parts;
    this.#persons = new Persons(parts.database);
  }

  /** Creates `store_users (user_id, person)` and `store_visitors (visitor_id, since, until, person)`. */
  async map(): Promise<void> {
    const { events, users } = this.#parts;
    if (!events) {
      await this.#keysOf('user', users);
      return;
    }
    const { analytics, table } = events;
    await this.drop();
    await analytics.execute(
      `CREATE TEMP TABLE store_pairs AS SELECT user_id, visitor, min(time) AS first, max(time) AS last
       FROM (SELECT user_id, ${stagedVisitor} AS visitor, time FROM ${table})
       WHERE user_id IS NOT NULL OR visitor IS NOT NULL GROUP BY user_id, visitor`,
    );
    await this.#mapVisitors(events, await this.#mapUsers(analytics));
  }

  async #mapUsers(analytics: Analytics): Promise<ReadonlyMap<string, number>> {
    const { users } = this.#parts;
    const found = await analytics.columns(
      'SELECT DISTINCT user_id FROM store_pairs WHERE user_id IS NOT NULL ORDER BY user_id',
    );
    const ids = found['user_id'] as string[];
    const withEvents = new Set(ids);
    const known = await this.#keysOf('user', [...ids, ...users.filter((id) => !withEvents.has(id))]);
    const keys = new Map([...known].map(([id, { person }]) => [id, person]));
    await analytics.append('store_users', [
      { name: 'user_id', type: 'VARCHAR', values: ids },
      { name: 'person', type: 'BIGINT', values: Float64Array.from(ids, (id) => keys.get(id)!) },
    ]);
    return keys;
  }

  /** What is known of each id; those that nobody knew get their keys. @param keyOf - of a new visitor who signs in */
  async #keysOf(
    kind: Kind,
    ids: readonly string[],
    keyOf: (id: string) => number | undefined = () => undefined,
  ): Promise<Map<string, Known>> {
    const { batch, transact } = this.#parts;
    const found = new Map<string, Known>();
    const open: string[] = [];
    for (const id of ids) {
      const known = this.#persons.lookUp(kind, id);
      if (known && known.batch === 0) found.set(id, known);
      else open.push(id);
    }
    for (let from = 0; from < open.length; from += chunk) {
      await transact(() => {
        this.#persons.begin();
        for (const id of open.slice(from, from + chunk)) {
          // Known by now, or brought by another import, which may yet fail: this one keeps it.
          const known = this.#persons.find(kind, id);
          const joined = keyOf(id);
          const row = known ?? { person: joined ?? this.#persons.newKey(), joined: joined !== undefined, batch };
          if (!known) this.#persons.store(kind, id, row.person, row.joined, batch);
          found.set(id, row);
        }
        this.#persons.finish();
      });
    }
    this.#persons.clear();
    return found;
  }

  async #mapVisitors(events: StagedEvents, users: ReadonlyMap<string, number>): Promise<void> {
    const { analytics } = events;
    const found = await analytics.columns(
      `SELECT visitor, count(DISTINCT user_id) AS users, arg_min(user_id, first) AS first_user, arg_max(user_id, last) AS last_user,
         min(first) FILTER (WHERE user_id IS NOT NULL) AS signed_in
       FROM store_pairs WHERE visitor IS NOT NULL GROUP BY visitor ORDER BY visitor`,
    );
    const ids = found['visitor'] as string[];
    const counts = found['users'] as Float64Array;
    const keys = (column: string): (number | undefined)[] =>
      (found[column] as (string | null)[]).map((user) => (user === null ? undefined : users.get(user)!));
    const [first, last] = [keys('first_user'), keys('last_user')];
    const signedIn = found['signed_in'] as Float64Array;
    const later = await this.#laterSignIns(events, counts);
    const place = new Map(ids.map((id, i) => [id, i]));
    const known = await this.#keysOf('visitor', ids, (id) => last[place.get(id)!]);
    const owners = { visitor: [] as string[], since: [] as number[], until: [] as number[], person: [] as number[] };
    const own = (visitor: string, since: number, until: number, person: number): void => {
      owners.visitor.push(visitor);
      owners.since.push(since);
      owners.until.push(until);
      owners.person.push(person);
    };
    for (const [i, id] of ids.entries()) {
      const changes = (later.get(id) ?? []).map(({ time, user }) => ({ time, person: users.get(user)! }));
      let since = -always;
      let person = this.#ownerBefore(id, known.get(id)!, first[i], last[i]);
      if (first[i] !== undefined && first[i] !== person) changes.unshift({ time: signedIn[i]!, person: first[i] });
      for (const change of changes) {
        own(id, since, change.time, person);
        [since, person] = [change.time, change.person];
      }
      own(id, since, always, person);
    }
    await analytics.append('store_visitors', [
      { name: 'visitor_id', type: 'VARCHAR', values: owners.visitor },
      { name: 'since', type: 'BIGINT', values: owners.since },
      { name: 'until', type: 'BIGINT', values: owners.until },
      { name: 'person', type: 'BIGINT', values: owners.person },
    ]);
  }

  /** The key of the visitor's anonymous events before a second sign-in. */
  #ownerBefore(visitorId: string, known: Known, first: number | undefined, last: number | undefined): number {
    if (first === undefined || last === undefined) return known.person;
    const isNew = known.batch === this.#parts.batch;
    if (!isNew && (!known.joined || known.person !== last)) this.#joining.push({ visitorId, first, last });
    return known.joined && !isNew ? known.person : first;
  }

  /** For visitors who sign in as several customers: each change of customer after the first. */
  async #laterSignIns(
    { analytics, table }: StagedEvents,
    counts: Float64Array,
  ): Promise<Map<string, { time: number; user: string }[]>> {
    const changes = new Map<string, { time: number; user: string }[]>();
    if (!counts.some((count) => count > 1)) return changes;
    const rows = await analytics.rows<{ visitor_id: string; time: number; user_id: string }>(
      `SELECT visitor_id, time, user_id FROM (
         SELECT visitor_id, time, user_id, lag(user_id) OVER (PARTITION BY visitor_id ORDER BY time, user_id) AS before
         FROM ${table} WHERE user_id IS NOT NULL AND visitor_id IN (
           SELECT visitor FROM store_pairs GROUP BY visitor HAVING count(DISTINCT user_id) > 1))
       WHERE before <> user_id ORDER BY visitor_id, time`,
    );
    for (const { visitor_id, time, user_id } of rows) {
      const list = changes.get(visitor_id) ?? [];
      list.push({ time, user: user_id });
      changes.set(visitor_id, list);
    }
    return changes;
  }

  /** SQL from a staged relation `s` to its person, as an expression and the joins that it needs. */
  personSql(): { expression: string; joins: string } {
    return {
      expression: `coalesce(u.person, v.person, ${strangerBase} + ${eventIdHashSql('s.event_id')} // 16)`,
      // The equality stands alone on each side: a condition on the left side in ON would make it a nested loop.
      joins: `LEFT JOIN store_users u ON u.user_id = s.user_id
        LEFT JOIN store_visitors v
          ON v.visitor_id = CASE WHEN s.user_id IS NULL THEN coalesce(s.visitor_id, 'session:' || s.session_id) END
          AND s.time >= v.since AND s.time < v.until`,
    };
  }

  /** Inside the import's transaction: visitors who were known before become customers. */
  join(): void {
    for (const { visitorId, first, last } of this.#joining) {
      const known = this.#persons.lookUp('visitor', visitorId);
      if (known && !known.joined) this.#persons.alias(known.person, first);
      if (!known?.joined || known.person !== last) this.#persons.store('visitor', visitorId, last, true);
    }
  }

  async drop(): Promise<void> {
    for (const table of ['store_pairs', 'store_users', 'store_visitors'])
      await this.#parts.events?.analytics.execute(`DROP TABLE IF EXISTS ${table}`);
  }
}
