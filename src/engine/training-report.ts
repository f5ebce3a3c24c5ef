/** The report of a training. */
import type { RerankWorth } from '../selection/rerank/rerank-weight.ts';
import type { HeldBackReport } from './held-back.ts';
import type { TunedMember } from './tuned-settings.ts';

/** What was learned of the reranker, or why nothing could be. */
export type RerankReport =
  | RerankWorth
  | { readonly reranker?: string; readonly weight?: undefined; readonly missed: string };

export interface TrainingReport {
  readonly generation: number;
  /** True where the current generation was made from the same data and settings, and stays. */
  readonly unchanged: boolean;
  readonly seconds: number;
  /** Seconds by part, the longest first. */
  readonly parts: Readonly<Record<string, number>>;
  /** Most memory of the process until then, and what was expected before. */
  readonly peakMemoryBytes: number;
  readonly expectedMemoryBytes: number;
  /** What was made smaller to keep within the memory that a training may take, in sentences. */
  readonly smaller: readonly string[];
  readonly data: { readonly events: number; readonly people: number; readonly items: number };
  readonly validation: HeldBackReport;
  /** What the word of the reranker is worth; absent where the settings name none. */
  readonly rerank?: RerankReport;
  readonly models: {
    /** Base models that take part. */
    readonly used: readonly string[];
    /** Those that were left out, with the reason. */
    readonly skipped: readonly string[];
    /** Those that the generation before had from the same data and settings: they were not fitted again. */
    readonly carried: readonly string[];
  };
  /** What was found for the settings of the base models; absent where it was not asked for. */
  readonly tuned?: readonly TunedMember[];
  /** Events that moved into sealed files. */
  readonly sealed: number;
}
