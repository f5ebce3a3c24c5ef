/**
 * Imports a store's files: reads and maps every row into staging, cleans by the declared steps, and hands the shop one
 * commit, so that either all of it becomes visible or none. Bounded memory: rows wait in the analytics port, which
 * spills into the shop's `imports/ID/` folder.
 */
import { randomBytes } from 'node:crypto';
import { type Dirent, existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ShelfwiseError } from '../../core/errors.ts';
import { ownTag, sweepScratch } from '../../core/scratch.ts';
import { named } from '../../core/system-errors.ts';
import type { Analytics } from '../analytics.ts';
import { type Refused, refuseProduct, refuseUser } from '../door.ts';
import type { EventKind } from '../events.ts';
import type { CleaningCount, ImportReport, ShopStore } from '../shop-store.ts';
import { addPriceFacts, cleanEvents, createCleanEvents, productsOfEvents, readFacts } from './clean-events.ts';
import { removeBoilerplate } from './cleaning/boilerplate.ts';
import { type CleaningOptions, cleaningOptions } from './cleaning/options.ts';
import { CleaningContext, prepareCleaning } from './cleaning/step.ts';
import { boilerplateStep, cleaningSteps, switchOff } from './cleaning/steps.ts';
import { TextCleaner } from './cleaning/text-cleaner.ts';
import type { EventField, RowMapper } from './kinds/kind.ts';
import type { TimeFormat } from './kinds/parse-time.ts';
import { kindNamed, kindOf } from './kinds/registry.ts';
import { fillQuarantine, quarantineTable } from './quarantine.ts';
import { readRows } from './read-rows.ts';
import { hashFile } from './readers/bytes.ts';
import { type ReadLimits, readLimits } from './readers/limits.ts';
import { fileSource, type ImportSource, peek } from './source.ts';
import { Staging } from './staging.ts';

export interface ImportProgress {
  readonly phase: 'read' | 'clean' | 'set-aside' | 'store';
  /** Of the whole import, in [0, 1]. */
  readonly share: number;
  readonly rows: number;
}

/** How files are read; kept with the import's report, so that what was set aside is read the same way again. */
export interface ReadSettings {
  /** Name of an import kind; recognised by the header where absent. */
  readonly kind?: string | undefined;
  /** Field to column (or dotted path), for the generic kind. */
  readonly map?: Readonly<Record<string, string>> | undefined;
  /** ISO 4217, for prices whose currency the files do not say. */
  readonly currency?: string | undefined;
  /** Kind of event of rows that do not say it. */
  readonly event?: EventKind | undefined;
  readonly timeFormat?: TimeFormat | undefined;
  /** Of times without an offset, minutes east of UTC. */
  readonly utcOffsetMinutes?: number | undefined;
  readonly cleaning?: Partial<CleaningOptions> | undefined;
}

export interface ImportOptions extends ReadSettings {
  readonly store: ShopStore;
  /** The shop's folder; work in progress lies in its `imports/ID/`. */
  readonly folder: string;
  openAnalytics(options: { memoryLimitBytes: number; spillFolder: string }): Promise<Analytics>;
  readonly encoding?: string | undefined;
  /** How much a file may ask of its reader: row length, columns, depth, ratio of packing. */
  readonly limits?: Partial<ReadLimits> | undefined;
  readonly delimiter?: string | undefined;
  /** Sheet of a workbook. */
  readonly sheet?: string | undefined;
  /** Cleaning steps to leave out. */
  readonly without?: readonly string[] | undefined;
  /** Imports a file again whose content was imported before. Its events are still stored once. */
  readonly again?: boolean | undefined;
  /** Most memory of the analytics port. @default 1 GiB */
  readonly memoryLimitBytes?: number | undefined;
  /** The import clock. */
  readonly now?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

/**
 * @returns what was read, cleaned and kept; already committed
 * @throws ShelfwiseError `SW_INPUT_*` for files that cannot be used, `SW_CANCELLED` after an abort; nothing is stored then
 */
export async function importFiles(paths: readonly string[], options: ImportOptions): Promise<ImportReport> {
  if (paths.length === 0)
    throw new ShelfwiseError('SW_USAGE', 'import: expected a file, got none.', 'Name one or more files.');
  checkSettings(options);
  const { files, notes, same } = await newFiles(paths, options);
  if (files.length === 0) return nothingNew(same!, notes);
  return runImport(options, {
    files,
    notes,
    sources: (analytics) => files.map(({ path, bytes }) => fileSource(path, bytes, analytics, options)),
    earlierCopies: 0,
  });
}

/** Wrong settings are told before a file is opened. */
function checkSettings(options: ImportOptions): void {
  switchOff(options.without ?? []);
  cleaningOptions(options.cleaning);
  readLimits(options.limits);
  if (options.kind !== undefined) kindNamed(options.kind);
}

interface InputFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The files whose content the shop has not seen, and a note for each of the others. */
async function newFiles(
  paths: readonly string[],
  { store, again, signal }: ImportOptions,
): Promise<{ files: InputFile[]; notes: string[]; same: ImportReport | undefined }> {
  const { imports } = await store.status();
  const files: InputFile[] = [];
  const notes: string[] = [];
  let same: ImportReport | undefined;
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    // A path that is no file is reported by the reader.
    const sha256 = found?.isFile() ? await cancellable(hashFile(path, signal), signal) : '';
    const earlier = sha256 && imports.find((report) => report.files.some((file) => file.sha256 === sha256));
    if (earlier && !again) {
      same = earlier;
      notes.push(
        `${basename(path)}: same content as in import ${earlier.importId}; not read again (\`again\` reads it).`,
      );
    } else if (sha256 && files.some((file) => file.sha256 === sha256))
      notes.push(`${basename(path)}: same content as another file of this import; read once.`);
    else files.push({ path, bytes: found?.size ?? 0, sha256 });
  }
  return { files, notes, same };
}

