/** Products that nobody has met are chosen by what their texts say: from the training on, and from the moment they come. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAiEndpoint } from '../../test/fakes/openai-endpoint.ts';
import { writeTinySentenceModel } from '../../test/fakes/tiny-sentence-model.ts';
import { Random } from '../core/random.ts';
import type { Product } from '../data/catalogue.ts';
import type { ShopEvent } from '../data/events.ts';
import { openShop, type Shop } from '../index.ts';

const now = Date.UTC(2026, 5, 1);
/** Words of each kind; titles name two of them and nothing else tells the kind. */
const kinds = {
  kitchen: ['wok', 'frying pan', 'saucepan', 'kettle', '炒锅', '蒸笼'],
  garden: ['shears', 'garden hose', 'rake', 'flower pot', '花盆', '园艺'],
  sleep: ['pillow', 'bed sheet', 'blanket', 'mattress', '枕头', '被子'],
} as const;
type Kind = keyof typeof kinds;
const names = Object.keys(kinds) as Kind[];
const each = 40;

const product = (productId: string, title: string): Product => ({
  ...{ productId, title, categories: [], attributes: {}, images: [], variants: [] },
});
const random = new Random(3);
const titleOf = (kind: Kind): string => {
  const words = random.shuffle([...kinds[kind]]);
  return `${words[0]} ${words[1]} No. ${random.below(1000)}`;
};
const sold = names.flatMap((kind) => Array.from({ length: each }, (_, n) => product(`${kind}-${n}`, titleOf(kind))));
const unmet = names.flatMap((kind) => Array.from({ length: 10 }, (_, n) => product(`${kind}-new-${n}`, titleOf(kind))));
const events = Array.from({ length: 1500 }, (_, n): ShopEvent => {
  const kind = names[n % 3]!;
  return {
    ...{ eventId: `e${n}`, kind: 'purchase', time: now - (1500 - n) * 1_800_000 },
    ...{ userId: `${kind}-lover-${random.below(80)}`, productId: `${kind}-${random.below(each)}` },
  };
});

let folder: string;
let shop: Shop;
async function shopOf(name: string, settings: object): Promise<Shop> {
  const at = join(folder, name);
  const made = await openShop(at, { now: () => now });
  await writeFile(join(at, 'shelfwise.json'), JSON.stringify({ maxCases: 250, ...settings }));
  await made.putProducts([...sold, ...unmet]);
  await made.record(events);
  return made;
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'content-'));
  shop = await shopOf('shop', {});
  await shop.train();
}, 240_000);
afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

const met = sold.map(({ productId }) => productId);
const firstOf = async (from: Shop, request: object, count = 5): Promise<string[]> => {
  const { items } = await from.recommend({ ...request, exclude: met, count });
  return items.map(({ productId }) => productId);
};
const share = (ids: readonly string[], kind: string): number =>
  ids.filter((id) => id.startsWith(kind)).length / ids.length;
/** True once it is so; false where it does not come to be. */
async function comesToBe(until: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await until()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

test('of products that nobody has met those come first whose texts are like what the shopper chose', async () => {
  const found = await Promise.all(
    names.map(async (kind) => share(await firstOf(shop, { user: `${kind}-lover-7` }), kind)),
  );
  expect(found).toEqual([1, 1, 1]);
});

test('a product that comes is chosen by its text soon after, in another process as well', async () => {
  await using other = await openShop(shop.folder, { now: () => now, workers: 2 });
  const request = { user: 'garden-lover-7' };
  await firstOf(other, request);
  await shop.putProducts([
    product('late-garden', '园艺 shears and rake'),
    product('late-sleep', 'pillow 枕头 blanket'),
  ]);
  for (const one of [shop, other]) {
    const chosen = await comesToBe(async () => {
      const found = await firstOf(one, request, 30);
      const [own, strange] = [found.indexOf('late-garden'), found.indexOf('late-sleep')];
      return own >= 0 && own < 10 && (strange < 0 || strange > own);
    });
    expect(chosen).toBe(true);
  }
  // A process that is opened later has read it too.
  await using later = await openShop(shop.folder, { now: () => now });
  expect(await comesToBe(async () => (await firstOf(later, request, 30)).slice(0, 10).includes('late-garden'))).toBe(
    true,
  );
});

test('a product that is described anew is what it is described as now', async () => {
  const request = { user: 'sleep-lover-3' };
  await shop.putProducts([product('garden-new-0', '枕头 pillow and bed sheet')]);
  expect(await comesToBe(async () => (await firstOf(shop, request, 12)).includes('garden-new-0'))).toBe(true);
});

test('what is typed is part of the question, of a stranger as well, in both languages', async () => {
  for (const [text, kind] of [
    ['a kettle', 'kitchen'],
    ['枕头', 'sleep'],
    ['flower pot', 'garden'],
  ] as const) {
    const answer = await shop.recommend({ text, count: 5 });
    expect(answer.fellBack.map(({ code }) => code)).toEqual([]);
    const found = answer.items.map(({ productId }) => productId);
    expect(share(found.slice(0, 2), kind)).toBe(1);
    expect(share(found, kind)).toBeGreaterThanOrEqual(0.6);
  }
});

test('another encoder is a setting away: a model in a folder, an endpoint, none', async () => {
  const model = join(folder, 'tiny');
  await writeTinySentenceModel(model);
  await using byModel = await shopOf('by-model', { encoder: { transformer: model } });
  await byModel.train();
  expect(share(await firstOf(byModel, { user: 'kitchen-lover-7' }), 'kitchen')).toBe(1);
  await using blind = await shopOf('blind', { encoder: 'none' });
  const report = await blind.train();
  expect(report.models.skipped.join(' ')).toContain('content-profile');
  expect((await blind.recommend({ user: 'kitchen-lover-7', text: 'wok' })).items).toHaveLength(10);
}, 120_000);

test('an endpoint that stops answering leaves the slate there, and the answer says so', async () => {
  const axis = (text: string): number => names.findIndex((kind) => kinds[kind].some((word) => text.includes(word)));
  let isDown = false;
  const endpoint = await openAiEndpoint(({ body }) =>
    isDown
      ? { status: 400 }
      : {
          data: body.input.map((text: string, index: number) => ({
            index,
            embedding: [0, 1, 2].map((n) => (n === axis(text) ? 1 : 0.1)),
          })),
        },
  );
  try {
    await using asked = await shopOf('endpoint', { encoder: { endpoint: endpoint.url, model: 'm', timeoutMs: 2000 } });
    await asked.train();
    expect(share(await firstOf(asked, { user: 'kitchen-lover-7' }), 'kitchen')).toBe(1);
    isDown = true;
    await asked.putProducts([product('late', 'wok wok')]);
    const { items, fellBack } = await asked.recommend({ user: 'kitchen-lover-7', text: 'wok', count: 10 });
    expect([items.length, fellBack.map(({ code }) => code)]).toEqual([10, ['text_unread']]);
    expect(fellBack[0]!.text).toContain(endpoint.url);
  } finally {
    await endpoint.close();
  }
  // A training that cannot read says what is amiss, and the generation before stays.
  await using shut = await openShop(join(folder, 'endpoint'), { now: () => now });
  await shut.putProducts([product('later', 'another wok')]);
  await expect(shut.train()).rejects.toMatchObject({ code: 'SW_ENCODER' });
  expect((await shut.status()).generation).toBe(1);
}, 120_000);
