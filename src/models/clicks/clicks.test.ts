/** Models of clicks on planted pairs: whoever knows user and item, or what items share, can tell. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenCompute, openCompute } from '../../adapters/compute.ts';
import { Random } from '../../core/random.ts';
import { knowledgeGraph } from '../../data/knowledge-graph.ts';
import type { LabelledPairs } from '../../data/labelled-pairs.ts';
import { auc } from '../../evaluation/metrics/auc.ts';
import { completeSettings } from '../settings.ts';
import type { ClickData } from './click-data.ts';
import { featureCount, PairFeatures } from './pair-features.ts';
import { clickModelNamed, clickModels } from './registry.ts';

let compute: OpenCompute;
beforeAll(async () => {
  compute = await openCompute({ threads: 1 });
});
afterAll(() => compute.close());

const [users, items, groups] = [60, 48, 4];
const groupOf = (n: number): number => n % groups;

/** Users click what is of their own group, mostly; some of what they click they buy: the first half of the items. */
function pairsOf(count: number, random: Random): LabelledPairs {
  const own = Array.from({ length: count }, () => [random.below(users), random.below(items)] as const);
  const likes = (user: number, item: number): boolean =>
    random.uniform() < (groupOf(user) === groupOf(item) ? 0.9 : 0.1);
  const click = Uint8Array.from(own, ([user, item]) => Number(likes(user, item)));
  return {
    users: Int32Array.from(own, ([user]) => user),
    items: Int32Array.from(own, ([, item]) => item),
    labels: { click, buy: click.map((one, n) => (own[n]![1] < items / 2 ? one : 0)) },
  };
}

function planted(graphOf = groupOf): ClickData & { readonly test: LabelledPairs } {
  const random = new Random(4);
  const [train, validation, test] = [1500, 300, 600].map((count) => pairsOf(count, random)) as [
    LabelledPairs,
    LabelledPairs,
    LabelledPairs,
  ];
  const triples = Array.from({ length: items }, (_, item) => [item, 0, items + graphOf(item)] as const);
  const { graph } = knowledgeGraph({ entities: items + groups, relations: 1 }, triples);
  return { userCount: users, itemCount: items, train, validation, test, graph };
}

async function measured(name: string, data: ClickData & { readonly test: LabelledPairs }, settings: object = {}) {
  const definition = clickModelNamed(name);
  const own = completeSettings(name, definition.settings, {
    batch: 100,
    epochs: 20,
    learningRate: 0.02,
    dimensions: 8,
    ...settings,
  });
  const model = await definition.fit(data, own, { compute, seed: 1 });
  const said = await model.probabilities(data.test);
  await model.close();
  return said;
}

const oneTask = (pairs: LabelledPairs): LabelledPairs => ({ ...pairs, labels: { click: pairs.labels['click']! } });
function ofClicks(data: ReturnType<typeof planted>): ReturnType<typeof planted> {
  const { train, validation, test: tested, ...rest } = data;
  return { ...rest, train: oneTask(train), validation: oneTask(validation), test: oneTask(tested) };
}

describe.each(clickModels.map(({ name }) => name))('%s', (name) => {
  test('tells what is chosen, by chances that hold, the same each time', async () => {
    const data = ofClicks(planted());
    const { click } = await measured(name, data);
    const labels = data.test.labels['click']!;
    expect(auc({ scores: click!, labels })).toBeGreaterThan(0.7);
    const mean = click!.reduce((sum, value) => sum + value, 0) / click!.length;
    expect(Math.abs(mean - labels.reduce((sum, value) => sum + value, 0) / labels.length)).toBeLessThan(0.1);
    expect(await measured(name, data)).toEqual({ click });
    // The same pairs with labels of others teach nothing.
    const wrong = new Random(9).shuffle(data.train.labels['click']!.slice());
    const blind = await measured(name, { ...data, train: { ...data.train, labels: { click: wrong } } });
    expect(auc({ scores: blind['click']!, labels })).toBeLessThan(0.65);
  }, 60_000);
});

