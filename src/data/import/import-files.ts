/**
 * Imports a store's files: which of them are new, and how they are read. The way from their rows to the commit is
 * run-import.ts.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ShelfwiseError } from '../../core/errors.ts';
import type { ImportReport } from '../import-log.ts';
import { cleaningOptions } from './cleaning/options.ts';
import { switchOff } from './cleaning/steps.ts';
import { type ImportOptions, type InputFile, readSettings } from './import-options.ts';
import { askedFor } from './kinds/registry.ts';
import { hashFile } from './readers/bytes.ts';
import { readLimits } from './readers/limits.ts';
import { runImport, throwIfCancelled } from './run-import.ts';
import { fileSource } from './source.ts';

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
  askedFor(options.kind);
}

/** The files whose content the shop has not seen, and a note for each of the others. */
async function newFiles(
  paths: readonly string[],
  options: ImportOptions,
): Promise<{ files: InputFile[]; notes: string[]; same: ImportReport | undefined }> {
  const { store, signal } = options;
  const again = options.again === true || options.preview === true;
  const { imports } = await store.status();
  const settings = readSettings(options);
  const files: InputFile[] = [];
  const notes: string[] = [];
  let same: ImportReport | undefined;
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    // A path that is no file is reported by the reader.
    const sha256 = found?.isFile() ? await cancellable(hashFile(path, signal), signal) : '';
    const readings =
      again || sha256 === '' ? [] : imports.filter((one) => one.files.some((file) => file.sha256 === sha256));
    const earlier = readings.find((one) => isDeepStrictEqual(one.settings ?? {}, settings));
    const otherwise = readings.find(({ eventsKept }) => eventsKept > 0) ?? readings[0];
    if (!earlier && otherwise) {
      notes.push(readOtherwise(path, otherwise));
      files.push({ path, bytes: found?.size ?? 0, sha256 });
    } else if (earlier) {
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

/**
 * Other settings are another reading. Where the first one stored events, the two would stand beside each other.
 *
 * @throws ShelfwiseError `SW_USAGE` where the first reading stored events
 */
function readOtherwise(path: string, earlier: ImportReport): string {
  const undo = `shelfwise import --undo ${earlier.importId}`;
  if (earlier.eventsKept > 0)
    throw new ShelfwiseError(
      'SW_USAGE',
      `${basename(path)}: expected a file that is new, got one that import ${earlier.importId} read with other settings.`,
      `Take that reading back first: ${undo}`,
    );
  return `${basename(path)}: import ${earlier.importId} read it with other settings; what that reading stored stays until it is taken back: ${undo}`;
}

function nothingNew(same: ImportReport, notes: readonly string[]): ImportReport {
  const none = { rowsRead: 0, eventsKept: 0, productsKept: 0, usersKept: 0, factsKept: 0, steps: [], seconds: 0 };
  return { ...same, ...none, notes };
}

async function cancellable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throwIfCancelled(signal);
    throw error;
  }
}
