/** All sequence models: what a graph reads packed, and what one history is read as, is the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenCompute, openCompute } from '../../adapters/compute.ts';
import { Random } from '../../core/random.ts';
import type { FitData } from '../../data/fit-data.ts';
import { type Histories, queryOfRow } from '../../data/histories.ts';
import { ItemAttributes } from '../../data/item-attributes.ts';
import { ForwardGraph } from '../../math/training/forward-graph.ts';
import { absent } from '../absent.ts';
import { pooling } from '../attention-pooling.ts';
import { recurrent } from '../gru4rec.ts';
import { modelNamed, modelSettings } from '../registry.ts';
import type { Setting } from '../settings.ts';
import { tower } from '../two-tower.ts';
import { HistoryReader } from './history-reader.ts';
import { marksOf } from './position-marks.ts';
import { emptyBatch, fillBatch } from './sequence-batch.ts';
import { type Mark, SequenceNetwork } from './sequence-network.ts';
import { nextItems, type Sequence } from './sequences.ts';
import { transformer } from './transformer-layers.ts';

let compute: OpenCompute;
beforeAll(async () => {
  compute = await openCompute({ threads: 1 });
});
afterAll(() => compute.close());

const hour = 3_600_000;
const items = 15;

/** @param next - of an item, at an hour of the week */
function planted(next: (before: number, random: Random, time: number) => number, rows = 120, size = 9): Histories {
  const random = new Random(5);
  const all: number[] = [];
  const times: number[] = [];
  for (let row = 0; row < rows; row++) {
    let item = random.below(items);
    let time = random.below(1000) * hour;
    for (let n = 0; n < size; n++) {
      all.push(item);
      times.push(time);
      time += (1 + random.below(60)) * hour;
      item = next(item, random, time);
    }
  }
  const offsets = Int32Array.from({ length: rows + 1 }, (_, n) => n * size);
  const kinds = Uint8Array.from(all, (_, n) => 1 + (n % 2));
  return {
    itemCount: items,
    items: Int32Array.from(all),
    times: Float64Array.from(times),
    kinds,
    offsets,
    ordered: true,
  };
}

const small = { dimensions: 16, length: 8, dropout: 0, epochs: 20, patience: 60, learningRate: 0.01, positions: 128 };
const ownOf: Readonly<Record<string, Readonly<Record<string, Setting>>>> = {
  sasrec: { layers: 1 },
  bert4rec: { layers: 1, epochs: 60 },
  gru4rec: { units: 16 },
  'attention-pooling': {},
  'two-tower': { hidden: 16, epochs: 40 },
};

async function fitted(
  name: string,
  data: FitData,
  settings: Readonly<Record<string, Setting>> = {},
  onProgress?: (share: number, note?: string) => void,
) {
  const definition = modelNamed(name);
  const own = modelSettings(definition, { ...small, ...ownOf[name], ...settings });
  return definition.fit(data, own, { compute, seed: 1, ...(onProgress && { onProgress }) });
}

/** Share of rows whose following item stands first, asked at a time. */
function foreseen(
  model: Awaited<ReturnType<typeof fitted>>,
  histories: Histories,
  answer: (last: number, time: number) => number,
): number {
  let right = 0;
  const rows = histories.offsets.length - 1;
  for (let row = 0; row < rows; row++) {
    const query = { ...queryOfRow(histories, row), now: histories.times![histories.offsets[row + 1]! - 1]! + 7 * hour };
    const [first] = model.retrieve(query, 1).items;
    right += Number(first === answer(query.items.at(-1)!, query.now));
  }
  return right / rows;
}

describe.each(Object.keys(ownOf))('%s', (name) => {
  test('learns what follows', async () => {
    const follows = (before: number): number => (7 * before + 3) % items;
    const histories = planted((before, random) => (random.uniform() < 0.9 ? follows(before) : random.below(items)));
    const model = await fitted(name, { histories });
    // A mean knows what a history holds, and little of its order.
    expect(foreseen(model, histories, follows)).toBeGreaterThan(name === 'two-tower' ? 0.3 : 0.8);
  }, 60_000);
});

