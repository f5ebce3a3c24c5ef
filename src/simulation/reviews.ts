/** What buyers write: stars by the product's quality and the price they paid, and sentences that say why. */
import type { Random } from '../core/random.ts';
import { type DemoProduct, kinds } from './products.ts';
import type { Shopper } from './shoppers.ts';
import { opinions } from './words.ts';

export type Aspect = keyof typeof opinions;

export interface Review {
  /** From 1 to 5. */
  readonly stars: number;
  readonly text: string;
}

/** @param paidShare - price paid as a share of the full price, in (0, 1] */
export function writeReview(product: DemoProduct, shopper: Shopper, paidShare: number, random: Random): Review {
  const felt = product.quality + 0.15 * random.normal();
  const value = 0.55 - 0.3 * shopper.thrift + (1 - paidShare) + 0.2 * random.normal();
  const delivery = 0.7 + 0.25 * random.normal();
  const stars = Math.min(5, Math.max(1, Math.round(1 + 4 * (0.75 * felt + 0.15 * value + 0.1 * delivery))));
  const language = shopper.language === 'zh' ? 1 : 0;
  const kind = kinds[product.kind]!;
  const say = (aspect: Aspect, isGood: boolean): string => {
    const said = opinions[aspect][isGood ? 'good' : 'bad'];
    return said[random.below(said.length)]![language].replaceAll(
      '{}',
      language === 1 ? kind.chinese : kind.name.toLowerCase(),
    );
  };
  const sentences = [say('quality', felt >= 0.5)];
  if (random.uniform() < 0.4) sentences.push(say('price', value >= 0.5));
  if (random.uniform() < 0.3) sentences.push(say('delivery', delivery >= 0.5));
  return { stars, text: sentences.join(language === 1 ? '' : ' ') };
}
