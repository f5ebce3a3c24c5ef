import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../core/random.ts';
import type { Histories } from '../data/histories.ts';
import type { DenseMath } from '../math/dense-math.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import type { Model, Setting } from './model.ts';
import { modelSettings } from './registry.ts';
import { interestGroups, userGroups } from './user-groups.ts';

let dense: DenseMath;
beforeAll(async () => {
  dense = await openWasmDenseMath(1);
});
afterAll(() => dense.close());

/** 90 rows: 60 over items 0-5, 30 over items 6-11. */
function twoInterests(): Histories {
  const random = new Random(2);
  const rows = Array.from({ length: 90 }, (_, r) =>
    random.shuffle([0, 1, 2, 3, 4, 5].map((i) => i + (r % 3 === 0 ? 6 : 0))).slice(0, 3),
  );
  const offsets = Int32Array.from({ length: 91 }, (_, r) => 3 * r);
  return { itemCount: 12, offsets, items: Int32Array.from(rows.flat()), ordered: false };
}

function fitted(settings: Record<string, Setting>): Promise<Model> {
  const context = { compute: { threads: 1, dense }, seed: 1 };
  return userGroups.fit({ histories: twoInterests() }, modelSettings(userGroups, settings), context);
}

test('two interests are two groups, named by their items', async () => {
  const groups = interestGroups(await fitted({ groups: 2, rank: 2, smoothing: 0 }), 6);
  expect(groups.map(({ users }) => users)).toEqual([60, 30]);
  expect(groups.map(({ top }) => top.map(({ item }) => item).sort((a, b) => a - b))).toEqual([
    [0, 1, 2, 3, 4, 5],
    [6, 7, 8, 9, 10, 11],
  ]);
  for (const { lift } of groups[1]!.top) expect(lift).toBeCloseTo(3, 5);
});

test('a history is served its group, a stranger everybody’s', async () => {
  const model = await fitted({ groups: 2, rank: 2 });
  const out = new Float32Array(24);
  await model.score([{ items: Int32Array.of(7) }, { items: new Int32Array(0) }], out);
  expect(Math.min(...out.subarray(6, 12))).toBeGreaterThan(5 * Math.max(...out.subarray(0, 6)));
  const stranger = out.subarray(12);
  expect(stranger.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
  expect(Math.min(...stranger.subarray(0, 6))).toBeGreaterThan(Math.max(...stranger.subarray(6)));
});
