/** Takes events out of the shop: live rows at once, sealed ones by writing their segments anew without them. */
import { randomBytes } from 'node:crypto';
import type { Analytics } from '../../data/analytics.ts';
import { storedColumnNames } from '../../data/event-fields.ts';
import { eventIdHashSql } from '../../data/event-id-hash.ts';
import type { ShopDatabase } from './database.ts';
import { EventIdFilter } from './event-id-filter.ts';
import type { Lease } from './lease.ts';
import { giveUp } from './removals.ts';
import { bumpVersion, type Segment, type Segments, segmentEndings, type WrittenSegment } from './segments.ts';

/**
 * Holding the lease, alone.
 *
 * @param where - SQL over the columns of a stored event, with its WHERE
 * @param also - what else becomes true in the same transaction
 * @returns how many events were deleted
 */
export async function deleteEvents(
  database: ShopDatabase,
  lease: Lease,
  segments: Segments,
  analytics: Analytics,
  where: string,
  also: () => void = () => {},
): Promise<number> {
  const without = await SegmentsWithout.write(segments, analytics, segments.list(), where);
  try {
    let live = 0;
    lease.transaction(() => {
      live = database.run(`DELETE FROM events${where}`);
      without.replace(database);
      also();
    });
    return live + without.rows;
  } catch (error) {
    without.discard();
    throw error;
  }
}

/** Segments as they will be without some of their events, beside those that hold them. */
export class SegmentsWithout {
  readonly #segments: Segments;
  readonly #replaced: { readonly old: Segment; readonly written: WrittenSegment | undefined; readonly rows: number }[] =
    [];

  private constructor(segments: Segments) {
    this.#segments = segments;
  }

  /** @param where - SQL over the columns of a stored event, with its WHERE: what the segments will not hold */
  static async write(
    segments: Segments,
    analytics: Analytics,
    list: readonly Segment[],
    where: string,
  ): Promise<SegmentsWithout> {
    const made = new SegmentsWithout(segments);
    try {
      for (const old of list) await made.#without(old, analytics, where);
      return made;
    } catch (error) {
      made.discard();
      throw error;
    }
  }

  async #without(old: Segment, analytics: Analytics, where: string): Promise<void> {
    const segments = this.#segments;
    await segments.assertChecksums([old]);
    const relation = segments.relation([old])!;
    const [found] = await analytics.rows<{ n: number }>(`SELECT count(*) AS n FROM ${relation}${where}`);
    if (found!.n === 0) return;
    if (found!.n === old.rows) {
      this.#replaced.push({ old, written: undefined, rows: found!.n });
      return;
    }
    const kept = `SELECT * FROM ${relation} EXCEPT ALL SELECT * FROM ${relation}${where}`;
    const hashes = await analytics.columns(`SELECT ${eventIdHashSql('event_id')} AS hash FROM (${kept})`);
    const name = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
    const { filter } = EventIdFilter.of(hashes['hash'] as Float64Array);
    const columns = storedColumnNames.join(', ');
    const written = await segments.write(analytics, name, `SELECT ${columns} FROM (${kept})`, filter);
    this.#replaced.push({ old, written, rows: found!.n });
  }

  /** Events that are taken out. */
  get rows(): number {
    return this.#replaced.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Inside a transaction: true where the shop still has all segments that hold the events. */
  stillThere(): boolean {
    const names = new Set(this.#segments.list().map(({ name }) => name));
    return this.#replaced.every(({ old }) => names.has(old.name));
  }

  /** Inside a transaction: the new ones take the place of the old, whose files are given up. */
  replace(database: ShopDatabase): void {
    for (const { old, written } of this.#replaced) {
      if (written) this.#segments.add(written);
      this.#segments.remove(old);
      for (const ending of segmentEndings) giveUp(database, `segments/${old.name}.${ending}`);
    }
    if (this.#replaced.length > 0) bumpVersion(database);
  }

  /** After a failure. */
  discard(): void {
    for (const { written } of this.#replaced) if (written) this.#segments.discard(written.name);
  }
}
