/** Stages events as an import does, and a report for them. */
import type { Analytics, ColumnType } from '../../src/data/analytics.ts';
import { stagedEventColumns } from '../../src/data/event-fields.ts';
import type { ShopEvent } from '../../src/data/events.ts';
import type { ImportReport } from '../../src/data/import-log.ts';

export function reportOf(importId: string): ImportReport {
  return {
    importId,
    files: [{ path: 'orders.csv', bytes: 1, sha256: '' }],
    kind: 'generic',
    rowsRead: 0,
    eventsKept: 0,
    productsKept: 0,
    usersKept: 0,
    factsKept: 0,
    steps: [],
    seconds: 0,
  };
}

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** @param replaces - ids of events that change the stored ones of their id */
export async function stage(
  analytics: Analytics,
  events: readonly ShopEvent[],
  table = 'staged',
  replaces?: readonly string[],
): Promise<void> {
  const rows = events.map((event) => Object.fromEntries(Object.entries(event).map(([key, v]) => [snake(key), v])));
  const columns = Object.entries({ ...stagedEventColumns, arrival: 'BIGINT' }).map(([name, type]) => ({
    name,
    type: type as ColumnType,
    values: rows.map((row, i) => (name === 'arrival' ? i : (row[name] ?? null))) as (string | null)[],
  }));
  await analytics.append(table, columns);
  if (!replaces) return;
  const ids = replaces.map((id) => `'${id}'`).join(', ');
  await analytics.execute(`ALTER TABLE ${table} ADD COLUMN replaces BOOLEAN`);
  await analytics.execute(`UPDATE ${table} SET replaces = event_id IN (${ids})`);
}