describe.each([
  ['transformer', false],
  ['transformer', true],
  ['gru4rec', false],
  ['attention-pooling', false],
  ['two-tower', false],
] as const)('%s, looking both ways: %s', (kind, isTwoSided) => {
  test('reads a history alike alone and packed beside another', async () => {
    const marks: readonly Mark[] = ['kind', 'since', 'until', 'moment'];
    const layers = {
      transformer: transformer('sasrec', { dimensions: 16, layers: 2, heads: 2 }),
      gru4rec: recurrent({ layers: 2, units: 12 }),
      'attention-pooling': pooling,
      'two-tower': tower({ hidden: 12 }),
    }[kind];
    const form = {
      items,
      size: 16,
      length: 8,
      dropout: 0.5,
      layers,
      isTwoSided,
      hides: isTwoSided,
      marks,
      features: 0,
    };
    const network = new SequenceNetwork(form, 3);
    const { values } = network.parameters;
    // Larger than at the start, so that nothing is lost in rounding.
    const weights = Object.fromEntries(
      Object.entries(values).map(([key, array]) => [key, array.map((value) => 3 * value + 0.01)]),
    );
    const histories = planted((before) => (before + 1) % items, 2);
    const source = {
      ...{ items: histories.items, looksAhead: isTwoSided },
      marks: marksOf(histories, (p) => p === 0 || p === 9),
    };
    const sequences = [0, 9].map((from): Sequence => {
      const window = { from: from + 3, to: from + 7 };
      if (!isTwoSided) return nextItems(window);
      const read = Int32Array.from({ length: 5 }, (_, n) => window.from + n);
      return { read, foreseen: Int32Array.of(-1, -1, -1, -1, window.to), hidden: Uint8Array.of(0, 0, 0, 0, 1) };
    });
    const size = sequences[0]!.read.length;
    const batch = emptyBatch(2, 8 + size);
    const placed = sequences.map((sequence, n) => ({ sequence, row: 1, at: 1 + n * size }));
    fillBatch(batch, placed, source, 8 + size);
    const graph = await ForwardGraph.open(compute.graphs!, { out: network.questions(2, 8 + size) });
    const out = (await graph.run({ ...weights, ...batch })).out.slice();
    await graph.close();
    const reader = new HistoryReader(network, weights, weights['items.weight']!);
    for (const [n, from] of [0, 9].entries()) {
      const whole = queryOfRow(histories, n, from + 7);
      const query = { ...whole, now: histories.times![from + 7]! };
      // Of the newest four alone: what lies before the window says only how long ago it was.
      const inWindow = new Set(histories.items.subarray(from + 3, from + 7));
      const alone = reader.vectorOf(query, (item) => inWindow.has(item))!;
      const last = (8 + size + 1 + n * size + size - 1) * 16;
      const packed = out.subarray(last, last + 16);
      for (const [d, value] of alone.entries()) expect(value).toBeCloseTo(packed[d]!, 4);
    }
  });
});

test('an hour of the week decides where the data has times, and not where items alone are read', async () => {
  const isMorning = (time: number): boolean => Math.floor(time / (6 * hour)) % 2 === 0;
  const follows = (before: number, time: number): number => (before + (isMorning(time) ? 1 : 5)) % items;
  const histories = planted((before, _, time) => follows(before, time));
  const told = await fitted('sasrec', { histories }, { epochs: 25 });
  const untold = await fitted('sasrec', { histories }, { epochs: 25, inputs: 'items' });
  expect(foreseen(told, histories, follows)).toBeGreaterThan(0.85);
  expect(foreseen(untold, histories, follows)).toBeLessThan(0.7);
}, 60_000);

