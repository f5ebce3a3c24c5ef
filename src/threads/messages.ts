/** What goes between a thread that works for a shop and the one that asked for it. */
import type { StoreOfFolder } from '../adapters/open-store.ts';
import { type ErrorCode, ShelfwiseError } from '../core/errors.ts';
import type { FileImportOptions, QuarantineReleaseOptions } from '../data/import/importer.ts';
import type { ClickEvaluationOptions } from '../engine/evaluate-clicks.ts';
import type { FileEvaluationOptions } from '../engine/evaluation-report.ts';
import type { ShopEvaluation } from '../engine/shop-work.ts';
import type { TrainOptions } from '../engine/training.ts';

/** Options without what cannot leave a thread. */
export type Plain<Options> = Omit<Options, 'signal' | 'onProgress'>;

/** Work on the shop of a folder. */
export type ShopTask =
  | { readonly kind: 'import'; readonly paths: readonly string[]; readonly options: Plain<FileImportOptions> }
  | { readonly kind: 'release'; readonly step: string; readonly options: Plain<QuarantineReleaseOptions> }
  /** `right` is held by the thread that asked, and lent. */
  | { readonly kind: 'train'; readonly options: Plain<TrainOptions>; readonly right: string }
  | { readonly kind: 'evaluate'; readonly options: Plain<ShopEvaluation> };

/** Work on files alone; composites are those of the selection. */
export interface FileTask {
  readonly kind: 'evaluate-files';
  readonly options: Omit<Plain<FileEvaluationOptions>, 'compute' | 'composites'>;
}

/** The same of labelled pairs. */
export interface ClickTask {
  readonly kind: 'evaluate-clicks';
  readonly options: Omit<Plain<ClickEvaluationOptions>, 'compute'>;
}

export interface ThreadData {
  readonly task: ShopTask | FileTask | ClickTask;
  /** Absent for work on files. */
  readonly store?: StoreOfFolder;
  /** The clock, milliseconds since 1970. */
  readonly now: number;
  /** Of Shelfwise. */
  readonly version: string;
  /** Of dense algebra and kernels; as many as the machine runs at once where absent. */
  readonly threads?: number;
}

export interface ToThread {
  /** Why it is to stop. */
  readonly stop: string;
}

export interface FromThread {
  /** What the callback is to be called with. */
  readonly progress?: readonly unknown[];
  readonly done?: unknown;
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
