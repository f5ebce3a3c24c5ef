/** Takes events out of the shop: live rows at once, sealed ones by writing their segments anew without them. */
import { randomBytes } from 'node:crypto';
import type { Analytics } from '../../data/analytics.ts';
import { eventIdHashSql } from '../../data/event-id-hash.ts';
import type { ShopDatabase } from './database.ts';
import { EventIdFilter } from './event-id-filter.ts';
import type { Lease } from './lease.ts';
import { giveUp } from './removals.ts';
import { eventColumns } from './schema.ts';
import { bumpVersion, type Segment, type Segments, type WrittenSegment } from './segments.ts';

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
  const columns = Object.keys(eventColumns).join(', ');
  const replaced: { old: Segment; written: WrittenSegment | undefined; rows: number }[] = [];
  try {
    for (const old of segments.list()) {
      await segments.assertChecksums([old]);
      const relation = segments.relation([old])!;
      const kept = `SELECT * FROM ${relation} EXCEPT ALL SELECT * FROM ${relation}${where}`;
      const [found] = await analytics.rows<{ n: number }>(`SELECT count(*) AS n FROM ${relation}${where}`);
      if (found!.n === 0) continue;
      if (found!.n === old.rows) {
        replaced.push({ old, written: undefined, rows: found!.n });
        continue;
      }
      const hashes = await analytics.columns(`SELECT ${eventIdHashSql('event_id')} AS hash FROM (${kept})`);
      const name = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
      const { filter } = EventIdFilter.of(hashes['hash'] as Float64Array);
      const written = await segments.write(analytics, name, `SELECT ${columns} FROM (${kept})`, filter);
      replaced.push({ old, written, rows: found!.n });
    }
    let live = 0;
    lease.transaction(() => {
      live = database.run(`DELETE FROM events${where}`);
      for (const { old, written } of replaced) {
        if (written) segments.add(written);
        segments.remove(old);
        for (const ending of ['parquet', 'ids']) giveUp(database, `segments/${old.name}.${ending}`);
      }
      if (replaced.length > 0) bumpVersion(database);
      also();
    });
    return live + replaced.reduce((sum, { rows }) => sum + rows, 0);
  } catch (error) {
    for (const { written } of replaced) if (written) segments.discard(written.name);
    throw error;
  }
}