test('several tasks are told at once, each by its own head', async () => {
  const data = planted();
  const { click, buy } = await measured('shared-experts', data);
  const { labels } = data.test;
  expect(auc({ scores: click!, labels: labels['click']! })).toBeGreaterThan(0.7);
  expect(auc({ scores: buy!, labels: labels['buy']! })).toBeGreaterThan(0.8);
  // Nobody buys of the second half.
  const half = (from: number): number[] =>
    [...buy!].filter((_, n) => data.test.items[n]! >= from && data.test.items[n]! < from + items / 2);
  const meanOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  expect(meanOf(half(0))).toBeGreaterThan(3 * meanOf(half(items / 2)));
}, 60_000);

test('what the graph says of items tells more than the graph of others', async () => {
  // Few choices: what goes together is not seen from them.
  const few = (data: ReturnType<typeof planted>): ReturnType<typeof planted> => {
    const cut = <T extends { slice(from: number, to: number): T }>(array: T): T => array.slice(0, 240);
    const { train } = ofClicks(data);
    const labels = { click: cut(train.labels['click']!) };
    return { ...ofClicks(data), train: { users: cut(train.users), items: cut(train.items), labels } };
  };
  const random = new Random(3);
  const [own, other] = [few(planted()), few(planted(() => random.below(groups)))];
  const quality = async (data: ReturnType<typeof planted>): Promise<number> =>
    auc({ scores: (await measured('kgcn', data))['click']!, labels: data.test.labels['click']! });
  expect(await quality(own)).toBeGreaterThan((await quality(other)) + 0.05);
}, 60_000);

test('vectors that begin by the graph tell what is chosen as well', async () => {
  const data = ofClicks(planted());
  const begun = await measured('kgcn', data, { start: 'transe' });
  expect(auc({ scores: begun['click']!, labels: data.test.labels['click']! })).toBeGreaterThan(0.7);
  expect(begun).not.toEqual(await measured('kgcn', data));
}, 60_000);

test('a pair that was chosen is left out of its own counts', () => {
  const labels = { click: Uint8Array.of(1, 1, 1, 1, 0) };
  const train = { users: Int32Array.of(0, 0, 1, 1, 1), items: Int32Array.of(0, 1, 0, 1, 2), labels };
  const data = { userCount: 3, itemCount: 3, train, validation: train };
  const features = new PairFeatures(data);
  const of = (user: number, item: number): number[] => [
    ...features.of({ users: Int32Array.of(user), items: Int32Array.of(item) }),
  ];
  const close = (found: readonly number[], expected: readonly number[]): void => {
    expect(found.length).toBe(featureCount);
    for (const [n, value] of expected.entries()) expect(found[n]).toBeCloseTo(value, 6);
  };
  // Of item 0 one other user knows, who chose item 1 as well.
  close(of(0, 0), [Math.log(2) / 4, Math.log(2) / 4, 1 / Math.sqrt(2), 1 / Math.sqrt(2), 0, 0]);
  close(of(2, 0), [Math.log(3) / 4, 0, 0, 0, 0, 0]);
  close(of(0, 2), [0, Math.log(3) / 4, 0, 0, 0, 0]);
});

test('what is missing is said', async () => {
  const { graph: _, ...without } = ofClicks(planted());
  await expect(measured('kgcn', without as ReturnType<typeof planted>)).rejects.toMatchObject({
    code: 'SW_MODEL_DATA',
  });
  expect(() => clickModelNamed('nobody')).toThrowError(expect.objectContaining({ code: 'SW_MODEL_UNKNOWN' }));
  const { graphs: __, ...bare } = compute;
  const definition = clickModelNamed('deep-click');
  const own = completeSettings('deep-click', definition.settings, {});
  await expect(definition.fit(ofClicks(planted()), own, { compute: bare, seed: 1 })).rejects.toMatchObject({
    code: 'SW_PART_MISSING',
  });
});
