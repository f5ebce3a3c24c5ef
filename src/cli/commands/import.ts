/** `shelfwise import FILE...`: reads a store's files into a shop, cleans them, and tells what was cleaned and set aside. */
import type { ArgsDef, CommandDef } from 'citty';
import { ShelfwiseError } from '../../core/errors.ts';
import { type EventKind, eventKinds } from '../../data/events.ts';
import { type TimeFormat, timeFormats } from '../../data/import/kinds/parse-time.ts';
import type { ImportReport, QuarantinedRow } from '../../data/import-log.ts';
import type { Shop, ShopImportOptions } from '../../engine/shop.ts';
import { type CommandContext, command, numberFlag } from '../command.ts';
import { mappingFrom, saveMapping } from '../import-mapping.ts';
import { importsText, importText, undoText } from '../import-text.ts';
import { openShopFor } from '../open-shop.ts';
import { type Output, table } from '../output.ts';

const args = {
  shop: {
    type: 'string',
    description: 'Folder of the shop; made where there is none.',
    default: './shop',
    valueHint: 'dir',
  },
  as: {
    type: 'string',
    description: 'Kind of export, or what the rows are (events, products, people ...), where the columns do not tell.',
    valueHint: 'kind',
  },
  map: {
    type: 'string',
    description: 'Column of a field, of one file as FILE:FIELD=COLUMN; may be given several times.',
    valueHint: 'field=column',
  },
  'event-name': {
    type: 'string',
    description: 'What an own name of an event means (or ignore); may be given several times.',
    valueHint: 'name=kind',
  },
  preview: { type: 'boolean', description: 'Show the first rows as they would be stored; store nothing.' },
  mapping: { type: 'string', description: 'Flags of an earlier import, from a file.', valueHint: 'file' },
  'save-mapping': { type: 'string', description: 'Keep the flags that say how files are read.', valueHint: 'file' },
  header: {
    type: 'boolean',
    description: 'The first row names the columns (--no-header: they are called 1, 2, 3).',
    default: true,
  },
  'skip-rows': { type: 'string', description: 'Lines above the header that are no rows.', valueHint: 'n' },
  currency: { type: 'string', description: 'Currency of prices that do not say it (ISO 4217).' },
  event: { type: 'string', description: 'What rows are that do not say it, e.g. purchase.', valueHint: 'kind' },
  'time-format': { type: 'string', description: `How times are written: ${timeFormats.join(', ')}.` },
  'utc-offset': { type: 'string', description: 'Of times without one, minutes east of UTC.', valueHint: 'minutes' },
  encoding: { type: 'string', description: 'Of the text; found by its bytes where absent.' },
  delimiter: { type: 'string', description: 'Between cells; found where absent.' },
  sheet: { type: 'string', description: 'Sheet of a workbook; the first where absent.' },
  without: {
    type: 'string',
    description: 'A cleaning step to leave out; may be given several times.',
    valueHint: 'step',
  },
  'max-skew': { type: 'string', description: 'Hours that a time may be ahead of the clock (24).', valueHint: 'hours' },
  again: { type: 'boolean', description: 'Read files whose content was imported before.' },
  memory: { type: 'string', description: 'Most memory of the engine that cleans, in MiB (1024).', valueHint: 'mib' },
  list: { type: 'boolean', description: 'Show the imports of the shop, the newest last.' },
  undo: { type: 'string', description: 'Take an import back, with all that it stored.', valueHint: 'import' },
  quarantine: { type: 'boolean', description: 'Show what imports set aside.' },
  release: { type: 'string', description: 'Import what a step set aside, with that step off.', valueHint: 'step' },
  step: { type: 'string', description: 'With --quarantine: only of this step.', valueHint: 'step' },
  limit: { type: 'string', description: 'With --quarantine: rows at most (20).', valueHint: 'n' },
} as const satisfies ArgsDef;

export const importCommand: CommandDef = command({
  name: 'import',
  description: "Read a store's files into a shop.",
  args,
  async run(context) {
    const { args: given, positionals, output } = context;
    const asked = [
      ...[positionals.length > 0, given.quarantine === true, given.release !== undefined],
      ...[given.undo !== undefined, given.list === true],
    ];
    if (asked.filter(Boolean).length !== 1) {
      const message = 'import: expected FILE..., --quarantine, --release STEP, --list or --undo IMPORT.';
      throw new ShelfwiseError('SW_USAGE', message, 'For instance: shelfwise import orders.csv');
    }
    if (given.quarantine) await showQuarantine(context);
    else if (given.release !== undefined) await release(context, given.release);
    else if (given.undo !== undefined) await undo(context, given.undo);
    else if (given.list) await listImports(context);
    else {
      const settings = readSettings(context);
      const report = await importInto(given.shop, positionals, settings, output);
      const saved = given['save-mapping'];
      if (saved !== undefined) await saveMapping(saved, settings);
      output.result(report, () => importText(report));
    }
  },
});

/** Makes the shop where there is none, once there is something to store. */
export async function importInto(
  folder: string,
  paths: readonly string[],
  options: ShopImportOptions,
  output: Output,
  clock: { readonly now?: () => number } = {},
): Promise<ImportReport> {
  await using shop = await openShopFor(output, folder, { create: 'on-write', ...clock });
  return await withProgress(output, (onProgress) => shop.importFiles(paths, { ...options, onProgress }));
}

async function listImports({ args: given, output }: CommandContext<typeof args>): Promise<void> {
  await using shop = await openShopFor(output, given.shop);
  const { imports } = await shop.status();
  output.result(imports, () => importsText(imports));
}

