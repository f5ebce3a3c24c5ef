/**
 * Takes rows out of the quarantine: they are imported again as they stood, with the step that set them aside switched
 * off; other steps still look at them. What was released leaves the quarantine.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import type { ImportReport } from '../import-log.ts';
import { stepNames } from './cleaning/steps.ts';
import type { ImportOptions, ReadSettings } from './import-options.ts';
import { brokenKey, treeKey } from './quarantine.ts';
import { badRow, type RawRow, tableRow, treeRow } from './readers/raw-row.ts';
import { runImport } from './run-import.ts';
import type { ImportSource } from './source.ts';

/** Steps that cannot be switched off: their rows are tried again, by what the options say now. */
const needsOtherOptions: ReadonlySet<string> = new Set([
  ...['unparsable-rows', 'unknown-events', 'unmatched-lines', 'impossible-values', 'missing-times'],
]);

export interface ReleaseOptions extends ImportOptions {
  /** Cleaning step whose rows are released. */
  readonly step: string;
  /** Of this import only; of all where absent. */
  readonly importId?: string | undefined;
}

/** @returns one report for each import whose rows were released */
export async function releaseQuarantined(options: ReleaseOptions): Promise<ImportReport[]> {
  const { store, step, importId } = options;
  if (!stepNames.includes(step))
    throw new ShelfwiseError(
      'SW_USAGE',
      `\`releaseQuarantined\`: expected a cleaning step, got "${step}".`,
      `The steps are ${stepNames.join(', ')}.`,
    );
  const byImport = new Map<string, Map<string, Held>>();
  for await (const held of store.quarantined({ step, ...(importId !== undefined && { importId }) })) {
    const files = byImport.get(held.importId) ?? new Map<string, Held>();
    byImport.set(held.importId, files);
    const columns = Object.keys(held.row);
    const tree = columns.length === 1 && columns[0] === treeKey;
    const broken = columns.length === 1 && columns[0] === brokenKey;
    // A broken row has no columns: it waits with the others of its file.
    const key = `${held.file}\u0000${tree ? 'tree' : broken ? 'broken' : columns.join('\u0000')}`;
    const file = files.get(key) ?? { name: held.file, columns: tree ? undefined : columns, rows: [] };
    files.set(key, file);
    if (tree) file.rows.push(parsedTree(held.line, held.row[treeKey]!));
    else if (broken) file.rows.push(badRow(held.line, held.row[brokenKey]!, held.reason));
    else file.rows.push(tableRow(held.line, Object.values(held.row)));
  }
  if (byImport.size === 0)
    throw new ShelfwiseError(
      'SW_INPUT_EMPTY',
      `\`releaseQuarantined\` ${step}: expected rows that this step set aside, got none.`,
      'See what is there with `quarantined`.',
    );
  const { imports } = await store.status();
  const reports: ImportReport[] = [];
  for (const [id, files] of byImport) {
    const readable = [...files.values()].filter(({ rows }) => rows.some((row) => row.problem === ''));
    if (readable.length === 0)
      throw new ShelfwiseError(
        'SW_INPUT_ROW',
        `\`releaseQuarantined\` ${step}: expected rows that can be read, got rows that no setting mends.`,
        'Mend them in the file and import it again.',
      );
    const earlier = imports.find((report) => report.importId === id);
    const settings = (earlier?.settings ?? {}) as ReadSettings;
    const kinds = new Set(
      (earlier?.readings ?? [])
        .filter(({ file }) => readable.some(({ name }) => name === file))
        .map(({ kind }) => kind),
    );
    const report = await runImport(
      {
        // Few rows may not say what the whole file said.
        ...(kinds.size === 1 && { kind: [...kinds][0]! }),
        ...settings,
        ...defined(options),
        without: [...(options.without ?? []), ...(needsOtherOptions.has(step) ? [] : [step])],
      } as ImportOptions,
      {
        files: [],
        notes: [`released from import ${id}, step ${step}`],
        sources: () => readable.map(sourceOf),
        earlierCopies: step === 'exact-duplicates' ? 1 : 0,
      },
    );
    await store.dropQuarantined(id, step);
    reports.push(report);
  }
  return reports;
}

interface Held {
  readonly name: string;
  readonly columns: readonly string[] | undefined;
  readonly rows: RawRow[];
}

function sourceOf({ name, columns, rows }: Held): ImportSource {
  const source: ImportSource = {
    name,
    bytes: rows.length,
    rows: 0,
    open: () =>
      Promise.resolve({
        path: name,
        name,
        bytes: rows.length,
        format: columns ? 'delimited' : 'json-lines',
        columns,
        encoding: () => undefined,
        sample: rows.slice(0, 1000),
        batches: inBatches(rows),
      }),
    reread: () => source,
  };
  return source;
}

async function* inBatches(rows: readonly RawRow[]): AsyncGenerator<RawRow[]> {
  for (let start = 0; start < rows.length; start += 10_000) yield rows.slice(start, start + 10_000);
}

function parsedTree(line: number, text: string): RawRow {
  try {
    return treeRow(line, JSON.parse(text), text);
  } catch {
    return badRow(line, text, 'expected JSON');
  }
}

/** Settings that the release leaves open are the import's own. */
function defined(options: ReleaseOptions): Partial<ReleaseOptions> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<ReleaseOptions>;
}
