/** One short sentence for a reason, in English or Chinese, that states nothing but the reason's own facts. */
import { signalDefinitions } from '../signals/signal-set.ts';
import type { ReasonLanguage, Sentences } from './reason.ts';
import type { Reason } from './reasons.ts';

export interface SentenceOptions {
  readonly language: ReasonLanguage;
  /** What an item is called. */
  readonly titleOf: (item: number) => string;
  /** What the shopper did with the item that speaks (of `repeat`, the item itself), where it was one thing. */
  readonly did?: 'bought' | 'viewed';
}

const verbs = {
  en: { bought: 'bought', viewed: 'looked at', chose: 'chose' },
  zh: { bought: '买过', viewed: '看过', chose: '选过' },
} as const satisfies Record<ReasonLanguage, object>;

/** Of all signals, by the kind of reason. */
const sentences: Sentences = Object.assign({}, ...signalDefinitions.map(({ reason }) => reason?.sentences));

/**
 * @example sentenceOf(reason, { language: 'en', titleOf: () => 'Tea pot', did: 'bought' }) // 'Because you bought “Tea pot”.'
 */
export function sentenceOf({ kind, items, facts }: Reason, { language, titleOf, did }: SentenceOptions): string {
  const title = items[0] ? titleOf(items[0].item) : '';
  return sentences[kind]![language]({ facts, title, verb: verbs[language][did ?? 'chose'] });
}
