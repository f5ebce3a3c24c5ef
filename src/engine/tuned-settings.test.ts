import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sumsShop } from '../../test/fakes/sums-shop.ts';
import { type OpenCompute, openCompute } from '../adapters/compute.ts';
import { Random } from '../core/random.ts';
import type { Histories } from '../data/histories.ts';
import { queryOfRow } from '../data/histories.ts';
import { defineModel } from '../models/model.ts';
import { popularity } from '../models/popularity.ts';
import { modelSettings } from '../models/registry.ts';
import { transitionKnn } from '../models/transition-knn.ts';
import { currentGeneration } from './artefacts.ts';
import { readTuned } from './generation.ts';
import { candidatesOf, halvedSettings, TunedSettings } from './tuned-settings.ts';

let compute: OpenCompute;
beforeAll(async () => {
  compute = await openCompute({ threads: 1 });
});
afterAll(() => compute.close());

const items = 40;
/** What comes next follows from the one two steps back, forward only: gaps of two count, and so does the window. */
function everyOther(rows: number): Histories {
  const random = new Random(4);
  const all: number[] = [];
  for (let row = 0; row < rows; row++) {
    const own = [random.below(items), random.below(items)];
    while (own.length < 12) own.push((own.at(-2)! * 7 + 3) % items);
    all.push(...own);
  }
  return {
    ...{ itemCount: items, items: Int32Array.from(all), ordered: true },
    offsets: Int32Array.from({ length: rows + 1 }, (_, n) => n * 12),
  };
}

const histories = everyOther(300);
const cases = Array.from({ length: 100 }, (_, row) => {
  const end = histories.offsets[row + 1]! - 1;
  return {
    query: queryOfRow(histories, row, end),
    targets: histories.items.slice(end, end + 1),
    masked: new Int32Array(0),
  };
});

describe('successive halving', () => {
  test('finds settings that are better on held back cases, and keeps those that were given', async () => {
    const given = { historyDecay: 1, sourceExponent: 2 };
    const context = { compute, seed: 1 };
    const options = { metric: 'NDCG@10' as const, candidates: 8, cases, data: { histories }, context };
    const found = (await halvedSettings(transitionKnn, given, options))!;
    expect(found.figure).toBeGreaterThan(found.before);
    expect(found.chosen).toMatchObject(given);
    // Eight and what was given on a quarter, four and two of them on more.
    expect(found.fits).toBe(9 + 5 + 3);
    expect(await halvedSettings(transitionKnn, given, options)).toEqual(found);
    expect(new TunedSettings([found]).of('transition-knn', { ...given })).toEqual(found.chosen);
    expect(new TunedSettings([found]).of('transition-knn', {})).toEqual({});
  });

  test('never takes what is worse, and leaves alone what declares nothing to search', async () => {
    const context = { compute, seed: 1 };
    const options = { metric: 'NDCG@10' as const, candidates: 4, cases, data: { histories }, context };
    expect(await halvedSettings({ ...popularity, settings: {} }, {}, options)).toBeUndefined();
    expect(await halvedSettings(transitionKnn, {}, { ...options, cases: [] })).toBeUndefined();
    // Only the declared default is any good.
    const onlyDefault = defineModel({
      ...{ name: 'only-default', about: '', load: () => Promise.reject(new Error('never')) },
      settings: { way: { default: 0, min: 0, max: 5, search: [0, 1, 2, 3, 4, 5], doc: 'Way.' } },
      fit: (data, { way }, fitContext) =>
        way === 0
          ? transitionKnn.fit(data, modelSettings(transitionKnn), fitContext)
          : popularity.fit(data, modelSettings(popularity), fitContext),
    });
    const found = (await halvedSettings(onlyDefault, {}, options))!;
    expect(found.chosen).toEqual({});
    expect(found.figure).toBe(found.before);
  });

  test('tries values that are declared, each candidate once', () => {
    const found = candidatesOf(transitionKnn, { window: 5 }, 30, 7);
    expect(found.length).toBe(30);
    expect(new Set(found.map((one) => JSON.stringify(one))).size).toBe(30);
    for (const one of found) {
      expect(one['window']).toBe(5);
      for (const [name, value] of Object.entries(one))
        if (name !== 'window') expect(transitionKnn.settings[name]!.search).toContain(value);
    }
  });
});

test('a shop keeps the settings that were found until they are looked for again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tuned-'));
  try {
    await using shop = await sumsShop(folder, { models: ['popularity', 'transition-knn'] });
    const told: string[] = [];
    const first = await shop.train({ tune: true, onProgress: (_, note) => note && told.push(note) });
    const found = first.tuned!.find(({ model }) => model === 'transition-knn');
    expect(found).toMatchObject({ model: 'transition-knn', metric: 'NDCG@10' });
    expect(found!.figure).toBeGreaterThanOrEqual(found!.before);
    expect(told.some((note) => /choosing settings: transition-knn, \d+ settings on 0\.25/u.test(note))).toBe(true);
    const kept = await readTuned((await currentGeneration(folder))!);
    expect(kept).toEqual(first.tuned);
    expect((await shop.train()).unchanged).toBe(true);
    const second = await shop.train({ force: true });
    expect(second.tuned).toBeUndefined();
    expect(await readTuned((await currentGeneration(folder))!)).toEqual(kept);
    const { number } = (await currentGeneration(folder))!;
    const config = await readFile(
      join(folder, 'models', String(number).padStart(6, '0'), 'models', 'transition-knn', 'config.json'),
      'utf8',
    );
    expect(JSON.parse(config)).toMatchObject({ meta: { settings: found!.chosen } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
