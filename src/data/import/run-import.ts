/**
 * An import's way from sources to the commit: every row is mapped into staging, tables that belong together are joined,
 * what came is cleaned by the declared steps, and the shop gets one commit, so that either all of it becomes visible or
 * none. Bounded memory: rows wait in the analytics port, which spills into the shop's `imports/ID/` folder.
 */
import { randomBytes } from 'node:crypto';
import { type Dirent, existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ShelfwiseError } from '../../core/errors.ts';
import { unknownCurrency } from '../../core/money.ts';
import { ownTag, sweepScratch } from '../../core/scratch.ts';
import { named } from '../../core/system-errors.ts';
import type { Analytics } from '../analytics.ts';
import { type Refused, refuseProduct, refuseUser } from '../door.ts';
import type { CleaningCount, FileReading, ImportReport } from '../import-log.ts';
import {
  addPriceFacts,
  cleanEvents,
  createCleanEvents,
  hasOrderLines,
  nameCurrency,
  productsOfEvents,
  readFacts,
  withdrawnEvents,
} from './clean-events.ts';
import { removeBoilerplate } from './cleaning/boilerplate.ts';
import { type CleaningOptions, cleaningOptions } from './cleaning/options.ts';
import { CleaningContext, prepareCleaning } from './cleaning/step.ts';
import { boilerplateStep, cleaningSteps, switchOff } from './cleaning/steps.ts';
import { TextCleaner } from './cleaning/text-cleaner.ts';
import { type ImportOptions, type ImportProgress, type InputFile, readSettings } from './import-options.ts';
import { type FileRows, joinTables } from './join-tables.ts';
import type { EventField } from './kinds/kind.ts';
import { ReadAgain, type TimeFormat } from './kinds/parse-time.ts';
import { type OpenedFile, openMappers } from './open-mappers.ts';
import { previewOf, previewRows } from './preview.ts';
import { fillQuarantine, quarantineTable } from './quarantine.ts';
import { readRows } from './read-rows.ts';
import { knownProducts, resolveProducts } from './resolve-products.ts';
import type { ImportSource } from './source.ts';
import { hasRows, kindCode, Staging } from './staging.ts';

export interface ImportInput {
  readonly files: readonly InputFile[];
  readonly notes: readonly string[];
  sources(analytics: Analytics): ImportSource[];
  readonly earlierCopies: number;
}

/** An import's way from sources to the commit. */
export function runImport(options: ImportOptions, input: ImportInput): Promise<ImportReport> {
  return named(options.folder, async () => {
    const formats = new Map<string, TimeFormat>();
    for (;;) {
      try {
        return await runOnce(options, input, formats);
      } catch (error) {
        // A late row has proved how the times of its file are written: from the beginning, by that.
        if (!(error instanceof ReadAgain) || formats.has(error.file)) throw error;
        formats.set(error.file, error.format);
      }
    }
  });
}

/** Fields that orders bring to their lines. */
const ofOrders = [
  ...(['userId', 'visitorId', 'sessionId', 'time', 'currency', 'device', 'place', 'referrer'] as const),
] as const;

