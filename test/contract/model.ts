/** What every model definition must do, whatever its method. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOnnxGraphRunner } from '../../src/adapters/onnx/onnx-graph-runner.ts';
import { ShelfwiseError } from '../../src/core/errors.ts';
import { Random } from '../../src/core/random.ts';
import type { FitData } from '../../src/data/fit-data.ts';
import { type Histories, type Query, queryOfRow } from '../../src/data/histories.ts';
import { ItemAttributes } from '../../src/data/item-attributes.ts';
import type { ItemVectors } from '../../src/data/item-vectors.ts';
import { openWasmDenseMath } from '../../src/math/wasm-dense-math.ts';
import { absent } from '../../src/models/absent.ts';
import type { Compute, Model, ModelDefinition, Setting } from '../../src/models/model.ts';
import { modelSettings } from '../../src/models/registry.ts';
import { Shelf } from '../../src/models/shelf.ts';
import { loadState, saveState } from '../../src/models/state-file.ts';
import { historiesOfRows, plantedHistories } from './planted-histories.ts';

export interface ModelContractOptions {
  /** What the planted data must bring out: items like those of the history (default), or what the method is about. */
  readonly plants?: 'neighbours' | 'nothing';
  /** True for models that retrieve by vectors. */
  readonly vectors?: boolean;
  /** Settings under which what the model keeps of an item is the same for any catalogue. */
  readonly bounded?: Readonly<Record<string, Setting>>;
  /** How far apart items with the same shoppers may stand, of the largest score; more where vectors are drawn by chance. */
  readonly nearTie?: number;
  /** Settings that fit small data. */
  readonly settings?: Readonly<Record<string, Setting>>;
}

