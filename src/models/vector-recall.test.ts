/** Models that search vectors find what whole rows of scores say, in a catalogue that is too large to look at all of. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { historiesOfRows } from '../../test/contract/planted-histories.ts';
import { Random } from '../core/random.ts';
import { queryOfRow } from '../data/histories.ts';
import { topK } from '../math/top-k.ts';
import { openWasmDenseMath } from '../math/wasm-dense-math.ts';
import { als } from './als.ts';
import { graphFilter } from './graph-filter.ts';
import type { Compute } from './model.ts';
import { modelSettings } from './registry.ts';

const items = 6000;
/** Shoppers stay within a group of 60 items; the first of each are chosen most. */
const groups = items / 60;
let compute: Compute;
beforeAll(async () => {
  compute = { threads: 2, dense: await openWasmDenseMath(2) };
});
afterAll(() => compute.dense.close());

const random = new Random(5);
const rows = Array.from({ length: 6000 }, (_, n) =>
  Array.from({ length: 8 }, () => (n % groups) * 60 + Math.floor(60 * random.uniform() ** 2)),
);
const histories = historiesOfRows(rows, items, false);

test.each([
  [als, { factors: 32, iterations: 6 }],
  [graphFilter, { rank: 64, neighbours: 50 }],
] as const)('$name', async (definition, chosen) => {
  const model = await definition.fit({ histories }, modelSettings(definition, chosen), { compute, seed: 1 });
  const out = new Float32Array(items);
  let hits = 0;
  const asked = 40;
  // Of the sixty of a group; beyond them all are alike.
  const depth = 50;
  for (let row = 0; row < asked; row++) {
    const query = queryOfRow(histories, row * 7);
    await model.score([query], out);
    const right = new Set(topK(out, depth));
    hits += model.retrieve(query, depth).items.filter((item) => right.has(item)).length;
  }
  expect(hits / asked / depth).toBeGreaterThanOrEqual(0.98);
  const length = definition === als ? 32 : 64;
  expect(model.entriesRead / asked).toBeLessThan((items * length) / 2);
});
