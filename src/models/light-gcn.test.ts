/** The graph model against the formulas of its paper, and against itself on a graph of others. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenCompute, openCompute } from '../adapters/compute.ts';
import { Random } from '../core/random.ts';
import { type Histories, queryOfRow } from '../data/histories.ts';
import { userItems } from '../data/user-items.ts';
import { lightGcn } from './light-gcn.ts';
import { modelSettings } from './registry.ts';

let compute: OpenCompute;
beforeAll(async () => {
  compute = await openCompute({ threads: 2 });
});
afterAll(() => compute.close());

const [users, items, groups] = [120, 60, 6];

/** Users choose within their group; `few` items each, so that only neighbours of neighbours tell most of it. */
function histories(few: number): Histories {
  const random = new Random(6);
  const rows = Array.from({ length: users }, (_, user) => {
    const own = Array.from({ length: items / groups }, (_unused, n) => n * groups + (user % groups));
    random.shuffle(Int32Array.from(own));
    return [...random.shuffle(Int32Array.from(own))].slice(0, few);
  });
  return {
    ...{ itemCount: items, items: Int32Array.from(rows.flat()), ordered: false },
    offsets: Int32Array.from({ length: users + 1 }, (_, n) => n * few),
  };
}

const small = { factors: 16, batch: 64, negatives: 64, epochs: 15, learningRate: 0.02, patience: 50 };
const fitted = (data: Histories, settings: object = {}) =>
  lightGcn.fit({ histories: data }, modelSettings(lightGcn, { ...small, ...settings }), { compute, seed: 2 });

/** Share of the first five new items that are of the user's own group. */
async function ownGroup(data: Histories, settings: object = {}): Promise<number> {
  const model = await fitted(data, settings);
  let right = 0;
  for (let user = 0; user < users; user++) {
    const query = queryOfRow(data, user);
    const { items: best } = model.retrieve(query, 20);
    const fresh = [...best].filter((item) => !query.items.includes(item)).slice(0, 5);
    right += fresh.filter((item) => item % groups === user % groups).length;
  }
  return right / (5 * users);
}

test.each(['softmax', 'bpr'])(
  'with %s it finds what neighbours of neighbours chose',
  async (loss) => {
    expect(await ownGroup(histories(3), { loss, epochs: loss === 'bpr' ? 60 : 15 })).toBeGreaterThan(0.8);
  },
  60_000,
);

test('a stranger with a history is answered like whoever has it', async () => {
  const model = await fitted(histories(3));
  let right = 0;
  for (let group = 0; group < groups; group++) {
    const own = Int32Array.of(group, group + groups);
    const best = [...model.retrieve({ items: own }, 6).items].filter((item) => !own.includes(item));
    right += best.slice(0, 3).filter((item) => item % groups === group).length;
  }
  expect(right / (3 * groups)).toBeGreaterThan(0.85);
}, 60_000);

test('users and items are the mean of what each number of steps makes of them', async () => {
  const data = histories(3);
  // After no epoch but one of a rate that changes nothing, vectors are those of the start.
  const settings = { layers: 2, epochs: 1, learningRate: 1e-6, loss: 'bpr', regularisation: 0, batch: 8 };
  const model = await fitted(data, settings);
  const { arrays } = model.state() as unknown as { arrays: Record<string, Float32Array> };
  const { own, parts, vectors } = arrays as { own: Float32Array; parts: Float32Array; vectors: Float32Array };
  const d = 16;
  const degrees = arrays['degrees']!;
  const matrix = userItems(data);
  // parts = E0 + E1 of items; vectors = E0 + E1 + E2: the last step is made of users' first, which is made of E0 of items.
  const degree = (user: number): number => matrix.offsets[user + 1]! - matrix.offsets[user]!;
  const held = (user: number): boolean =>
    [...matrix.indices.subarray(matrix.offsets[user], matrix.offsets[user + 1])].length > degree(user);
  expect(Array.from({ length: users }, (_, user) => held(user)).includes(true)).toBe(false);
  const spread = (ofUsers: (user: number) => Float32Array): Float32Array => {
    const out = new Float32Array(items * d);
    for (let user = 0; user < users; user++)
      for (const item of matrix.indices.subarray(matrix.offsets[user], matrix.offsets[user + 1]))
        for (let f = 0; f < d; f++) out[item * d + f]! += ofUsers(user)[f]! / Math.sqrt(degree(user) * degrees[item]!);
    return out;
  };
  const first = spread((user) => own.subarray(user * d, (user + 1) * d));
  const start = parts.map((value, n) => value - first[n]!);
  const usersFirst = Array.from({ length: users }, (_, user) => {
    const out = new Float32Array(d);
    for (const item of matrix.indices.subarray(matrix.offsets[user], matrix.offsets[user + 1]))
      for (let f = 0; f < d; f++) out[f]! += start[item * d + f]! / Math.sqrt(degree(user) * degrees[item]!);
    return out;
  });
  const second = spread((user) => usersFirst[user]!);
  for (const [n, value] of vectors.entries()) expect(value).toBeCloseTo(parts[n]! + second[n]!, 3);
  // The vector of a user that was fitted is what the same formula makes of it.
  const query = queryOfRow(data, 7);
  const scores = new Float32Array(items);
  model.scoreItems(
    query,
    Int32Array.from({ length: items }, (_, n) => n),
    scores,
  );
  const user = own.slice(7 * d, 8 * d);
  for (const item of query.items)
    for (let f = 0; f < d; f++) user[f]! += parts[item * d + f]! / Math.sqrt(query.items.length * degrees[item]!);
  for (let item = 0; item < items; item++) {
    let product = 0;
    for (let f = 0; f < d; f++) product += user[f]! * vectors[item * d + f]!;
    expect(scores[item]).toBeCloseTo(product, 3);
  }
}, 60_000);

test('the gradient that goes back through the graph is the slope of the loss', async () => {
  // With one user and one item to tell from another, a step of descent lowers the loss whatever the start.
  const told: number[] = [];
  const settings = modelSettings(lightGcn, { ...small, epochs: 12, learningRate: 0.05, loss: 'bpr' });
  await lightGcn.fit({ histories: histories(4) }, settings, {
    ...{ compute, seed: 3 },
    onProgress: (_, note) => note && told.push(Number(/loss ([\d.]+)/u.exec(note)?.[1])),
  });
  expect(told.at(-1)!).toBeLessThan(0.35 * told[0]!);
}, 60_000);
