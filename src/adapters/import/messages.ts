/** What goes between an import's thread and the one that asked for it. */
import { type ErrorCode, ShelfwiseError } from '../../core/errors.ts';
import type { ImportProgress } from '../../data/import/import-options.ts';
import type { FileImportOptions, QuarantineReleaseOptions } from '../../data/import/importer.ts';
import type { ImportReport } from '../../data/import-log.ts';
import type { StoreOfFolder } from '../open-store.ts';

/** Options without what cannot leave a thread. */
type Plain<Options> = Omit<Options, 'signal' | 'onProgress'>;

export type ImportTask =
  | { readonly release?: undefined; readonly paths: readonly string[]; readonly options: Plain<FileImportOptions> }
  | { readonly release: string; readonly options: Plain<QuarantineReleaseOptions> };

export interface ImportThreadData {
  readonly task: ImportTask;
  readonly store: StoreOfFolder;
  /** The import clock, milliseconds since 1970. */
  readonly now: number;
}

export interface ToImport {
  /** Why it is to stop. */
  readonly stop: string;
}

export interface ToMain {
  readonly progress?: ImportProgress;
  readonly done?: ImportReport | ImportReport[];
  readonly failed?: CarriedError;
}

interface CarriedError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly details: string;
  readonly stack?: string;
}

export function carriedError(error: unknown): CarriedError {
  if (!(error instanceof Error)) return { message: String(error), hint: '', details: '{}' };
  const stack = error.stack === undefined ? {} : { stack: error.stack };
  if (!(error instanceof ShelfwiseError)) return { message: error.message, hint: '', details: '{}', ...stack };
  const { code, message, hint, details } = error;
  return { code, message, hint, details: JSON.stringify(details), ...stack };
}

export function errorOf({ code, message, hint, details, stack }: CarriedError): Error {
  const error = code ? new ShelfwiseError(code, message, hint, JSON.parse(details)) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