export function modelContract(definition: ModelDefinition, options: ModelContractOptions = {}): void {
  describe.each([
    { kind: 'ordered', ordered: true },
    { kind: 'unordered', ordered: false },
  ])(`${definition.name} on $kind histories`, ({ ordered }) => {
    const { histories, blocks, neverSeen, twins } = plantedHistories(ordered);
    let compute: Compute;
    let model: Model;

    const fitOn = (
      data: Histories,
      settings: Readonly<Record<string, Setting>> = {},
      seed = 5,
      at = compute,
      of = data.itemCount === histories.itemCount ? blocks : [],
    ) => {
      const complete = modelSettings(definition, { ...options.settings, ...settings });
      return definition.fit(dataOf(definition, data, of), complete, { compute: at, seed });
    };
    const queries: Query[] = [
      queryOfRow(histories, 0),
      { items: Int32Array.of(blocks[1]![0]!, blocks[1]![3]!) },
      { items: Int32Array.of(blocks[0]![2]!, blocks[3]![1]!, blocks[0]![2]!, blocks[0]![2]!) },
      { items: Int32Array.of(neverSeen) },
      { items: new Int32Array(0) },
    ];

    beforeAll(async () => {
      compute = { threads: 2, dense: await openWasmDenseMath(2), graphs: await openOnnxGraphRunner(1) };
      model = await fitOn(histories);
    });
    afterAll(() => compute.dense.close());

    test('scores are finite, for known users, strangers, empty histories and items it never saw', async () => {
      const odd: Query[] = [
        ...queries,
        { items: Int32Array.of(-1, histories.itemCount, blocks[2]![0]!) },
        { items: Int32Array.of(blocks[2]![0]!), row: 1_000_000 },
        { items: new Int32Array(0), row: 0, now: 1e12 },
        { items: Int32Array.from({ length: 3000 }, (_, p) => blocks[p % 5]![p % 8]!) },
      ];
      for (const row of await scoresOf(model, odd)) expect(row.every(Number.isFinite)).toBe(true);
    });

    test('every score is written, and nothing past them', async () => {
      const out = new Float32Array((queries.length + 1) * histories.itemCount).fill(Number.NaN);
      await model.score(queries, out);
      const end = queries.length * histories.itemCount;
      expect(out.subarray(0, end).some(Number.isNaN)).toBe(false);
      expect(out.subarray(end).every(Number.isNaN)).toBe(true);
      await model.score([], out);
    });

    test('the three ways of asking agree: all items, given items, the best; what is absent is absent in all', async () => {
      const shelf = new Shelf(histories.itemCount);
      const all = Int32Array.from({ length: histories.itemCount }, (_, item) => item);
      const rows = await scoresOf(model, queries);
      let found = 0;
      for (const [q, query] of queries.entries()) {
        const row = rows[q]!;
        const known = [...all].filter((item) => row[item]! > absent);
        found += known.length;
        const size = Math.max(0, ...known.map((item) => Math.abs(row[item]!)));
        const near = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-6 * size);
        // Backwards, so that no order of asking is needed.
        const scores = new Float32Array(all.length + 1).fill(7);
        model.scoreItems(query, all.toReversed(), scores);
        expect(scores[all.length]).toBe(7);
        for (const item of all) {
          const score = scores[all.length - 1 - item]!;
          if (row[item] === absent) expect(score).toBe(absent);
          else near(score, row[item]!);
        }
        const left = Int32Array.from(known.filter((_, n) => n % 3 === 0));
        for (const [k, without] of [[0], [1], [5], [histories.itemCount + 3], [5, left]] as [number, Int32Array?][]) {
          const best = model.retrieve(query, k, without && shelf.arrange({ items: without }));
          const expected = known.filter((item) => !without?.includes(item)).sort((a, b) => row[b]! - row[a]! || a - b);
          expect(best.items).toHaveLength(Math.min(k, expected.length));
          expect(new Set(best.items).size).toBe(best.items.length);
          for (const [n, item] of best.items.entries()) {
            expect(without?.includes(item) ?? false).toBe(false);
            near(best.scores[n]!, row[item]!);
            near(best.scores[n]!, row[expected[n]!]!);
          }
        }
      }
      expect(found).toBeGreaterThan(0);
    });

    test('what the best and given items cost does not grow with the catalogue', async () => {
      const costs: { retrieve: number; scoreItems: number }[] = [];
      for (const blockCount of [5, 60]) {
        const larger = plantedHistories(ordered, 17, blockCount);
        const fitted = await fitOn(larger.histories, options.bounded, 5, compute, larger.blocks);
        const query = { items: Int32Array.of(larger.blocks[1]![0]!, larger.blocks[1]![3]!, larger.blocks[2]![1]!) };
        fitted.retrieve(query, 5);
        const retrieve = fitted.entriesRead;
        const asked = Int32Array.from(larger.blocks[1]!);
        fitted.scoreItems(query, asked, new Float32Array(asked.length));
        const alone = await fitOn(larger.histories, options.bounded, 5, compute, larger.blocks);
        alone.scoreItems(query, asked, new Float32Array(asked.length));
        costs.push({ retrieve, scoreItems: alone.entriesRead });
        expect(Math.min(retrieve, alone.entriesRead)).toBeGreaterThan(0);
      }
      const [few, many] = costs as [(typeof costs)[0], (typeof costs)[0]];
      expect(many.scoreItems).toBeLessThanOrEqual(1.1 * few.scoreItems);
      // Vectors of a small catalogue are all looked at; src/math/vector-index.test.ts counts those of a large one.
      if (!options.vectors) expect(many.retrieve).toBeLessThanOrEqual(1.1 * few.retrieve);
    });

    test('a batch gives what its queries give one by one, in any order', async () => {
      const together = await scoresOf(model, queries);
      const backwards = (await scoresOf(model, [...queries].reverse())).reverse();
      for (const [q, query] of queries.entries()) {
        const [alone] = await scoresOf(model, [query]);
        expectClose(together[q]!, alone!);
        expectClose(backwards[q]!, alone!);
      }
    });

    test('saved and loaded it gives the same scores', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'model-'));
      try {
        await saveState(folder, model.state());
        const loaded = await definition.load(await loadState(folder), compute);
        expect(loaded.name).toBe(definition.name);
        expect(loaded.itemCount).toBe(model.itemCount);
        expect(loaded.settings).toEqual(model.settings);
        expect(await scoresOf(loaded, queries)).toEqual(await scoresOf(model, queries));
        if (model.explain) expect(loaded.explain!(queries[0]!, 1)).toEqual(model.explain(queries[0]!, 1));
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    test('the same seed gives the same scores, on one thread and on two', async () => {
      const expected = await scoresOf(model, queries);
      expect(await scoresOf(await fitOn(histories), queries)).toEqual(expected);
      const { graphs } = compute;
      const single: Compute = { threads: 1, dense: await openWasmDenseMath(1), ...(graphs && { graphs }) };
      try {
        expect(await scoresOf(await fitOn(histories, {}, 5, single), queries)).toEqual(expected);
      } finally {
        await single.dense.close();
      }
    });

    test('parts sum to the score and point into the history', async () => {
      if (!model.explain) return;
      const scored = await scoresOf(model, queries);
      let explained = 0;
      for (const [q, query] of queries.entries()) {
        const largest = Math.max(0, ...scored[q]!.filter((score) => score > absent).map(Math.abs));
        for (let item = 0; item < histories.itemCount; item++) {
          const parts = model.explain(query, item);
          const sum = parts.reduce((total, { value }) => total + value, 0);
          if (scored[q]![item] === absent) {
            expect(sum).toBe(0);
            continue;
          }
          const size = parts.reduce((total, { value }) => total + Math.abs(value), 0);
          expect(Math.abs(sum - scored[q]![item]!)).toBeLessThanOrEqual(1e-6 * Math.max(size, largest));
          for (const { position } of parts) expect(query.items[position]).toBeDefined();
          explained += parts.length;
        }
      }
      expect(explained).toBeGreaterThan(0);
    });

    test.runIf((options.plants ?? 'neighbours') === 'neighbours')(
      'items of the shopper’s own block come first',
      async () => {
        expect(await plantedAccuracy(definition, ordered, options)).toBeGreaterThan(0.95);
      },
    );

    test('an item that nobody chose does not stand before one that the shopper’s like chose', async () => {
      const [scores] = await scoresOf(model, [{ items: Int32Array.from(blocks[1]!.slice(0, 2)) }]);
      for (const item of blocks[1]!.slice(2)) expect(scores![neverSeen]).toBeLessThanOrEqual(scores![item]!);
    });

    test.runIf(!ordered)('items with the same shoppers tie', async () => {
      const [scores] = await scoresOf(model, [{ items: Int32Array.from(blocks[0]!.slice(2, 5)) }]);
      const [a, b] = twins.map((item) => scores![item]!) as [number, number];
      const size = Math.max(...scores!.filter((score) => score > absent).map(Math.abs));
      expect(Math.abs(a - b)).toBeLessThanOrEqual((options.nearTie ?? 0.02) * size);
    });

    test('tiny, repeated and half-empty data is fitted, or refused in words', async () => {
      const tiny: Record<string, Histories> = {
        'one item': historiesOfRows([[0], [0, 0]], 1, ordered),
        'one user': historiesOfRows([[2, 0, 1, 2]], 4, ordered),
        'empty rows': historiesOfRows([[], [0, 1], [], [1, 0], []], 2, ordered),
        'one item over and over': historiesOfRows([[1, 1, 1, 1, 1, 1], [1, 1, 1], [0]], 2, ordered),
        'everybody chose everything': historiesOfRows(
          [
            [0, 1, 2],
            [0, 1, 2],
            [0, 1, 2],
          ],
          3,
          ordered,
        ),
        'no events': historiesOfRows([[], []], 3, ordered),
        'no rows': historiesOfRows([], 3, ordered),
      };
      for (const [title, data] of Object.entries(tiny)) {
        const fitted = await fitOn(data).catch((error: unknown) => error as Error);
        if (fitted instanceof Error) {
          expect(fitted, title).toBeInstanceOf(ShelfwiseError);
          expect(fitted, title).toMatchObject({ code: 'SW_MODEL_LIMIT' });
          continue;
        }
        const asked = [[], [0], [0, 0, 0], [data.itemCount - 1, 0]].map((items) => ({ items: Int32Array.from(items) }));
        for (const row of await scoresOf(fitted, asked)) expect(row.every(Number.isFinite), title).toBe(true);
      }
    });

    test('times, weights and sessions are taken where the data has them', async () => {
      const { items, offsets } = histories;
      const full: Histories = {
        ...histories,
        times: Float64Array.from(items, (_, p) => 1.7e12 + p * 1000),
        weights: Float32Array.from(items, (_, p) => 0.5 + (p % 3)),
        sessions: Int32Array.from(items, (_, p) => Math.floor(p / 3)),
      };
      const fitted = await fitOn(full);
      const query = { ...queryOfRow(full, 3), now: 1.7e12 + items.length * 1000 };
      expect(query.items).toHaveLength(offsets[4]! - offsets[3]!);
      const [scores] = await scoresOf(fitted, [query]);
      expect(scores!.every(Number.isFinite)).toBe(true);
      expect(scores!.some((score) => score > absent)).toBe(true);
      for (const item of fitted.explain ? blocks.flat().filter((one) => scores![one]! > absent) : []) {
        const sum = fitted.explain!(query, item).reduce((total, { value }) => total + value, 0);
        expect(sum).toBeCloseTo(scores![item]!, 5);
      }
    });

    test('every declared default, bound, choice and value of the search is accepted, and no choice breaks the fit', async () => {
      for (const [name, spec] of Object.entries(definition.settings)) {
        for (const value of [spec.default, ...(spec.choices ?? []), ...(spec.search ?? [])]) {
          expect(modelSettings(definition, { [name]: value })[name]).toBe(value);
        }
        expect(spec.doc).toMatch(/\.$/);
        for (const choice of spec.choices ?? []) {
          const [scores] = await scoresOf(await fitOn(histories, { ...options.bounded, [name]: choice }), queries);
          expect(scores!.every(Number.isFinite), `${name}=${choice}`).toBe(true);
          expect(
            scores!.some((score) => score > absent),
            `${name}=${choice}`,
          ).toBe(true);
        }
      }
    });
  });
}

