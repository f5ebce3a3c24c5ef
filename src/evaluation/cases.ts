/** A case is a query with its right answers: protocols make cases, metrics count them. */
import { Random } from '../core/random.ts';
import type { Histories, Query } from '../data/histories.ts';
import type { ItemVectors } from '../data/item-vectors.ts';

export interface Case {
  readonly query: Query;
  /** Items that came next, without repeats; at least one. */
  readonly targets: Int32Array;
  /** Items that may not be recommended (already seen, where the protocol masks them). */
  readonly masked: Int32Array;
  /** Unit of resampling for intervals, where several cases belong to one user; the case itself where absent. */
  readonly group?: number;
}

/** How a data set was cut and is judged, in words for the report. */
export interface Protocol {
  /** Where train ends and test begins. */
  readonly cut: string;
  /** Seen items, cases, and on which part models are fitted. */
  readonly details: readonly string[];
}

/** @param sampled - number of random items that targets are ranked among; the whole catalogue where absent */
export function protocolText({ cut, details }: Protocol, sampled?: number): string {
  const ranking = sampled === undefined ? 'full ranking' : `ranking among ${sampled} sampled items`;
  return [cut, ranking, ...details].join(', ');
}

/** Everything that fitting and choosing may look at. */
export interface TrainingSplit {
  readonly protocol: Protocol;
  readonly itemCount: number;
  /** Models are fitted on this before the test is scored. */
  readonly train: Histories;
  /** The part of train that models are fitted on while settings and weights are chosen. */
  readonly fitTrain: Histories;
  /** Cases taken from train, never from test. */
  readonly validation: readonly Case[];
  /** Attribute ids of each item, where the data has them. */
  readonly attributes?: readonly Int32Array[];
  /** What the texts of the items say, where the data has them. */
  readonly vectors?: ItemVectors;
}

/** A data set cut for evaluation: what may be learned from, and cases that are looked at once. */
export interface Split extends TrainingSplit {
  readonly test: readonly Case[];
  /** From when on visits are tests, milliseconds since 1970, where the data is cut by time. */
  readonly instant?: number;
}

/**
 * At most `most` of the cases, without replacement, in the given order.
 *
 * @param stream - parts draws of one seed that serve different ends
 */
export function sampleCases<One>(cases: readonly One[], most: number, seed: number, stream: number): readonly One[] {
  if (cases.length <= most) return cases;
  const order = new Random(seed, stream).shuffle(Int32Array.from(cases.keys()));
  return [...order.subarray(0, most).sort()].map((n) => cases[n]!);
}
