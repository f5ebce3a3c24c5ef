/** What an answer can lack, by code: the table of docs/errors.md. Each comes with a sentence of its own in the answer. */
export const fallbackTable = {
  unknown_shopper: 'Nobody is known by the id: answered as for a stranger.',
  unknown_products: 'Products of the request are not in the catalogue: chosen without them.',
  untrained_products: 'Products of the request came after the last training: chosen without them.',
  untrained: 'The shop is not trained, or no generation can be read: the most chosen products stand in.',
  generation_unreadable: 'A trained generation cannot be read: the one before it answers.',
  settings_kept: 'The settings cannot be read: those that were read before hold.',
  little_evidence: 'Fewer products than wanted had evidence: the rest of the catalogue follows.',
  members_missing: 'Members that the scenario names were not trained: chosen without them.',
  left_out_shown: 'All that may be shown was bought lately or rated low: shown all the same.',
  nothing_fits: 'No product that may be shown fulfils the filter: the slate is empty.',
  rerank_missed: 'What judges the best candidates once more was past a bound, or failed: the choice stands.',
  sentences_missed: 'What puts reasons into sentences was past a bound, or failed: their own words stand.',
  text_unread: 'What reads texts did not answer: chosen without what was typed.',
  deadline_choice: 'The deadline was over before the choice began: the most chosen products stand in.',
  deadline_signal: 'A signal did not answer in time: chosen without it.',
  deadline_reasons: 'The deadline was over before all reasons were found: some products have none.',
} as const;

export type FallbackCode = keyof typeof fallbackTable;

export interface Fallback {
  readonly code: FallbackCode;
  /** What was missing and what stood in, in one sentence. */
  readonly text: string;
}