/** Histories, and for a model that needs it a catalogue whose attributes tell the blocks apart. */
function dataOf(
  { needs = [] }: ModelDefinition,
  histories: Histories,
  blocks: readonly (readonly number[])[],
): FitData {
  if (needs.includes('vectors')) return { histories, vectors: textVectorsOf(histories.itemCount, blocks) };
  if (!needs.includes('catalogue')) return { histories };
  const all = Array.from({ length: histories.itemCount }, (_, item) => item);
  const blockOf = (item: number): number => blocks.findIndex((block) => block.includes(item));
  const attributes = all.map((item) => (blocks.length > 0 ? (blockOf(item) < 0 ? [] : [blockOf(item)]) : [item % 3]));
  return { histories, catalogue: { attributes: ItemAttributes.of(attributes.map((ids) => Int32Array.from(ids))) } };
}

/** Items of a block lie near each other, and an item of none by itself. */
function textVectorsOf(items: number, blocks: readonly (readonly number[])[]): ItemVectors {
  const dimensions = 24;
  const values = new Float32Array(items * dimensions);
  const random = new Random(3, 0x7e87);
  for (let item = 0; item < items; item++) {
    const block = blocks.findIndex((some) => some.includes(item));
    const row = values.subarray(item * dimensions, (item + 1) * dimensions);
    for (let f = 0; f < dimensions; f++) row[f] = 0.02 * (random.uniform() - 0.5);
    row[(block < 0 ? item : block) % dimensions]! += 1;
    const length = Math.hypot(...row);
    for (let f = 0; f < dimensions; f++) row[f]! /= length;
  }
  return { dimensions, values };
}

