/** Live events that are old enough become a sealed segment; both are one and the same to every reader. */
import { randomBytes } from 'node:crypto';
import type { Analytics } from '../../data/analytics.ts';
import { storedColumnNames } from '../../data/event-fields.ts';
import { eventIdHash } from '../../data/event-id-hash.ts';
import type { ShopDatabase } from './database.ts';
import { EventIdFilter } from './event-id-filter.ts';
import { copyLive } from './event-reader.ts';
import type { Lease } from './lease.ts';
import { bumpVersion, type Segments } from './segments.ts';

/** Holding the lease, alone, so that no event of that age arrives meanwhile. */
export async function sealEvents(
  database: ShopDatabase,
  lease: Lease,
  segments: Segments,
  analytics: Analytics,
  before: number,
): Promise<number> {
  const table = 'sealing';
  const name = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
  try {
    const ids = await copyLive(database, analytics, table, before);
    if (ids.length === 0) return 0;
    const { filter } = EventIdFilter.of(Float64Array.from(ids, eventIdHash));
    const columns = storedColumnNames.join(', ');
    const segment = await segments.write(analytics, name, `SELECT ${columns} FROM ${table}`, filter);
    lease.transaction(() => {
      segments.add(segment);
      database.run('DELETE FROM events WHERE time < ?', before);
      bumpVersion(database);
    });
    return segment.rows;
  } catch (error) {
    segments.discard(name);
    throw error;
  } finally {
    await analytics.execute(`DROP TABLE IF EXISTS ${table}`);
  }
}
