/** Data with order in it: what comes next follows from the last two, which no table of pairs can see. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenCompute, openCompute } from '../../src/adapters/compute.ts';
import { Random } from '../../src/core/random.ts';
import type { Histories } from '../../src/data/histories.ts';
import { leaveOneOut } from '../../src/evaluation/protocols/leave-one-out.ts';
import { rankCases } from '../../src/evaluation/rank.ts';
import { modelNamed, modelSettings } from '../../src/models/registry.ts';
import type { Setting } from '../../src/models/settings.ts';

let compute: OpenCompute;
beforeAll(async () => {
  compute = await openCompute({ threads: 1 });
});
afterAll(() => compute.close());

const items = 12;
/** Nine steps in ten are the sum of the last two; the others are by chance. */
function sums(rows: number): Histories {
  const random = new Random(11);
  const all: number[] = [];
  const offsets = [0];
  for (let row = 0; row < rows; row++) {
    const own = [random.below(items), random.below(items)];
    while (own.length < 14)
      own.push(random.uniform() < 0.9 ? (own.at(-1)! + own.at(-2)! + 1) % items : random.below(items));
    all.push(...own);
    offsets.push(all.length);
  }
  return { itemCount: items, items: Int32Array.from(all), offsets: Int32Array.from(offsets), ordered: true };
}

/** Share of tests whose answer stands first. */
async function firsts(
  name: string,
  histories: Histories,
  settings: Readonly<Record<string, Setting>> = {},
): Promise<number> {
  const { train, test: cases } = leaveOneOut(histories, { seen: 'keep', refit: false });
  const definition = modelNamed(name);
  const model = await definition.fit({ histories: train }, modelSettings(definition, settings), { compute, seed: 1 });
  const ranked = await rankCases(model, cases, { depth: 10 });
  return ranked.reduce((total, { ranks }) => total + Number(ranks[0]! < 1.5), 0) / ranked.length;
}

const small = { dimensions: 32, layers: 1, length: 16, dropout: 0, epochs: 30, patience: 30, learningRate: 0.01 };

test('self-attention finds a rule over two steps that neighbours and transitions do not', async () => {
  const histories = sums(400);
  const [attention, neighbours, transitions] = [
    await firsts('sasrec', histories, small),
    await firsts('item-knn', histories),
    await firsts('transition-knn', histories),
  ];
  expect(attention).toBeGreaterThan(0.7);
  expect(neighbours).toBeLessThan(0.3);
  expect(transitions).toBeLessThan(0.3);
}, 120_000);
