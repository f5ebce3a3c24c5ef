/**
 * Rows whose every cell equals an earlier row's, in any file of the import, and rows with an event id that was there
 * before. The first stays. In files whose rows have neither a quantity nor an id of a line, equal rows are each a sale.
 */
import type { CleaningStep } from './step.ts';

export const exactDuplicates: CleaningStep = {
  name: 'exact-duplicates',
  action: 'set-aside',
  summary: 'every cell, or the event id, equals that of an earlier row; the first row stays',
  async run(context) {
    await context.analytics.execute(
      `CREATE OR REPLACE TABLE repeated AS
       SELECT hash_a, hash_b, min(raw_row) AS first_row FROM raw_rows WHERE part = 0 AND NOT (${context.everyRowCounts})
       GROUP BY hash_a, hash_b HAVING count(*) > 1`,
    );
    const sameRow = `SELECT r.raw_row, r.part, 'equals row ' || (d.first_row + 1) || ' of the import' AS reason
       FROM raw_rows r JOIN repeated d ON d.hash_a = r.hash_a AND d.hash_b = r.hash_b
       WHERE r.raw_row <> d.first_row AND NOT (${context.everyRowCounts.replaceAll('raw_row', 'r.raw_row')})`;
    if (!context.hasEventIds) return context.setAside(exactDuplicates.name, sameRow);
    await context.analytics.execute(
      `CREATE OR REPLACE TABLE repeated_ids AS
       SELECT event_id, min(raw_row) AS first_row FROM raw_rows WHERE event_id IS NOT NULL
       GROUP BY event_id HAVING count(*) > 1`,
    );
    return context.setAside(
      exactDuplicates.name,
      `${sameRow} UNION ALL
       SELECT r.raw_row, r.part, 'has the event id of row ' || (d.first_row + 1) || ' of the import' AS reason
       FROM raw_rows r JOIN repeated_ids d ON d.event_id = r.event_id WHERE r.raw_row <> d.first_row`,
    );
  },
};
