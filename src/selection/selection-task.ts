/** What a selection is fitted from, and how: its data, its settings, and who fits base models for it. */
import type { FitData } from '../data/fit-data.ts';
import type { Histories, Scorer } from '../data/histories.ts';
import type { ItemFacts } from '../data/item-facts.ts';
import type { ItemVectors } from '../data/item-vectors.ts';
import type { Case } from '../evaluation/cases.ts';
import type { Setting } from '../models/model.ts';
import type { ChoiceForm } from './choice/choice-model.ts';
import type { LearnedSelection } from './learned-selection.ts';
import type { OfferingOf } from './offering.ts';
import type { SignalDefinition } from './signals/signal.ts';

export interface MemberChoice {
  /** Name of the base model. */
  readonly model: string;
  /** Name inside the selection, where one model takes part with several settings. */
  readonly as?: string;
  readonly settings?: Readonly<Record<string, Setting>>;
  /** Candidates it may bring; 0 to only score. */
  readonly quota?: number;
  /** Left out, with a note, where the data is past its limits. */
  readonly optional?: boolean;
}

export interface SelectionSettings {
  readonly name: string;
  readonly members: readonly MemberChoice[];
  /** `auto`: linear or neural, whichever orders held-out choices better. */
  readonly form: ChoiceForm | 'auto';
  /** Candidates of a query at most. */
  readonly limit: number;
  /** Candidates each member may bring where it names no quota. */
  readonly quota: number;
  /** Validation cases that teach the weights, at most; a sample by seed beyond. */
  readonly maxCases: number;
  /** Wrong candidates kept of a case while learning, at most. */
  readonly negatives: number;
  /** Memory for the features of the cases at most, in megabytes: fewer wrong candidates and fewer held-out cases fit in less. */
  readonly featureMB: number;
  /** Length of the list whose NDCG decides between forms. */
  readonly depth: number;
  /** True where a later row of the histories was made later (sessions). */
  readonly rowsInTimeOrder: boolean;
  /** Names of the signals to use; all that the data can feed by default. */
  readonly signals?: readonly string[];
}

export const defaultSelectionSettings: Omit<SelectionSettings, 'name' | 'members'> = {
  form: 'auto',
  limit: 1000,
  quota: 200,
  maxCases: 12_000,
  negatives: 128,
  featureMB: 8000,
  depth: 20,
  rowsInTimeOrder: false,
};

export interface SelectionTask {
  /** Base models are fitted on this while weights are learned. */
  readonly fitTrain: Histories;
  readonly validation: readonly Case[];
  readonly later?: LaterChoices;
  /** And on this for serving; the same object where nothing is refitted. */
  readonly train: Histories;
  readonly facts?: ItemFacts;
  /** What the texts of the items say. */
  readonly vectors?: ItemVectors;
  /** Facts as they were before the choices, where those have changed since. */
  readonly factsBefore?: ItemFacts;
  /** Products that could be shown at the moment of a query, with their prices then; all of them by default. */
  readonly offeringOf?: OfferingOf;
  /** The signals there are; Shelfwise's own by default. */
  readonly signals?: readonly SignalDefinition[];
}

/** Choices that came after those of `validation`. What is learned without them is measured on them; then they teach as well. */
export interface LaterChoices {
  readonly cases: readonly Case[];
  /**
   * @param early - learned from `validation` alone, over base models fitted on `fitTrain`
   * @param tell - what is measured now
   */
  measure(early: LearnedSelection, tell: (note: string) => void): Promise<void>;
}

export interface SelectionContext {
  readonly seed: number;
  readonly compute: { readonly threads: number };
  readonly signal?: AbortSignal;
  /** Told the share of the work that is done, in [0, 1]. */
  readonly onProgress?: (share: number, note?: string) => void;
  fitBase(
    name: string,
    data: FitData,
    chosen?: Readonly<Record<string, Setting>>,
    onProgress?: (share: number, note?: string) => void,
  ): Promise<Scorer>;
}

/** The context of a piece of the work, which tells its own share in [0, 1]. */
export function pieceOf(context: SelectionContext, from: number, to: number): SelectionContext {
  const { onProgress } = context;
  if (!onProgress) return context;
  return { ...context, onProgress: (share, note) => onProgress(from + (to - from) * Math.min(1, share), note) };
}
