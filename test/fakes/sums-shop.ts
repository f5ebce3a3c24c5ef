/**
 * A shop whose shoppers follow a rule that no model of pairs can see: the number of the next product is the sum of those of the
 * last two, within twelve. Whoever reads the titles and adds can foresee it.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../src/core/random.ts';
import type { ShopEvent } from '../../src/data/events.ts';
import { type OpenShopOptions, openShop, type Shop } from '../../src/index.ts';
import { askedOf, chatOf } from './chat-answers.ts';
import { product } from './kinds-shop.ts';
import type { EndpointCall } from './openai-endpoint.ts';

export const now: number = Date.UTC(2026, 5, 1);
const groups = 12;
const perGroup = 3;
const idOf = (n: number): string => `n${n}`;
const products = Array.from({ length: groups * perGroup }, (_, n) => product(idOf(n), `Thing ${n}`));

const random = new Random(9);
const shoppers = 150;
const events: readonly ShopEvent[] = Array.from({ length: shoppers }, (_, s) => {
  const own: number[] = [random.below(products.length)];
  const other = random.below(products.length - 1);
  own.push(other >= own[0]! ? other + 1 : other);
  while (own.length < 10) {
    const group = (own.at(-1)! + own.at(-2)!) % groups;
    const fitting = products.keys().filter((n) => n % groups === group && n !== own.at(-1));
    const from = [...fitting];
    own.push(random.uniform() < 0.9 ? from[random.below(from.length)]! : random.below(products.length));
  }
  return own.map(
    (n, at): ShopEvent => ({
      ...{ eventId: `s${s}-${at}`, kind: 'purchase', userId: `u${s}`, productId: idOf(n) },
      // At any hour of the day.
      time: now - (10 - at) * 86_400_000 - random.below(86_400_000),
    }),
  );
}).flat();

export async function sumsShop(at: string, settings: object, options: OpenShopOptions = {}): Promise<Shop> {
  const shop = await openShop(at, { now: () => now, threads: 2, ...options });
  const few = { maxCases: 300, models: ['popularity', 'item-knn'], encoder: 'none', holdoutShare: 0.3 };
  await writeFile(join(at, 'shelfwise.json'), JSON.stringify({ ...few, slate: { excludeBoughtDays: 0 }, ...settings }));
  await shop.putProducts(products);
  await shop.record(events);
  return shop;
}

const numberOf = (words: string): number => Number(/Thing (\d+)/u.exec(words)?.[1]);

/** The group that the rule foresees after a history. */
export function foreseen(history: readonly string[]): number {
  const [before, last] = history.slice(-2).map(numberOf);
  return ((before ?? 0) + (last ?? 0)) % groups;
}
export const isOf = (group: number, productId: string): boolean => Number(productId.slice(1)) % groups === group;

/** A model that reads the titles and adds. */
export function adds(call: EndpointCall): object {
  const { history, candidates } = askedOf(call);
  const group = foreseen(history);
  const fits = candidates.filter(({ words }) => numberOf(words) % groups === group);
  const others = candidates.filter((one) => !fits.includes(one));
  return chatOf({ ranking: [...fits, ...others].map(({ handle }) => handle) });
}

/** A model whose order has nothing to do with the shopper. */
export function guesses(call: EndpointCall): object {
  const { candidates, history } = askedOf(call);
  const order = new Random(history.join().length).shuffle([...candidates.keys()]);
  return chatOf({ ranking: order.map((n) => candidates[n]!.handle) });
}
