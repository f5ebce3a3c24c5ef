/** The one pass over the raw rows: hashed, mapped and staged; what cannot be read is noted with its reason. */
import { ShelfwiseError } from '../../core/errors.ts';
import type { Analytics } from '../analytics.ts';
import { eventKinds } from '../events.ts';
import { unparsableRows } from './cleaning/steps.ts';
import { ContentHash } from './content-hash.ts';
import type { FileRows } from './join-tables.ts';
import { type EarlyStep, earlySteps, type RowMapper } from './kinds/kind.ts';
import type { ImportSource } from './source.ts';
import type { Staging } from './staging.ts';

/** Rows after which a file that is mostly unreadable is given up. */
const earlyLook = 10_000;

export interface Reading {
  readonly analytics: Analytics;
  readonly staging: Staging;
  readonly sources: readonly ImportSource[];
  /** One for each source. */
  readonly mappers: readonly RowMapper[];
  /** Of each file at most; all where absent. */
  readonly mostRows?: number;
  /** Throws where the work was cancelled. */
  check(): void;
  onShare(share: number, rows: number): void;
}

/** @throws ShelfwiseError `SW_INPUT_FORMAT` where more than half of a file's rows cannot be read */
export async function readRows(
  reading: Reading,
): Promise<{ rows: number; unparsable: number; files: readonly FileRows[] }> {
  const { staging, sources, mappers, mostRows = Number.POSITIVE_INFINITY } = reading;
  const hash = new ContentHash();
  const broken = new BrokenRows(reading.analytics);
  const totalBytes = sources.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  let row = 0;
  const files: FileRows[] = [];
  for (const [s, source] of sources.entries()) {
    const mapper = mappers[s]!;
    staging.readingEvents = mapper.fields.length > 0;
    const first = row;
    const before = broken.count;
    const unknownBefore = broken.counts['unknown-events'];
    let firstProblem = '';
    let firstUnknown = '';
    let bytes = 0;
    const opened = await source.open((read) => {
      bytes = read;
    });
    for await (const batch of opened.batches) {
      reading.check();
      for (const raw of batch) {
        if (row - first >= mostRows) break;
        hash.of(raw);
        staging.startRow(row, hash.a, hash.b);
        const problem = raw.problem || mapper.map(raw, staging) || staging.refusal;
        if (problem) {
          staging.abandonRow();
          broken.add(row, unparsableRows, problem);
          firstProblem ||= `line ${raw.line}: ${problem}`;
        } else if (staging.early.step !== '') {
          // What was not bought stays among the rows: it says which lines of orders no longer are.
          const parts = staging.early.step === 'unsold-orders' ? staging.partsOfRow : 0;
          if (parts === 0) staging.abandonRow();
          broken.add(row, staging.early.step, staging.early.reason, parts);
          firstUnknown ||= staging.early.step === 'unknown-events' ? `line ${raw.line}: ${staging.early.reason}` : '';
        }
        row++;
        if (staging.full) await staging.flush();
      }
      await broken.flush(20_000);
      if (row - first >= mostRows) break;
      reading.onShare(totalBytes > 0 ? (doneBytes + bytes) / totalBytes : 1, row);
      if (row - first >= earlyLook) refuseIfMostlyBroken(source, row - first, broken.count - before, firstProblem);
    }
    refuseIfMostlyBroken(source, row - first, broken.count - before, firstProblem);
    refuseIfMostlyUnknown(source, row - first, broken.counts['unknown-events'] - unknownBefore, firstUnknown);
    source.rows = row - first;
    files.push({ name: source.name, first, end: row });
    doneBytes += source.bytes;
  }
  await broken.flush(0);
  if (row === 0)
    throw new ShelfwiseError(
      'SW_INPUT_EMPTY',
      `${sources.map(({ name }) => name).join(', ')}: expected rows, got only a header.`,
      'Export the data again.',
    );
  return { rows: row, unparsable: broken.count, files };
}

function refuseIfMostlyBroken({ name }: ImportSource, rows: number, broken: number, first: string): void {
  if (broken * 2 <= rows) return;
  throw new ShelfwiseError(
    'SW_INPUT_FORMAT',
    `${name}: expected rows that can be read, got ${broken} of ${rows} that cannot; the first at ${first}.`,
    'Nothing was stored. Check `kind`, `map`, `encoding` and `timeFormat`.',
    { rows, broken, first },
  );
}

function refuseIfMostlyUnknown({ name }: ImportSource, rows: number, unknown: number, first: string): void {
  if (unknown * 2 <= rows) return;
  throw new ShelfwiseError(
    'SW_INPUT_FORMAT',
    `${name}: expected events by names that are known, got ${unknown} of ${rows} rows with others; the first at ${first}.`,
    `Nothing was stored. Say what they are: --event-name NAME=KIND for each, where KIND is one of ${eventKinds.join(', ')} or ignore.`,
    { rows, unknown, first },
  );
}

class BrokenRows {
  /** By the step that sets them aside. */
  readonly counts = {
    [unparsableRows]: 0,
    ...(Object.fromEntries(earlySteps.map((step) => [step, 0])) as Record<EarlyStep, number>),
  };
  readonly #analytics: Analytics;
  #rows: number[] = [];
  #parts: number[] = [];
  #steps: string[] = [];
  #reasons: string[] = [];

  constructor(analytics: Analytics) {
    this.#analytics = analytics;
  }

  get count(): number {
    return this.counts[unparsableRows];
  }

  /** @param parts - events of the row that were staged all the same */
  add(row: number, step: EarlyStep | typeof unparsableRows, reason: string, parts = 0): void {
    this.counts[step]++;
    for (let part = 0; part < Math.max(1, parts); part++) {
      this.#steps.push(step);
      this.#rows.push(row);
      this.#parts.push(part);
      this.#reasons.push(reason);
    }
  }

  async flush(beyond: number): Promise<void> {
    if (this.#rows.length <= beyond) return;
    await this.#analytics.append('aside', [
      { name: 'raw_row', type: 'INTEGER', values: this.#rows },
      { name: 'part', type: 'INTEGER', values: this.#parts },
      { name: 'step', type: 'VARCHAR', values: this.#steps },
      { name: 'reason', type: 'VARCHAR', values: this.#reasons },
    ]);
    this.#rows = [];
    this.#parts = [];
    this.#steps = [];
    this.#reasons = [];
  }
}
