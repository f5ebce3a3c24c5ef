/** A shop whose products tell their kind by two words of the title and by nothing else; each shopper keeps to a kind. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../src/core/random.ts';
import type { Product } from '../../src/data/catalogue.ts';
import type { ShopEvent } from '../../src/data/events.ts';
import { openShop, type Shop } from '../../src/index.ts';

export const now: number = Date.UTC(2026, 5, 1);
/** Words of each kind; titles name two of them and nothing else tells the kind. */
export const kinds = {
  kitchen: ['wok', 'frying pan', 'saucepan', 'kettle', '炒锅', '蒸笼'],
  garden: ['shears', 'garden hose', 'rake', 'flower pot', '花盆', '园艺'],
  sleep: ['pillow', 'bed sheet', 'blanket', 'mattress', '枕头', '被子'],
} as const;
export type Kind = keyof typeof kinds;
export const names: readonly Kind[] = Object.keys(kinds) as Kind[];
const each = 40;

export const product = (productId: string, title: string): Product => ({
  ...{ productId, title, categories: [], attributes: {}, images: [], variants: [] },
});
const random = new Random(3);
const titleOf = (kind: Kind): string => {
  const words = random.shuffle([...kinds[kind]]);
  return `${words[0]} ${words[1]} No. ${random.below(1000)}`;
};
export const sold: readonly Product[] = names.flatMap((kind) =>
  Array.from({ length: each }, (_, n) => product(`${kind}-${n}`, titleOf(kind))),
);
const unmet = names.flatMap((kind) => Array.from({ length: 10 }, (_, n) => product(`${kind}-new-${n}`, titleOf(kind))));
const events = Array.from({ length: 1500 }, (_, n): ShopEvent => {
  const kind = names[n % 3]!;
  return {
    ...{ eventId: `e${n}`, kind: 'purchase', time: now - (1500 - n) * 1_800_000 },
    ...{ userId: `${kind}-lover-${random.below(80)}`, productId: `${kind}-${random.below(each)}` },
  };
});

/** @param settings - of its shelfwise.json */
export async function kindsShop(at: string, settings: object = {}): Promise<Shop> {
  const made = await openShop(at, { now: () => now });
  await writeFile(join(at, 'shelfwise.json'), JSON.stringify({ maxCases: 250, ...settings }));
  await made.putProducts([...sold, ...unmet]);
  await made.record(events);
  return made;
}

const met = sold.map(({ productId }) => productId);
/** The best of what nobody has met. */
export async function firstUnmet(from: Shop, request: object, count = 5): Promise<string[]> {
  const { items } = await from.recommend({ ...request, exclude: met, count });
  return items.map(({ productId }) => productId);
}
export const share = (ids: readonly string[], kind: string): number =>
  ids.filter((id) => id.startsWith(kind)).length / ids.length;
