/** The report of a training. */
import type { HeldBackReport } from './held-back.ts';

export interface TrainingReport {
  readonly generation: number;
  /** True where the current generation was made from the same data and settings, and stays. */
  readonly unchanged: boolean;
  readonly seconds: number;
  readonly data: { readonly events: number; readonly people: number; readonly items: number };
  readonly validation: HeldBackReport;
  /** Base models that take part, and those that were left out, with the reason. */
  readonly models: { readonly used: readonly string[]; readonly skipped: readonly string[] };
  /** Events that moved into sealed files. */
  readonly sealed: number;
}