async function runOnce(
  options: ImportOptions,
  input: ImportInput,
  formats: ReadonlyMap<string, TimeFormat>,
): Promise<ImportReport> {
  const started = performance.now();
  const now = (options.now ?? Date.now)();
  const without = switchOff(options.without ?? []);
  const cleaning = cleaningOptions(options.cleaning);
  const importId = `${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`;
  removeLeftovers(options.folder);
  const workFolder = join(options.folder, 'imports', importId);
  const spillFolder = join(workFolder, `spill-${ownTag}`);
  const analytics = await options.openAnalytics({
    memoryLimitBytes: options.memoryLimitBytes ?? 2 ** 30,
    spillFolder,
  });
  const check = (): void => throwIfCancelled(options.signal);
  const progress = (phase: ImportProgress['phase'], share: number, rows: number): void =>
    options.onProgress?.({ phase, share, rows });
  try {
    const opened = await openMappers(input.sources(analytics), options, formats, now);
    const sources = opened.map(({ source }) => source);
    const mappers = opened.map(({ mapper }) => mapper);
    const texts = new TextCleaner({ encoding: !without.has('encoding-damage'), html: !without.has('html') });
    const withOrders = mappers.some(({ role }) => role === 'orders');
    const fields = new Set<EventField>(mappers.flatMap(({ fields }) => fields));
    if (withOrders) for (const field of ofOrders) fields.add(field);
    // A product's id may turn out to be a variant's.
    if (fields.has('productId')) fields.add('variantId');
    const several = withOrders || mappers.some((mapper) => mapper.several === true);
    const staging = new Staging(analytics, texts, fields, several, without);
    await staging.create();
    await prepareCleaning(analytics);
    const { rows, unparsable, files } = await readRows({
      ...{ analytics, staging, sources, mappers, check },
      ...(options.preview && { mostRows: previewRows }),
      onShare: (share, rows) => progress('read', 0.6 * share, rows),
    });
    await staging.finish();
    // Only the reading of Parquet needs the order of rows.
    await analytics.execute('SET preserve_insertion_order = false');
    const ofFiles = (chosen: (file: OpenedFile) => boolean) => files.filter((_, i) => chosen(opened[i]!));
    const joined = await joinTables({
      ...{ analytics, staging, without, now },
      lines: ofFiles(({ mapper }) => mapper.needs === 'orders'),
      orders: ofFiles(({ mapper }) => mapper.role === 'orders').map(({ name }) => name),
      people: ofFiles(({ mapper }) => mapper.role === 'people').map(({ name }) => name),
    });
    const known = await knownProducts(options.store);
    const resolved = await resolveProducts(analytics, staging, known);
    const counted = ofFiles(({ mapper }) => mapper.everyRowCounts === true);
    const everyRowCounts = within(counted);
    const orderLines = within(ofFiles(({ mapper }) => mapper.orderLines === true));

    const context = new CleaningContext({
      ...{ analytics, now, texts, unparsable, everyRowCounts },
      options: cleaning,
      products: staging.dictionaries.productId.texts,
      variants: staging.dictionaries.variantId.texts,
      nonProducts: mappers.flatMap((mapper) => mapper.nonProducts ?? []),
      hasEventIds: fields.has('eventId'),
    });
    const steps: CleaningCount[] = [];
    const active = cleaningSteps.filter(({ name }) => !without.has(name));
    for (const [i, step] of active.entries()) {
      check();
      progress('clean', 0.6 + (0.15 * i) / active.length, rows);
      steps.push({ step: step.name, action: step.action, ...(await step.run(context)) });
    }
    if (!without.has(boilerplateStep)) steps.push(cleanDescriptions(staging, cleaning));
    check();
    const currency = currencyOf(options, opened, staging);
    await createCleanEvents(analytics, staging, {
      orderLines,
      without,
      currency,
      earlierCopies: input.earlierCopies,
      everyRowCounts,
    });
    await addPriceFacts(analytics, staging, currency);
    await nameCurrency(analytics, currency);
    const refusals: string[] = [];
    const named = await productsOfEvents(analytics, staging, known.products);
    const products = admitted(
      named,
      refuseProduct,
      refusals,
      (product, refused) => `product ${product.productId.slice(0, 100)}: left out, since ${refused.refused}`,
    );
    // The report stays, whoever is forgotten: it names nobody.
    const users = admitted(
      [...staging.users.values()],
      refuseUser,
      refusals,
      (_, { field }) => `a profile: left out, since its ${field || 'row'} is not as a profile's should be.`,
    );
    const { count: factsKept, facts } = await readFacts(analytics);
    progress('set-aside', 0.78, rows);
    const setAside = options.preview ? 0 : await fillQuarantine(analytics, sources, check);
    const [kept] = await analytics.rows<{ n: number }>('SELECT count(*) AS n FROM kept');
    const report: ImportReport = {
      importId,
      files: input.files,
      kind: [...new Set(opened.map(({ kind }) => kind))].join('+'),
      readings: opened.map(readingOf),
      rowsRead: rows,
      eventsKept: kept!.n,
      productsKept: products.length,
      usersKept: users.length,
      factsKept,
      steps,
      seconds: (performance.now() - started) / 1000,
      notes: [
        ...input.notes,
        ...mappers.flatMap((mapper) => [...(mapper.notes ?? []), ...(mapper.late?.() ?? [])]),
        ...opened.flatMap(encodingNotes),
        ...joined,
        ...resolved,
        ...(await currencyNotes(analytics)),
        ...(await repeatedLines(analytics, staging)),
        ...shortened(refusals),
      ],
      settings: readSettings(options) as Readonly<Record<string, unknown>>,
    };
    check();
    if (options.preview) return { ...report, preview: await previewOf(analytics, cleanEvents, products, users, facts) };
    progress('store', 0.9, rows);
    // Events of one time are stored in the order of the file.
    await analytics.execute('SET preserve_insertion_order = true');
    const withdrawn =
      hasOrderLines(staging, { orderLines }) && (await hasRows(analytics, withdrawnEvents))
        ? { withdrawn: withdrawnEvents }
        : undefined;
    const told = await options.store.commitImport({
      report,
      products,
      users,
      facts,
      ...((kept!.n > 0 || withdrawn) && { events: { analytics, table: cleanEvents, ...withdrawn } }),
      ...(setAside > 0 && { quarantine: { analytics, table: quarantineTable } }),
    });
    progress('store', 1, rows);
    const again = orderLines === 'false' ? [] : linesAgain(told);
    return { ...told, notes: [...(told.notes ?? []), ...again], seconds: (performance.now() - started) / 1000 };
  } finally {
    await analytics.close();
    rmSync(spillFolder, { recursive: true, force: true });
    // A refused import of a shop that is not there yet leaves no folder.
    for (const made of [workFolder, join(options.folder, 'imports'), options.folder]) removeIfEmpty(made);
  }
}

