/** All that a model may learn from. */
import type { Case } from '../evaluation/cases.ts';
import type { Histories } from './histories.ts';
import type { ItemFacts } from './item-facts.ts';
import type { ItemVectors } from './item-vectors.ts';

/** A model takes what it needs of it, and says in its definition what it cannot do without. */
export interface FitData {
  readonly histories: Histories;
  /** What the items are, beside behaviour. */
  readonly catalogue?: ItemFacts;
  /** What the texts of the items say. */
  readonly vectors?: ItemVectors;
  /** Cases held back from `histories`, to stop early by. */
  readonly validation?: readonly Case[];
}

export type FitPart = Exclude<keyof FitData, 'histories'>;
