import { expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { Histories, Scorer } from '../data/histories.ts';
import { ItemAttributes } from '../data/item-attributes.ts';
import type { Case } from '../evaluation/cases.ts';
import type { CompositeContext } from '../evaluation/composite.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import { modelNamed, modelSettings } from '../models/registry.ts';
import { compositeFitters, compositesOver, membersOf } from './composites.ts';
import { defaultMembers } from './member-sets.ts';

const itemCount = 60;
const random = new Random(3);
const rows = Array.from({ length: 200 }, () => {
  const group = random.below(5) * 12;
  return [...random.shuffle(Int32Array.from({ length: 12 }, (_, i) => group + i)).subarray(0, 7)] as number[];
});
const histories = (cut: number): Histories => ({
  itemCount,
  offsets: Int32Array.from({ length: rows.length + 1 }, (_, r) => r * (7 - cut)),
  items: Int32Array.from(rows.flatMap((row) => row.slice(0, 7 - cut))),
  ordered: true,
});
const validation: Case[] = rows.map((row) => ({
  query: { items: Int32Array.from(row.slice(0, 5)) },
  targets: Int32Array.of(row[5]!),
  masked: Int32Array.from(row.slice(0, 5)),
}));
const split = {
  protocol: { cut: 'planted groups', details: [] },
  itemCount,
  fitTrain: histories(2),
  train: histories(1),
  validation,
  attributes: Array.from({ length: itemCount }, (_, item) => Int32Array.of(item % 3)),
};

async function contextOf(settings: CompositeContext['settings'] = {}): Promise<CompositeContext> {
  const compute = { threads: 1, dense: await openWasmDenseMath(1) };
  return {
    compute,
    seed: 1,
    settings,
    task: 'sequence',
    fitBase: (name, data, chosen) => {
      const definition = modelNamed(name);
      return definition.fit(data, modelSettings(definition, chosen), { compute, seed: 1 });
    },
  };
}

const few = { models: 'item-knn,transition-knn:20,popularity', form: 'linear' };

async function bestOf(scorer: Scorer, count: number, now?: number): Promise<number[][]> {
  const moment = now === undefined ? {} : { now };
  const queries = rows.slice(0, 40).map((row) => ({ items: Int32Array.from(row.slice(0, 6)), ...moment }));
  const out = new Float32Array(queries.length * itemCount);
  await scorer.score(queries, out);
  return queries.map((_, n) => {
    const row = out.subarray(n * itemCount, (n + 1) * itemCount);
    return [...row.keys()].sort((a, b) => row[b]! - row[a]!).slice(0, count);
  });
}

test.each(['learned', 'equal-weights', 'rrf'] as const)(
  '%s ranks all items, never the excluded history first, and finds the group',
  async (name) => {
    const scorer = await compositeFitters[name]!(split, await contextOf({ [name]: few }));
    expect(scorer.name).toBe(name);
    for (const [n, best] of (await bestOf(scorer, 3)).entries()) {
      const seen = rows[n]!.slice(0, 6);
      for (const item of best) {
        expect(seen).not.toContain(item);
        expect(Math.floor(item / 12)).toBe(Math.floor(seen[0]! / 12));
      }
    }
  },
);

const kinds = (lists: number[][]) => lists.reduce((sum, list) => sum + new Set(list.map((i) => i % 3)).size, 0);

test('the whole selection puts a varied slate first and keeps the order of the rest', async () => {
  const plain = await compositeFitters['learned']!(split, await contextOf({ learned: few }));
  const slate = await compositeFitters['selection']!(
    split,
    await contextOf({ selection: { ...few, relevance: 0.2, count: 3 } }),
  );
  const same = await compositeFitters['selection']!(
    split,
    await contextOf({ selection: { ...few, relevance: 1, count: 3 } }),
  );
  const [pure, varied] = [await bestOf(plain, 3), await bestOf(slate, 3)];
  expect(kinds(varied)).toBe(40 * 3);
  expect(kinds(pure)).toBeLessThan(kinds(varied));
  expect(await bestOf(same, 10)).toEqual(await bestOf(plain, 10));
});

test('a slate of the past is varied by what was known of the items then', async () => {
  const former = split.attributes.map((ids, item) => ({ item, until: 100, ids }));
  const attributes = ItemAttributes.of(
    split.attributes.map(() => Int32Array.of(0)),
    former,
  );
  const context = await contextOf({ selection: { ...few, relevance: 0.2, count: 3 } });
  const slate = await compositesOver({ facts: { attributes } }).selection(split, context);
  expect(kinds(await bestOf(slate, 3, 99))).toBe(40 * 3);
  expect(kinds(await bestOf(slate, 3, 100))).toBeLessThan(40 * 3);
  expect(await bestOf(slate, 3)).toEqual(await bestOf(slate, 3, 100));
});

test('members are named with their quotas, and what cannot be is said', () => {
  expect(membersOf('rp3beta:100, als', 'interactions', 'learned')).toEqual([
    { model: 'rp3beta', quota: 100 },
    { model: 'als' },
  ]);
  const usual = membersOf('auto', 'sequence', 'learned');
  expect(membersOf('auto, sasrec:100', 'sequence', 'learned')).toEqual([...usual, { model: 'sasrec', quota: 100 }]);
  expect(() => membersOf('als:many', 'interactions', 'learned')).toThrow(/learned\.models: expected names/);
  for (const task of ['sequence', 'interactions', 'session', 'shop']) {
    const members = defaultMembers(task);
    expect(new Set(members.map(({ as, model }) => as ?? model)).size).toBe(members.length);
    for (const { model, settings } of members) modelSettings(modelNamed(model), settings);
  }
});

test('a wrong setting is refused with what was expected', async () => {
  const context = await contextOf({ learned: { form: 'magic' } });
  expect(() => compositeFitters['learned']!(split, context)).toThrow(/learned\.form: expected auto \| linear/);
  const unknown = await contextOf({ learned: { depths: 3 } });
  expect(() => compositeFitters['learned']!(split, unknown)).toThrow(/no such setting/);
});
