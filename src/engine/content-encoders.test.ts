/** The encoder of a shop is a setting away, and what it does not answer leaves the slate there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstUnmet as firstOf, kinds, kindsShop, names, now, product, share } from '../../test/fakes/kinds-shop.ts';
import { openAiEndpoint } from '../../test/fakes/openai-endpoint.ts';
import { writeTinySentenceModel } from '../../test/fakes/tiny-sentence-model.ts';
import { openShop, type Shop } from '../index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'content-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const shopOf = (name: string, settings: object): Promise<Shop> => kindsShop(join(folder, name), settings);

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
    expect(fellBack[0]!.text).toMatch(/expected vectors, got .*[^.]\.$/u);
    // Where it runs is not for those who ask.
    expect(fellBack[0]!.text).not.toContain('127.0.0.1');
  } finally {
    await endpoint.close();
  }
  // A training that cannot read says what is amiss, and the generation before stays.
  await using shut = await openShop(join(folder, 'endpoint'), { now: () => now });
  await shut.putProducts([product('later', 'another wok')]);
  await expect(shut.train()).rejects.toMatchObject({ code: 'SW_ENCODER' });
  expect((await shut.status()).generation).toBe(1);
}, 120_000);