function nothingNew(same: ImportReport, notes: readonly string[]): ImportReport {
  const none = { rowsRead: 0, eventsKept: 0, productsKept: 0, usersKept: 0, factsKept: 0, steps: [], seconds: 0 };
  return { ...same, ...none, notes };
}

interface ImportInput {
  readonly files: readonly InputFile[];
  readonly notes: readonly string[];
  sources(analytics: Analytics): ImportSource[];
  readonly earlierCopies: number;
}

/** An import's way from sources to the commit. */
export function runImport(options: ImportOptions, input: ImportInput): Promise<ImportReport> {
  return named(options.folder, () => runNamed(options, input));
}

async function runNamed(options: ImportOptions, input: ImportInput): Promise<ImportReport> {
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
    const sources = input.sources(analytics);
    const { mappers, kinds } = await openMappers(sources, options, now);
    const texts = new TextCleaner({ encoding: !without.has('encoding-damage'), html: !without.has('html') });
    const fields = new Set<EventField>(mappers.flatMap(({ fields }) => fields));
    const several = mappers.some((mapper) => mapper.several === true);
    const staging = new Staging(analytics, texts, fields, several);
    await staging.create();
    await prepareCleaning(analytics);
    const { rows, unparsable } = await readRows({
      analytics,
      staging,
      sources,
      mappers,
      check,
      onShare: (share, rows) => progress('read', 0.6 * share, rows),
    });
    await staging.finish();
    // Only the reading of Parquet needs the order of rows.
    await analytics.execute('SET preserve_insertion_order = false');

    const context = new CleaningContext({
      analytics,
      options: cleaning,
      now,
      texts,
      products: staging.dictionaries.productId.texts,
      variants: staging.dictionaries.variantId.texts,
      nonProducts: mappers.flatMap((mapper) => mapper.nonProducts ?? []),
      hasEventIds: fields.has('eventId'),
      unparsable,
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
    await createCleanEvents(analytics, staging, {
      without,
      currency: options.currency,
      earlierCopies: input.earlierCopies,
    });
    await addPriceFacts(analytics, staging, options.currency);
    const refusals: string[] = [];
    const named = await productsOfEvents(analytics, staging, await knownProducts(options.store));
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
    const setAside = await fillQuarantine(analytics, sources, check);
    const [kept] = await analytics.rows<{ n: number }>('SELECT count(*) AS n FROM kept');
    const read: ReadSettings = {
      kind: kinds.size === 1 ? [...kinds][0] : undefined,
      map: options.map,
      currency: options.currency,
      event: options.event,
      timeFormat: options.timeFormat,
      utcOffsetMinutes: options.utcOffsetMinutes,
      cleaning: options.cleaning,
    };
    const report: ImportReport = {
      importId,
      files: input.files,
      kind: [...kinds].join('+'),
      rowsRead: rows,
      eventsKept: kept!.n,
      productsKept: products.length,
      usersKept: users.length,
      factsKept,
      steps,
      seconds: (performance.now() - started) / 1000,
      notes: [...input.notes, ...mappers.flatMap((mapper) => mapper.notes ?? []), ...shortened(refusals)],
      settings: Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)),
    };
    check();
    progress('store', 0.9, rows);
    // Events of one time are stored in the order of the file.
    await analytics.execute('SET preserve_insertion_order = true');
    const told = await options.store.commitImport({
      report,
      products,
      users,
      facts,
      ...(kept!.n > 0 && { events: { analytics, table: cleanEvents } }),
      ...(setAside > 0 && { quarantine: { analytics, table: quarantineTable } }),
    });
    progress('store', 1, rows);
    return { ...told, seconds: (performance.now() - started) / 1000 };
  } finally {
    await analytics.close();
    rmSync(spillFolder, { recursive: true, force: true });
    // A refused import of a shop that is not there yet leaves no folder.
    for (const made of [workFolder, join(options.folder, 'imports'), options.folder]) removeIfEmpty(made);
  }
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

async function openMappers(
  sources: readonly ImportSource[],
  options: ImportOptions,
  now: number,
): Promise<{ mappers: RowMapper[]; kinds: Set<string> }> {
  const mappers: RowMapper[] = [];
  const kinds = new Set<string>();
  const map = options.map ?? {};
  for (const source of sources) {
    const shape = await peek(source);
    const kind = kindOf(shape, options.kind, Object.keys(map).length > 0);
    kinds.add(kind.name);
    const { currency, event, timeFormat, utcOffsetMinutes = 0 } = options;
    mappers.push(kind.open(shape, { map, currency, event, timeFormat, utcOffsetMinutes, now }));
  }
  return { mappers, kinds };
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

async function knownProducts(store: ShopStore): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  if ((await store.status()).products === 0) return known;
  for await (const { productId } of store.products()) known.add(productId);
  return known;
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
function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  if (signal.reason instanceof ShelfwiseError) throw signal.reason;
  throw new ShelfwiseError('SW_CANCELLED', 'import: stopped on request.', 'Nothing was stored; start it again.');
}

async function cancellable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throwIfCancelled(signal);
    throw error;
  }
}
