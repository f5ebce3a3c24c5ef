import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenCompute, openCompute } from '../adapters/compute.ts';
import { everywhere } from '../data/catalogue.ts';
import type { ShopEvent } from '../data/events.ts';
import { memoryStore, openShop, type Shop } from '../index.ts';
import { loadState } from '../models/state-file.ts';
import { CatalogueView } from './catalogue-view.ts';
import { ServingModels } from './serving-models.ts';

const now = Date.UTC(2026, 5, 1);
let folder: string;
let shop: Shop;
let compute: OpenCompute;
const train = (seed: number) => shop.train({ models: ['item-knn', 'popularity'], seed });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serving-models-'));
  compute = await openCompute({ threads: 1 });
  shop = await openShop(join(folder, 'shop'), { now: () => now });
  await shop.record(
    Array.from(
      { length: 300 },
      (_, n): ShopEvent => ({
        ...{ eventId: `e${n}`, kind: 'purchase', time: now - (600 - n) * 3_600_000 },
        ...{ userId: `u${n % 31}`, productId: `p${(n * 7) % 17}` },
      }),
    ),
  );
  await train(1);
});
afterAll(async () => {
  await shop.close();
  await compute.close();
  await rm(folder, { recursive: true, force: true });
});

interface Parts {
  readonly states?: typeof loadState;
  readonly open?: () => Promise<OpenCompute>;
}

function modelsOf({ states = loadState, open = async () => compute }: Parts): ServingModels {
  return new ServingModels({ folder: shop.folder, openCompute: open, states, prepare: async () => undefined });
}

test('while a generation is loaded the one before answers, and whoever waits for it gets it', async () => {
  let gate: Promise<void> = Promise.resolve();
  const models = modelsOf({ states: (from) => gate.then(() => loadState(from)) });
  // Nobody has asked yet: there is nothing to renew.
  await models.renewed();
  const before = (await models.now()).generation!.number;
  const opened = Promise.withResolvers<void>();
  gate = opened.promise;
  await train(2);
  for (let n = 0; n < 3; n++) expect((await models.now()).generation!.number).toBe(before);
  const renewed = models.renewed();
  opened.resolve();
  await renewed;
  expect((await models.now()).generation!.number).toBe(before + 1);
});

test('a part that is missing leaves the generation before in place and is said', async () => {
  let works = true;
  const models = modelsOf({
    open: async () => {
      if (!works) throw new Error('no kernels');
      return compute;
    },
  });
  const before = (await models.now()).generation!.number;
  works = false;
  await train(3);
  await models.renewed();
  const serving = await models.now();
  expect(serving.generation!.number).toBe(before);
  expect(serving.fellBack).toEqual([
    { code: 'generation_unreadable', text: 'The generation before answers: no kernels' },
  ]);
  await expect(modelsOf({ open: () => Promise.reject(new Error('no kernels')) }).now()).rejects.toThrow('no kernels');
});

test('what a generation knows of a catalogue is made once for all who wait, and then follows', async () => {
  const { generation } = await modelsOf({}).now();
  const store = memoryStore(() => now);
  const put = (id: string, colour: string) =>
    store.putProducts([
      {
        ...{ productId: id, title: id, categories: [], attributes: { colour }, images: [] },
        variants: [{ variantId: `${id}-1`, options: {} }],
      },
    ]);
  for (const id of ['p1', 'p2']) await put(id, 'red');
  for (const id of ['p3', 'p4']) await put(id, 'green');
  const view = await CatalogueView.load(store, now);
  await Promise.all([generation!.ready(view), generation!.ready(view)]);
  const [one, two] = ['p1', 'p2'].map((id) => generation!.index.itemOf.get(id)!) as [number, number];
  expect(generation!.similarity(view)!(one, two)).toBe(1);
  const [offers, same] = await Promise.all([
    generation!.offers(view, everywhere),
    generation!.offers(view, everywhere),
  ]);
  expect(same.allowed).toBe(offers.allowed);
  expect(offers.allowed[one]).toBe(1);
  await store.putFacts([{ fact: 'stock', variantId: 'p1-1', place: everywhere, from: now - 1, unitsOnHand: 0 }]);
  await put('p2', 'blue');
  await view.follow(store, now);
  await generation!.ready(view);
  expect(offers.allowed[one]).toBe(0);
  expect(generation!.similarity(view)!(one, two)).toBe(0);
});

test('places that nobody asked for lately are let go, and made again when they are', async () => {
  const { generation } = await modelsOf({}).now();
  const view = await CatalogueView.load(memoryStore(), now);
  await generation!.ready(view);
  const first = await generation!.offers(view, 'place 0');
  for (let n = 1; n <= 63; n++) await generation!.offers(view, `place ${n}`);
  expect((await generation!.offers(view, 'place 0')).allowed).toBe(first.allowed);
  for (let n = 64; n <= 127; n++) await generation!.offers(view, `place ${n}`);
  const again = await generation!.offers(view, 'place 0');
  expect(again.allowed).not.toBe(first.allowed);
  expect(again.allowed).toEqual(first.allowed);
});