async function undo({ args: given, output }: CommandContext<typeof args>, importId: string): Promise<void> {
  await using shop = await openShopFor(output, given.shop);
  const taken = await shop.undoImport(importId);
  output.result(taken, () => undoText(taken));
}

async function release(context: CommandContext<typeof args>, step: string): Promise<void> {
  await using shop = await openShopFor(context.output, context.args.shop);
  const settings = readSettings(context);
  const reports = await withProgress(context.output, (onProgress) =>
    shop.releaseQuarantined(step, { ...settings, onProgress }),
  );
  context.output.result(reports, () =>
    reports.length === 0 ? `Nothing of ${step} is in the quarantine.` : reports.map(importText).join('\n\n'),
  );
}

async function showQuarantine({ args: given, output }: CommandContext<typeof args>): Promise<void> {
  const limit = numberFlag('limit', given.limit, { min: 1 }) ?? 20;
  await using shop = await openShopFor(output, given.shop);
  const rows: QuarantinedRow[] = [];
  for await (const row of shop.quarantined({ limit, ...(given.step !== undefined && { step: given.step }) }))
    rows.push(row);
  const counts = await quarantineCounts(shop);
  output.result({ counts, rows }, () => quarantineText(rows, counts));
}

async function quarantineCounts(shop: Shop): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for await (const { step } of shop.quarantined()) counts[step] = (counts[step] ?? 0) + 1;
  return counts;
}

function quarantineText(rows: readonly QuarantinedRow[], counts: Readonly<Record<string, number>>): string {
  if (rows.length === 0) return 'Nothing is in the quarantine.';
  const cells = (row: QuarantinedRow): string => Object.values(row.row).join(' | ');
  const lines = rows.map((row) => `${row.file}:${row.line} ${row.step}: ${row.reason}\n    ${cells(row)}`);
  const shown =
    rows.length < Object.values(counts).reduce((a, b) => a + b, 0)
      ? [`The first ${rows.length} rows; --limit shows more.`]
      : [];
  const summary = table(['step', 'rows'], Object.entries(counts));
  return [...lines, '', ...shown, summary, '', 'Take a step back with: shelfwise import --release STEP'].join('\n');
}

function readSettings({ args: given, repeated, signal }: CommandContext<typeof args>): ShopImportOptions {
  const megabytes = numberFlag('memory', given.memory, { min: 64 });
  const maxSkewHours = numberFlag('max-skew', given['max-skew'], { min: 0 });
  const kept = given.mapping === undefined ? {} : mappingFrom(given.mapping);
  const map = { ...kept.map, ...mapOf(repeated('map')) };
  const eventNames = { ...kept.eventNames, ...eventNamesOf(repeated('event-name')) };
  const said = {
    kind: given.as,
    currency: given.currency,
    event: oneOf('event', given.event, eventKinds) as EventKind | undefined,
    timeFormat: oneOf('time-format', given['time-format'], timeFormats) as TimeFormat | undefined,
    utcOffsetMinutes: numberFlag('utc-offset', given['utc-offset'], { min: -840, max: 840 }),
    encoding: given.encoding,
    delimiter: given.delimiter,
    sheet: given.sheet,
    skipRows: numberFlag('skip-rows', given['skip-rows'], { min: 0 }),
    ...(given.header === false && { noHeader: true }),
    ...(maxSkewHours !== undefined && { cleaning: { maxSkewHours } }),
  };
  return {
    ...kept,
    ...(Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as ShopImportOptions),
    ...(Object.keys(map).length > 0 && { map }),
    ...(Object.keys(eventNames).length > 0 && { eventNames }),
    without: repeated('without'),
    again: given.again === true,
    preview: given.preview === true,
    ...(megabytes !== undefined && { memoryLimitBytes: megabytes * 2 ** 20 }),
    signal,
  };
}

function oneOf(flag: string, value: string | undefined, choices: readonly string[]): string | undefined {
  if (value === undefined || choices.includes(value)) return value;
  const message = `--${flag}: expected one of ${choices.join(', ')}; got "${value}".`;
  throw new ShelfwiseError('SW_USAGE', message, 'Correct the flag.');
}

/** A field that is given several times has several columns: each file takes the first that it has. */
function mapOf(assignments: readonly string[]): Record<string, string | string[]> {
  const map: Record<string, string | string[]> = {};
  for (const assignment of assignments) {
    const [field, column] = assigned('map', assignment, '--map productId=article');
    map[field] = Object.hasOwn(map, field) ? [map[field]!, column].flat() : column;
  }
  return map;
}

function eventNamesOf(assignments: readonly string[]): Record<string, EventKind | 'ignore'> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const [name, kind] = assigned('event-name', assignment, '--event-name listen=view_item');
      return [name, oneOf('event-name', kind, [...eventKinds, 'ignore']) as EventKind | 'ignore'];
    }),
  );
}

function assigned(flag: string, assignment: string, example: string): [string, string] {
  const at = assignment.indexOf('=');
  if (at > 0 && at < assignment.length - 1) return [assignment.slice(0, at), assignment.slice(at + 1)];
  const form = flag === 'map' ? 'FIELD=COLUMN' : 'NAME=KIND';
  const message = `--${flag}: expected ${form}, got "${assignment}".`;
  throw new ShelfwiseError('SW_USAGE', message, `For instance: ${example}`);
}

const phases = { read: 'reading', clean: 'cleaning', 'set-aside': 'setting aside', store: 'storing' } as const;

async function withProgress<T>(
  output: Output,
  work: (onProgress: NonNullable<ShopImportOptions['onProgress']>) => Promise<T>,
): Promise<T> {
  const progress = output.progress('import');
  const result = await work(({ phase, share, rows }) => progress.update(share, `${phases[phase]}, ${rows} rows`));
  progress.done();
  return result;
}
