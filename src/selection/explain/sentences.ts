/** One short sentence for a reason, in English or Chinese, that states nothing but the reason's own facts. */
import type { Reason } from './reasons.ts';

export type ReasonLanguage = 'en' | 'zh';

export interface SentenceOptions {
  readonly language: ReasonLanguage;
  /** What an item is called; titles are data and stand between quotation marks. */
  readonly titleOf: (item: number) => string;
  /** What the shopper did with the item that speaks (of `repeat`, the item itself), where it was one thing. */
  readonly did?: 'bought' | 'viewed';
}

/**
 * @example sentenceOf(reason, { language: 'en', titleOf: () => 'Tea pot', did: 'bought' }) // 'Because you bought “Tea pot”.'
 */
export function sentenceOf(reason: Reason, { language, titleOf, did }: SentenceOptions): string {
  const title = reason.items[0] && titleOf(reason.items[0].item);
  const { facts } = reason;
  const zh = language === 'zh';
  const verb = did === 'bought' ? ['bought', '买过'] : did === 'viewed' ? ['looked at', '看过'] : ['chose', '选过'];
  switch (reason.kind) {
    case 'history': {
      return zh ? `因为您${verb[1]}《${title}》。` : `Because you ${verb[0]} “${title}”.`;
    }
    case 'taste':
      return zh ? '与您以往的选择相合。' : 'Fits what you chose before.';
    case 'popular': {
      const times = (facts['timesTheMean'] ?? 1).toFixed(1);
      return zh ? `受欢迎程度是一般商品的 ${times} 倍。` : `Chosen ${times} times as often as the average product.`;
    }
    case 'trend': {
      const lift = (facts['recentLift'] ?? 1).toFixed(1);
      return zh ? `近期受关注程度是平时的 ${lift} 倍。` : `Lately in demand: ${lift} times its usual share.`;
    }
    case 'repeat': {
      const times = facts['times'] ?? 1;
      if (times > 1) return zh ? `您已${verb[1]} ${times} 次。` : `You ${verb[0]} it ${times} times before.`;
      return zh ? `您之前${verb[1]}。` : `You ${verb[0]} it before.`;
    }
    case 'attributes':
      return zh ? '与您选过的商品同类。' : 'Shares its kind with what you chose before.';
    case 'price':
      return zh ? '价格接近您平时的选择。' : 'Priced near what you usually choose.';
    case 'time':
      return zh ? '常在这个时段被选购。' : 'Often chosen at this time of day.';
  }
}