function linesAgain({
  eventsKnown: known = 0,
  eventsChanged: changed = 0,
  eventsWithdrawn: gone = 0,
}: ImportReport): string[] {
  const number = (count: number): string => count.toLocaleString('en');
  return [
    ...(known > 0
      ? [`${number(known)} lines are of orders that the shop has: ${number(changed)} of them have changed, and were`]
      : []),
    ...(gone > 0 ? [`${number(gone)} lines that the shop had are not bought any more, and were taken out`] : []),
  ];
}

/** SQL over `raw_row`: true for the rows of files. */
function within(files: readonly FileRows[]): string {
  return files.map(({ first, end }) => `(raw_row >= ${first} AND raw_row < ${end})`).join(' OR ') || 'false';
}

/** What the caller says, else the only currency that the files of the import say. */
function currencyOf(options: ImportOptions, opened: readonly OpenedFile[], staging: Staging): string | undefined {
  if (options.currency !== undefined) return options.currency;
  const told = new Set([
    ...opened.flatMap(({ mapper }) => mapper.currency ?? []),
    ...staging.dictionaries.currency.texts,
  ]);
  return told.size === 1 ? [...told][0] : undefined;
}

/** Equal lines of one order may be two pieces: what was done with them is said. */
async function repeatedLines(analytics: Analytics, staging: Staging): Promise<string[]> {
  if (!staging.fields.has('sessionId')) return [];
  const [found] = await analytics.rows<{ n: number }>(
    `SELECT count(DISTINCT a.raw_row) AS n FROM aside a JOIN raw_rows r ON r.raw_row = a.raw_row
     WHERE a.step = 'exact-duplicates' AND r.kind = ${kindCode('purchase')} AND r.session_id IS NOT NULL`,
  );
  if (found!.n === 0) return [];
  return [
    `${found!.n.toLocaleString('en')} lines equal another of their order in every cell and were taken for repeats; where they are further pieces, \`without\` exact-duplicates counts them`,
  ];
}

