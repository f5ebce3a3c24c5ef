import { beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { Histories, Query } from '../data/histories.ts';
import type { Compute, Model, Setting } from './model.ts';
import { modelSettings } from './registry.ts';
import { transitionKnn } from './transition-knn.ts';

const compute = { threads: 2 } as Compute;
const fitOn = (histories: Histories, settings: Readonly<Record<string, Setting>>): Promise<Model> =>
  transitionKnn.fit({ histories }, modelSettings(transitionKnn, settings), { compute, seed: 1 });

/** Walks around a ring of 30 items under shuffled names, with one step in five at random. */
const random = new Random(9);
const ring = random.shuffle(Int32Array.from({ length: 30 }, (_, i) => i));
const [rows, length] = [200, 10];
const items = new Int32Array(rows * length);
for (let r = 0; r < rows; r++) {
  let at = random.below(30);
  for (let n = 0; n < length; n++) {
    items[r * length + n] = ring[at]!;
    at = random.uniform() < 0.8 ? (at + 1) % 30 : random.below(30);
  }
}
const walks: Histories = {
  itemCount: 30,
  offsets: Int32Array.from({ length: rows + 1 }, (_, r) => r * length),
  items,
  ordered: true,
};
let model: Model;
beforeAll(async () => {
  model = await fitOn(walks, { backward: 0 });
});

async function best(of: Model, query: Query): Promise<number> {
  const scores = new Float32Array(of.itemCount);
  await of.score([query], scores);
  return scores.indexOf(Math.max(...scores));
}

test('what comes next on the ring stands first, and what came before by the backward weight', async () => {
  const backward = await fitOn(walks, { backward: 1, gapDecay: 0.1, historyDecay: 0 });
  let [next, either] = [0, 0];
  for (let at = 0; at < 30; at++) {
    const query = { items: Int32Array.of(ring[at]!) };
    if ((await best(model, query)) === ring[(at + 1) % 30]) next++;
    if ([ring[(at + 1) % 30], ring[(at + 29) % 30]].includes(await best(backward, query))) either++;
  }
  expect(next).toBe(30);
  expect(either).toBe(30);
});

test('shuffled rows hide the ring', async () => {
  const shuffled = items.slice();
  for (let r = 0; r < rows; r++) random.shuffle(shuffled.subarray(r * length, (r + 1) * length));
  const blind = await fitOn({ ...walks, items: shuffled }, { backward: 0 });
  let next = 0;
  for (let at = 0; at < 30; at++) {
    if ((await best(blind, { items: Int32Array.of(ring[at]!) })) === ring[(at + 1) % 30]) next++;
  }
  expect(next).toBeLessThan(22);
});

test('counts are those of the definition', async () => {
  // Rows 0 1 2 and 0 2: 0 leads to 1 (gap 1), to 2 (gap 2, gap 1); 1 to 2 (gap 1).
  const tiny = { itemCount: 3, offsets: Int32Array.of(0, 3, 5), items: Int32Array.of(0, 1, 2, 0, 2), ordered: true };
  const settings = {
    gapDecay: 0.5,
    backward: 0.25,
    sourceExponent: 1,
    targetExponent: 1,
    shrink: 2,
    historyDecay: 0.5,
  };
  const fitted = await fitOn(tiny, settings);
  const forward = [
    [0, 1, 1.5],
    [0, 0, 1],
    [0, 0, 0],
  ];
  const counts = forward.map((row, i) => row.map((count, j) => count + 0.25 * forward[j]![i]!));
  const out = counts.map((row) => row.reduce((a, b) => a + b));
  const into = counts.map((_, j) => counts.reduce((sum, row) => sum + row[j]!, 0));
  const similarity = (i: number, j: number): number => (i === j ? 0 : counts[i]![j]! / (out[i]! * into[j]! + 2));
  const scores = new Float32Array(3);
  await fitted.score([{ items: Int32Array.of(2, 0) }], scores);
  for (let j = 0; j < 3; j++) expect(scores[j]).toBeCloseTo(similarity(0, j) + 0.5 * similarity(2, j), 6);
});

test('a decay of zero counts neighbours only', async () => {
  const fitted = await fitOn({ ...walks, items: items.slice() }, { gapDecay: 0, backward: 0 });
  const follows = new Set<string>();
  for (let p = 0; p + 1 < items.length; p++) if ((p + 1) % length !== 0) follows.add(`${items[p]} ${items[p + 1]}`);
  for (let i = 0; i < 30; i++) {
    const scores = new Float32Array(30);
    await fitted.score([{ items: Int32Array.of(i) }], scores);
    for (let j = 0; j < 30; j++) expect(scores[j]! > 0).toBe(i !== j && follows.has(`${i} ${j}`));
  }
});
