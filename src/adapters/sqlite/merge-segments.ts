/**
 * Many small segments become one larger one, so that no read has to look into very many files: as soon as eight are of one
 * size. An event is written anew once for every eightfold growth of the shop. The work is done without the lease; what
 * changed meanwhile lets it be dropped, and the next time does it.
 */
import { randomBytes } from 'node:crypto';
import type { Analytics } from '../../data/analytics.ts';
import { storedColumnNames } from '../../data/event-fields.ts';
import { eventIdHashSql } from '../../data/event-id-hash.ts';
import type { ShopDatabase } from './database.ts';
import { EventIdFilter } from './event-id-filter.ts';
import { giveUp } from './removals.ts';
import { bumpVersion, type Segment, type Segments, segmentEndings } from './segments.ts';

/** Segments of one size that become one. */
const fanIn = 8;
/** Segments below this are all of one size. */
const smallestRows = 1_000;
/** Segments from this on stay as they are. */
const largestRows = 16_000_000;

/** The smallest segments, as soon as enough of them are of one size; else none. */
export function segmentsToMerge(segments: readonly Segment[]): readonly Segment[] {
  const mergeable = segments.filter(({ rows }) => rows < largestRows);
  const sizes = mergeable.map(({ rows }) => Math.floor(Math.log(Math.max(1, rows / smallestRows)) / Math.log(fanIn)));
  const full = sizes.filter((size) => sizes.filter((other) => other === size).length >= fanIn);
  const largest = Math.max(...full);
  return mergeable.filter((_, n) => sizes[n]! <= largest);
}

/**
 * @param transact - runs work in a transaction, holding the lease
 * @returns true where segments were merged
 */
export async function mergeSegments(
  database: ShopDatabase,
  segments: Segments,
  analytics: Analytics,
  transact: <T>(work: () => T) => Promise<T>,
): Promise<boolean> {
  const merged = segmentsToMerge(segments.list());
  if (merged.length === 0) return false;
  const name = `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
  try {
    await segments.assertChecksums(merged);
    const relation = segments.relation(merged)!;
    const hashes = await analytics.columns(`SELECT ${eventIdHashSql('event_id')} AS hash FROM ${relation}`);
    const { filter } = EventIdFilter.of(hashes['hash'] as Float64Array);
    const select = `SELECT ${storedColumnNames.join(', ')} FROM ${relation}`;
    const written = await segments.write(analytics, name, select, filter);
    const done = await transact(() => {
      const names = new Set(segments.list().map((segment) => segment.name));
      if (!merged.every((segment) => names.has(segment.name))) return false;
      segments.add(written);
      for (const old of merged) {
        segments.remove(old);
        for (const ending of segmentEndings) giveUp(database, `segments/${old.name}.${ending}`);
      }
      bumpVersion(database);
      return true;
    });
    if (!done) segments.discard(name);
    return done;
  } catch (error) {
    segments.discard(name);
    throw error;
  }
}