function readingOf({ source, kind, mapper, encoding }: OpenedFile): FileReading {
  const used = Object.entries(mapper.used ?? {}).map(([field, columns]) => [field, columns.join(' or ')] as const);
  // The first bytes that are not UTF-8 may stand behind those that were looked at before.
  const found = encoding()?.replace('?', '');
  return {
    file: source.name,
    kind,
    ...(mapper.role !== undefined && { role: mapper.role }),
    columns: Object.fromEntries(used),
    unused: mapper.unused ?? [],
    ...(found !== undefined && { encoding: found }),
  };
}

function encodingNotes({ source, encoding }: OpenedFile): string[] {
  const found = encoding();
  if (found === undefined || found === 'utf-8') return [];
  if (!found.endsWith('?')) return [`${source.name}: not UTF-8: read as ${found}`];
  return [
    `${source.name}: not UTF-8: read as ${found.slice(0, -1)}, though its letters look like another encoding: set \`encoding\` (windows-1251, iso-8859-7, big5, euc-kr, shift_jis ...)`,
  ];
}

/** Prices of several currencies are kept apart, and said. */
async function currencyNotes(analytics: Analytics): Promise<string[]> {
  const found = await analytics.rows<{ currency: string | null; n: number }>(
    `SELECT currency, count(*) AS n FROM staged_facts WHERE fact = 'price' GROUP BY currency ORDER BY n DESC, currency`,
  );
  const [only] = found;
  if (found.length === 1 && only!.currency === unknownCurrency)
    return [`no currency is known: prices are kept as ${unknownCurrency} (set \`currency\`)`];
  if (found.length < 2) return [];
  const list = found.map(({ currency, n }) => `${currency} ${n.toLocaleString('en')}`).join(', ');
  return [`prices in several currencies, kept apart: ${list}`];
}

/** Rows of the catalogue that pass the door; the others are told, and stay as they stand in the shop. */
function admitted<Row>(
  rows: readonly Row[],
  refuse: (row: unknown) => Refused | undefined,
  refusals: string[],
  tell: (row: Row, refused: Refused) => string,
): readonly Row[] {
  return rows.filter((row) => {
    const refused = refuse(row);
    if (refused) refusals.push(tell(row, refused));
    return refused === undefined;
  });
}

const shownRefusals = 10;

function shortened(refusals: readonly string[]): string[] {
  const more = refusals.length - shownRefusals;
  return [...refusals.slice(0, shownRefusals), ...(more > 0 ? [`${more} more of the catalogue were left out.`] : [])];
}

function cleanDescriptions(staging: Staging, cleaning: CleaningOptions): CleaningCount {
  const found = staging.catalogue.descriptions();
  const cleaned = removeBoilerplate(
    found.map(({ description }) => description),
    { minProducts: cleaning.boilerplateMinProducts, minShare: cleaning.boilerplateMinShare },
  );
  let changed = 0;
  for (const [i, product] of found.entries()) {
    if (cleaned[i] === product.description) continue;
    product.set(cleaned[i]!);
    changed++;
  }
  return { step: boilerplateStep, matched: changed, acted: changed, action: 'repaired' };
}

const importName = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;

/** Scratch of processes that are gone; only under names that Shelfwise gives. */
function removeLeftovers(folder: string): void {
  const imports = join(folder, 'imports');
  sweepScratch(imports);
  for (const entry of entriesOf(imports)) {
    if (!entry.isDirectory() || !importName.test(entry.name)) continue;
    sweepScratch(join(imports, entry.name));
    removeIfEmpty(join(imports, entry.name));
  }
}

function entriesOf(folder: string): Dirent[] {
  return existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
}

/** Leaves a folder that holds anything, or that another process fills just now. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (
      !['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EBUSY', 'EPERM', 'EACCES'].includes(
        (error as NodeJS.ErrnoException).code ?? '',
      )
    )
      throw error;
  }
}

/** @throws ShelfwiseError `SW_CANCELLED` */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  if (signal.reason instanceof ShelfwiseError) throw signal.reason;
  throw new ShelfwiseError('SW_CANCELLED', 'import: stopped on request.', 'Nothing was stored; start it again.');
}
