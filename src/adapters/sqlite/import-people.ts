/**
 * Keys for all the people of an import at once. The raw ids leave DuckDB distinct and in order, get or find their keys
 * here, and go back as tables to join the events with; they never reach a Parquet file.
 *
 * Anonymous events of a visitor belong to the customer who had signed in last before them, else to the first who did.
 */
import type { Analytics } from '../../data/analytics.ts';
import { eventIdHashSql } from '../../data/event-id-hash.ts';
import { type Persons, strangerBase } from './persons.ts';

/** The visitor of a staged row; a session stands for one where nobody is named. */
const stagedVisitor = `coalesce(visitor_id, CASE WHEN user_id IS NULL THEN 'session:' || session_id END)`;

const always = 9e15;

interface NewPerson {
  readonly kind: 'user' | 'visitor';
  readonly id: string;
  readonly person: number;
  readonly joined: boolean;
}

/** Tables in the import's DuckDB and what the shop must learn in the import's transaction. */
export class ImportPeople {
  readonly #analytics: Analytics;
  readonly #persons: Persons;
  readonly #table: string;
  readonly #users = new Map<string, number>();
  readonly #changed: NewPerson[] = [];
  readonly #aliases: [person: number, canonical: number][] = [];

  constructor(analytics: Analytics, persons: Persons, table: string) {
    this.#analytics = analytics;
    this.#persons = persons;
    this.#table = table;
  }

  /** Creates `store_users (user_id, person)` and `store_visitors (visitor_id, since, until, person)`. */
  async map(): Promise<void> {
    await this.drop();
    await this.#analytics.execute(
      `CREATE TEMP TABLE store_pairs AS SELECT user_id, visitor, min(time) AS first, max(time) AS last
       FROM (SELECT user_id, ${stagedVisitor} AS visitor, time FROM ${this.#table})
       WHERE user_id IS NOT NULL OR visitor IS NOT NULL GROUP BY user_id, visitor`,
    );
    await this.#mapUsers();
    await this.#mapVisitors();
  }

  async #mapUsers(): Promise<void> {
    const found = await this.#analytics.columns(
      'SELECT DISTINCT user_id FROM store_pairs WHERE user_id IS NOT NULL ORDER BY user_id',
    );
    const ids = found['user_id'] as string[];
    const keys = Float64Array.from(ids, (id) => this.keyOfUser(id));
    await this.#analytics.append('store_users', [
      { name: 'user_id', type: 'VARCHAR', values: ids },
      { name: 'person', type: 'BIGINT', values: keys },
    ]);
  }

  /** The key of a user who has events in this import. */
  knownUser(id: string): number | undefined {
    return this.#users.get(id);
  }

  keyOfUser(id: string): number {
    const mapped = this.#users.get(id);
    if (mapped !== undefined) return mapped;
    let person = this.#persons.lookUp('user', id)?.person;
    if (person === undefined) {
      person = this.#persons.newKey();
      this.#changed.push({ kind: 'user', id, person, joined: false });
    }
    this.#users.set(id, person);
    return person;
  }

  async #mapVisitors(): Promise<void> {
    const found = await this.#analytics.columns(
      `SELECT visitor, count(DISTINCT user_id) AS users, arg_min(user_id, first) AS first_user, arg_max(user_id, last) AS last_user,
         min(first) FILTER (WHERE user_id IS NOT NULL) AS signed_in
       FROM store_pairs WHERE visitor IS NOT NULL GROUP BY visitor ORDER BY visitor`,
    );
    const ids = found['visitor'] as string[];
    const counts = found['users'] as Float64Array;
    const firstUsers = found['first_user'] as (string | null)[];
    const lastUsers = found['last_user'] as (string | null)[];
    const signedIn = found['signed_in'] as Float64Array;
    const later = await this.#laterSignIns(counts);
    const owners = { visitor: [] as string[], since: [] as number[], until: [] as number[], person: [] as number[] };
    const own = (visitor: string, since: number, until: number, person: number): void => {
      owners.visitor.push(visitor);
      owners.since.push(since);
      owners.until.push(until);
      owners.person.push(person);
    };
    for (const [i, id] of ids.entries()) {
      const changes = later.get(id) ?? [];
      const firstUser = firstUsers[i] ?? undefined;
      let since = -always;
      let person = this.#keyOfVisitor(id, firstUser, lastUsers[i] ?? undefined);
      if (firstUser !== undefined && this.keyOfUser(firstUser) !== person)
        changes.unshift({ time: signedIn[i]!, user: firstUser });
      for (const { time, user } of changes) {
        own(id, since, time, person);
        [since, person] = [time, this.keyOfUser(user)];
      }
      own(id, since, always, person);
    }
    await this.#analytics.append('store_visitors', [
      { name: 'visitor_id', type: 'VARCHAR', values: owners.visitor },
      { name: 'since', type: 'BIGINT', values: owners.since },
      { name: 'until', type: 'BIGINT', values: owners.until },
      { name: 'person', type: 'BIGINT', values: owners.person },
    ]);
  }

  /** The key of the visitor's anonymous events before a second sign-in. */
  #keyOfVisitor(id: string, firstUser: string | undefined, lastUser: string | undefined): number {
    const known = this.#persons.lookUp('visitor', id);
    if (firstUser === undefined || lastUser === undefined) {
      if (known) return known.person;
      const person = this.#persons.newKey();
      this.#changed.push({ kind: 'visitor', id, person, joined: false });
      return person;
    }
    const first = this.keyOfUser(firstUser);
    const last = this.keyOfUser(lastUser);
    if (known && !known.joined) this.#aliases.push([known.person, first]);
    if (known?.person !== last) this.#changed.push({ kind: 'visitor', id, person: last, joined: true });
    return known?.joined ? known.person : first;
  }

  /** For visitors who sign in as several customers: each change of customer after the first. */
  async #laterSignIns(counts: Float64Array): Promise<Map<string, { time: number; user: string }[]>> {
    const changes = new Map<string, { time: number; user: string }[]>();
    if (!counts.some((count) => count > 1)) return changes;
    const rows = await this.#analytics.rows<{ visitor_id: string; time: number; user_id: string }>(
      `SELECT visitor_id, time, user_id FROM (
         SELECT visitor_id, time, user_id, lag(user_id) OVER (PARTITION BY visitor_id ORDER BY time, user_id) AS before
         FROM ${this.#table} WHERE user_id IS NOT NULL AND visitor_id IN (
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

  /** Inside the import's transaction. */
  store(): void {
    for (const { kind, id, person, joined } of this.#changed) this.#persons.store(kind, id, person, joined);
    for (const [person, canonical] of this.#aliases) this.#persons.alias(person, canonical);
  }

  async drop(): Promise<void> {
    for (const table of ['store_pairs', 'store_users', 'store_visitors'])
      await this.#analytics.execute(`DROP TABLE IF EXISTS ${table}`);
  }
}
