/**
 * The rows that cleaning set aside, as they stood: the files are read a second time and the rows picked out, so that the
 * first reading need not keep ten million rows in case one is wanted.
 */
import type { Analytics } from '../analytics.ts';
import type { RawRow } from './readers/raw-row.ts';
import type { ImportSource } from './source.ts';

export const quarantineTable = 'quarantine';

/** Key under which a quarantined row holds a JSON value or XML element, and a row that could not be read. */
export const treeKey = 'json';
export const brokenKey = 'line';

/** Fills the table `quarantine`; @returns how many rows it holds */
export async function fillQuarantine(
  analytics: Analytics,
  sources: readonly ImportSource[],
  check: () => void,
): Promise<number> {
  await analytics.execute(
    `CREATE TABLE ${quarantineTable} (step VARCHAR, file VARCHAR, line BIGINT, reason VARCHAR, row VARCHAR)`,
  );
  const wanted = new Wanted(analytics);
  await wanted.next();
  const writer = new Writer(analytics);
  let first = 0;
  for (const source of sources) {
    if (wanted.done) break;
    // A file of which nothing was set aside is not read again.
    if (wanted.row >= first + source.rows) {
      first += source.rows;
      continue;
    }
    const opened = await source.open();
    let row = first;
    for await (const batch of opened.batches) {
      check();
      for (const raw of batch) {
        while (wanted.row === row) {
          writer.add(wanted.step, source.name, wanted.reason, raw, opened.columns);
          await wanted.next();
        }
        row++;
      }
      await writer.flush(20_000);
      if (wanted.row >= first + source.rows) break;
    }
    first += source.rows;
  }
  await writer.flush(0);
  return writer.count;
}

/** Rows that were set aside, in their order. */
class Wanted {
  row = -1;
  step = '';
  reason = '';
  done = false;
  readonly #batches: AsyncIterator<{ raw_row: number; step: string; reason: string }[]>;
  #batch: readonly { raw_row: number; step: string; reason: string }[] = [];
  #at = 0;

  constructor(analytics: Analytics) {
    this.#batches = analytics
      .stream<{ raw_row: number; step: string; reason: string }>(
        'SELECT raw_row, step, min(reason) AS reason FROM aside GROUP BY raw_row, step ORDER BY raw_row, step',
      )
      [Symbol.asyncIterator]();
  }

  async next(): Promise<void> {
    while (this.#at >= this.#batch.length) {
      const next = await this.#batches.next();
      if (next.done) {
        this.done = true;
        this.row = Number.POSITIVE_INFINITY;
        return;
      }
      this.#batch = next.value;
      this.#at = 0;
    }
    const found = this.#batch[this.#at++]!;
    this.row = found.raw_row;
    this.step = found.step;
    this.reason = found.reason;
  }
}

class Writer {
  count = 0;
  readonly #analytics: Analytics;
  #steps: string[] = [];
  #files: string[] = [];
  #lines: number[] = [];
  #reasons: string[] = [];
  #rows: string[] = [];

  constructor(analytics: Analytics) {
    this.#analytics = analytics;
  }

  add(step: string, file: string, reason: string, raw: RawRow, columns: readonly string[] | undefined): void {
    this.count++;
    this.#steps.push(step);
    this.#files.push(file);
    this.#lines.push(raw.line);
    this.#reasons.push(reason);
    this.#rows.push(JSON.stringify(recordOf(raw, columns)));
  }

  async flush(beyond: number): Promise<void> {
    if (this.#rows.length <= beyond) return;
    await this.#analytics.append(quarantineTable, [
      { name: 'step', type: 'VARCHAR', values: this.#steps },
      { name: 'file', type: 'VARCHAR', values: this.#files },
      { name: 'line', type: 'BIGINT', values: this.#lines },
      { name: 'reason', type: 'VARCHAR', values: this.#reasons },
      { name: 'row', type: 'VARCHAR', values: this.#rows },
    ]);
    this.#steps = [];
    this.#files = [];
    this.#lines = [];
    this.#reasons = [];
    this.#rows = [];
  }
}

function recordOf(raw: RawRow, columns: readonly string[] | undefined): Record<string, string> {
  if (raw.problem) return { [brokenKey]: raw.text };
  if (!columns) return { [treeKey]: raw.text };
  return Object.fromEntries(columns.map((column, i) => [column, raw.fields[i] ?? '']));
}