test('what texts say places what no one has chosen, at once and when it comes', async () => {
  // Items of one family follow each other; the last of each family was never chosen.
  const histories = planted((before, random) => (before % 3) + 3 * random.below(4), 200);
  histories.items.forEach((item, p) => {
    if (item >= 12) histories.items[p] = item - 3;
  });
  const values = new Float32Array(items * 6);
  const random = new Random(8);
  for (let item = 0; item < items - 1; item++) {
    const row = [0, 0, 0, 0, 0, 0].map((_, d) => (d === item % 3 ? 1 : 0.2 * random.normal()));
    const norm = Math.hypot(...row);
    values.set(
      row.map((value) => value / norm),
      item * 6,
    );
  }
  const model = await fitted('sasrec', { histories, vectors: { dimensions: 6, values } }, { learningRate: 0.005 });
  const out = new Float32Array(items);
  const asked = (family: number): Float32Array => {
    const own = [0, 3, 6].map((n) => n + family);
    model.scoreItems(
      { items: Int32Array.from(own) },
      Int32Array.from({ length: items }, (_, n) => n),
      out,
    );
    return out;
  };
  expect(asked(0)[12]).toBeGreaterThan(asked(0)[13]!);
  expect(asked(1)[13]).toBeGreaterThan(asked(1)[12]!);
  // The last one has no text yet.
  expect(asked(2)[14]).toBe(absent);
  model.locate!(14, values.slice(2 * 6, 3 * 6));
  expect(asked(2)[14]).toBeGreaterThan(asked(2)[12]!);
}, 60_000);

test('what attributes say places what no one has chosen, at once and when it comes', async () => {
  const histories = planted((before, random) => (before % 3) + 3 * random.below(4), 200);
  histories.items.forEach((item, p) => {
    if (item >= 12) histories.items[p] = item - 3;
  });
  const rows = Array.from({ length: items }, (_, n) => (n < items - 1 ? Int32Array.of(7, n % 3) : new Int32Array(0)));
  const catalogue = { attributes: ItemAttributes.of(rows) };
  const model = await fitted('sasrec', { histories, catalogue }, { learningRate: 0.005 });
  const out = new Float32Array(items);
  const asked = (family: number): Float32Array => {
    const all = Int32Array.from({ length: items }, (_, n) => n);
    model.scoreItems({ items: Int32Array.from([0, 3, 6].map((n) => n + family)) }, all, out);
    return out;
  };
  expect(asked(0)[12]).toBeGreaterThan(asked(0)[13]!);
  expect(asked(1)[13]).toBeGreaterThan(asked(1)[12]!);
  expect(asked(2)[14]).toBe(absent);
  model.describe!(14, Int32Array.of(2, 99));
  expect(asked(2)[14]).toBeGreaterThan(asked(2)[12]!);
}, 60_000);

test('altered forms of a sequence are found among those of others', async () => {
  const histories = planted((before) => (7 * before + 3) % items, 400);
  const lossWith = async (contrastive: number): Promise<number> => {
    let last = Number.NaN;
    await fitted('sasrec', { histories }, { contrastive, epochs: 6 }, (_, note) => {
      last = Number(/loss ([\d.]+)/u.exec(note ?? '')?.[1] ?? last);
    });
    return last;
  };
  // Of some twelve sequences in a batch, by chance: ln 12.
  expect((await lossWith(1)) - (await lossWith(0))).toBeLessThan(0.8 * Math.log(12));
}, 60_000);

test.each([
  ['augmentation', { augmentation: 'any' }],
  ['contrastive training', { contrastive: 0.1 }],
  ['pretraining', { pretrainingEpochs: 3 }],
  ['sampled softmax', { loss: 'sampled-softmax', negatives: 8, epochs: 60 }],
  ['items of the batch', { loss: 'in-batch', epochs: 40 }],
  ['gbce', { loss: 'gbce', negatives: 8, epochs: 60 }],
])(
  'with %s it learns what follows',
  async (_, settings: Readonly<Record<string, Setting>>) => {
    const follows = (before: number): number => (7 * before + 3) % items;
    const histories = planted((before, random) => (random.uniform() < 0.9 ? follows(before) : random.below(items)));
    const model = await fitted('sasrec', { histories }, settings);
    expect(foreseen(model, histories, follows)).toBeGreaterThan(0.8);
  },
  60_000,
);
