/** The first rows of an import as they would be stored. */
import type { Analytics } from '../analytics.ts';
import type { Product, TimedFact } from '../catalogue.ts';
import { stagedEventColumns } from '../event-fields.ts';
import type { UserProfile } from '../events.ts';
import type { ImportPreview } from '../import-log.ts';

/** Rows of each file that a preview reads. */
export const previewRows = 10_000;

/** Of each sort that a preview shows. */
const shown = 10;

export async function previewOf(
  analytics: Analytics,
  table: string,
  products: readonly Product[],
  users: readonly UserProfile[],
  facts: Iterable<TimedFact>,
): Promise<ImportPreview> {
  const rows = await analytics.rows(
    `SELECT ${Object.keys(stagedEventColumns).join(', ')} FROM ${table} ORDER BY arrival LIMIT ${shown}`,
  );
  const events = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([column, value]) => value !== null && column !== 'event_id' && !(column === 'flags' && value === 0))
        .map(([column, value]) => [column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value]),
    ),
  ) as ImportPreview['events'];
  const first: TimedFact[] = [];
  for (const fact of facts) {
    first.push(fact);
    if (first.length === shown) break;
  }
  return { events, products: products.slice(0, shown), users: users.slice(0, shown), facts: first };
}