/**
 * Share of queries of two items of a block whose best three other items are all of that block: 1 for a model that learned
 * the plant, near (7/40)³ for chance.
 */
export async function plantedAccuracy(
  definition: ModelDefinition,
  ordered: boolean,
  options: ModelContractOptions = {},
): Promise<number> {
  const { histories, blocks } = plantedHistories(ordered);
  const dense = await openWasmDenseMath(1);
  try {
    const settings = modelSettings(definition, options.settings);
    const model = await definition.fit(dataOf(definition, histories, blocks), settings, {
      compute: { threads: 1, dense, graphs: await openOnnxGraphRunner(1) },
      seed: 5,
    });
    const asked = blocks.flatMap((block) =>
      block.slice(0, -1).map((item, n) => ({ block, items: Int32Array.of(item, block[n + 1]!) })),
    );
    const scored = await scoresOf(model, asked);
    let right = 0;
    for (const [q, { block, items }] of asked.entries()) {
      const others = [...scored[q]!.keys()].filter((item) => !items.includes(item));
      const best = others.sort((a, b) => scored[q]![b]! - scored[q]![a]! || a - b).slice(0, 3);
      if (best.every((item) => block.includes(item))) right++;
    }
    return right / asked.length;
  } finally {
    await dense.close();
  }
}

async function scoresOf(model: Model, queries: readonly Query[]): Promise<Float32Array[]> {
  const out = new Float32Array(queries.length * model.itemCount);
  await model.score(queries, out);
  return queries.map((_, q) => out.slice(q * model.itemCount, (q + 1) * model.itemCount));
}

function expectClose(actual: Float32Array, expected: Float32Array): void {
  const size = Math.max(0, ...expected.filter((score) => score > absent).map(Math.abs));
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst).toBeLessThanOrEqual(1e-6 * size);
}
