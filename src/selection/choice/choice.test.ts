import { expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import { type KernelPool, withKernels } from '../../math/kernels/kernel-pool.ts';
import { modelColumnParts, modelScores } from '../signals/model-scores.ts';
import { columnsOf } from '../signals/signal.ts';
import { type ChoiceData, ChoiceDataBuilder, standardisation } from './choice-data.ts';
import type { ChoiceModel } from './choice-model.ts';
import { fitLinearWeights, linearObjective } from './conditional-logit.ts';
import { heldOutQuality } from './held-out-quality.ts';
import { ListwiseNet } from './neural-choice.ts';
import { PooledSets } from './pooled-sets.ts';
import { choiceDefinitions, loadChoice } from './registry.ts';
import { softmax } from './softmax.ts';

const models = ['left', 'right', 'noise'];
const columns = models.flatMap((model) => columnsOf(model, modelColumnParts));
const signal = modelScores.fit({
  models,
  histories: { itemCount: 40, offsets: Int32Array.of(0), items: new Int32Array(0), ordered: true },
  facts: {},
  rowsInTimeOrder: false,
})!;

/** Choices by `exp(2·left + right)`, or by `exp(3·left·right)` where bent; noise says nothing. */
function planted(
  sets: number,
  seed: number,
  options: { bent?: boolean; shuffled?: boolean; negatives?: number } = {},
): ChoiceData {
  const random = new Random(seed);
  const count = 40;
  const builder = new ChoiceDataBuilder(columns.length, options.negatives ?? Infinity, seed);
  const candidates = Int32Array.from({ length: count }, (_, c) => c);
  for (let s = 0; s < sets; s++) {
    const scores = new Float32Array(models.length * count);
    for (let n = 0; n < scores.length; n++) scores[n] = Math.max(0.01, 3 + random.normal());
    const truth = Float64Array.from(candidates, (c) => {
      const [left, right] = [scores[c]! - 3, scores[count + c]! - 3];
      return options.bent ? 3 * left * right : 2 * left + right;
    });
    const right = new Uint8Array(count);
    right[options.shuffled ? random.below(count) : draw(softmax(truth), random.uniform())] = 1;
    const features = new Float32Array(count * columns.length);
    signal.write({ query: { items: Int32Array.of(1, 2) }, candidates, scores }, features, columns.length, 0);
    builder.add(features, right, 1);
  }
  return builder.build();
}

function draw(probabilities: Float64Array, uniform: number): number {
  let left = uniform;
  for (let c = 0; c < probabilities.length; c++) {
    left -= probabilities[c]!;
    if (left <= 0) return c;
  }
  return probabilities.length - 1;
}

/** The order of one signal alone. */
function only(name: string): Pick<ChoiceModel, 'score'> {
  const at = columns.findIndex((column) => column.name === `${name}.z`);
  return {
    score: (features, count, out) => {
      for (let c = 0; c < count; c++) out[c] = features[c * columns.length + at]!;
    },
  };
}

const teach = planted(300, 1);
const held = planted(250, 2);
const quality = (choice: Pick<ChoiceModel, 'score'>): number => heldOutQuality(choice, held, 20).ndcg;

const learnedBy = (
  form: keyof typeof choiceDefinitions,
  data: ChoiceData,
  more: { seed?: number; held?: ChoiceData } = {},
) => choiceDefinitions[form].fit(data, { columns, seed: 3, threads: 2, ...more });

test('what is learned beats each half of the truth, equal weights, and itself taught by shuffled choices', async () => {
  const shuffled = planted(300, 1, { shuffled: true });
  for (const form of ['linear', 'neural'] as const) {
    const learned = quality(await learnedBy(form, teach, { held }));
    expect(learned).toBeGreaterThan(quality(only('left')) + 0.01);
    expect(learned).toBeGreaterThan(quality(only('right')) + 0.1);
    expect(learned).toBeGreaterThan(quality(await learnedBy('equal-weights', teach)) + 0.02);
    expect(learned).toBeGreaterThan(quality(await learnedBy('rrf', teach)) + 0.02);
    expect(learned).toBeGreaterThan(quality(await learnedBy(form, shuffled)) + 0.1);
  }
});

test('hidden units learn an interaction that a straight line cannot', async () => {
  const [bent, bentHeld] = [planted(500, 5, { bent: true }), planted(200, 6, { bent: true })];
  const linear = heldOutQuality(await learnedBy('linear', bent), bentHeld, 20).ndcg;
  const neural = heldOutQuality(await learnedBy('neural', bent, { held: bentHeld }), bentHeld, 20).ndcg;
  expect(neural).toBeGreaterThan(linear + 0.1);
});

test('weights learned from sampled wrong candidates are nearly the best for all of them', () =>
  withKernels(2, async (pool) => {
    const scale = standardisation(teach);
    const all = new PooledSets(pool, teach, scale);
    const scratch = new Float64Array(columns.length);
    const lossOf = async (data: ChoiceData): Promise<number> =>
      linearObjective(all, 0, await fitLinearWeights(new PooledSets(pool, data, scale), 1e-4), scratch);
    const sampled = planted(300, 1, { negatives: 20 });
    expect(sampled.right.length).toBe(300 * 21);
    expect((await lossOf(sampled)) - (await lossOf(teach))).toBeLessThan(0.05);
  }));

/** Random sets of 1 to 60 candidates over an odd number of columns; some have several right ones, some none. */
function randomSets(sets: number, columnCount: number, seed: number): ChoiceData {
  const random = new Random(seed);
  const builder = new ChoiceDataBuilder(columnCount, 30, seed);
  for (let s = 0; s < sets; s++) {
    const count = 1 + random.below(60);
    const features = Float32Array.from({ length: count * columnCount }, () => 2 + 3 * random.normal());
    builder.add(
      features,
      Uint8Array.from({ length: count }, () => Number(random.below(12) === 0)),
      1,
    );
  }
  return builder.build();
}

/** Negative log-likelihood of a set and its slope, in float64. */
function listwise(q: Float64Array, right: Uint8Array, slope: Float64Array): number {
  slope.fill(0);
  const rights = right.reduce((sum, one) => sum + one, 0);
  if (rights === 0) return 0;
  const probabilities = softmax(q);
  let loss = 0;
  for (let c = 0; c < q.length; c++) {
    slope[c] = probabilities[c]! - right[c]! / rights;
    if (right[c] === 1) loss -= Math.log(probabilities[c]!) / rights;
  }
  return loss;
}

/** What the kernels compute, in float64 and one set after another. */
function reference(data: ChoiceData, qOf: (x: Float64Array) => number, each: (x: Float64Array, slope: number) => void) {
  const { mean, inverse } = standardisation(data);
  let loss = 0;
  for (let s = 0; s + 1 < data.offsets.length; s++) {
    const [from, to] = [data.offsets[s]!, data.offsets[s + 1]!];
    const rows = Array.from({ length: to - from }, (_, c) =>
      Float64Array.from(mean, (m, f) => (data.features[(from + c) * data.columns + f]! - m) * inverse[f]!),
    );
    const q = Float64Array.from(rows, (x, c) => qOf(x) + data.correction[from + c]!);
    const slope = new Float64Array(q.length);
    loss += listwise(q, data.right.subarray(from, to), slope);
    for (const [c, x] of rows.entries()) each(x, slope[c]!);
  }
  return loss;
}

function expectNear(got: ArrayLike<number>, wanted: ArrayLike<number>, scale: number): void {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) expect(Math.abs(got[i]! - wanted[i]!)).toBeLessThan(2e-5 * scale);
}

const onThreads = async <T>(work: (pool: KernelPool) => Promise<T>): Promise<T> => {
  const [one, three] = [await withKernels(1, work), await withKernels(3, work)];
  // Threads change nothing, not the last bit.
  expect(three).toEqual(one);
  return one;
};

test.each([1, 7, 18])('loss and gradient of the linear form are those of float64, for %i columns', async (count) => {
  const data = randomSets(700, count, count);
  const random = new Random(9);
  const weights = Float64Array.from({ length: count }, () => Math.fround(random.normal() / 2));
  const [loss, gradient] = await onThreads(async (pool) => {
    const out = new Float64Array(count);
    const sum = await new PooledSets(pool, data, standardisation(data)).linear(weights, out);
    return [sum, out] as const;
  });
  const wanted = new Float64Array(count);
  const sum = reference(
    data,
    (x) => x.reduce((q, value, f) => q + value * weights[f]!, 0),
    (x, slope) => {
      for (let f = 0; f < count; f++) wanted[f]! += slope * x[f]!;
    },
  );
  expect(Math.abs(loss - sum)).toBeLessThan(1e-6 * sum);
  expectNear(gradient, wanted, 100);
});

test.each([1, 7, 18])('loss and gradient of the network are those of float64, for %i columns', async (count) => {
  const data = randomSets(600, count, 50 + count);
  const net = new ListwiseNet(count, 24);
  net.start(new Float64Array(count).fill(0.125), 4);
  for (let i = 0; i < net.parameters.length; i++) net.parameters[i] = Math.fround(net.parameters[i]! * 2);
  const order = Array.from({ length: 600 }, (_, s) => s).reverse();
  const [loss, gradient] = await onThreads(async (pool) => {
    const out = new Float64Array(net.parameters.length);
    const sum = await new PooledSets(pool, data, standardisation(data)).network(net.parameters, order, out);
    return [sum, out] as const;
  });
  const wanted = new Float64Array(net.parameters.length);
  const p = net.parameters;
  const bias = count * 25;
  const unitsOf = (x: Float64Array): Float64Array =>
    Float64Array.from({ length: 24 }, (_, h) =>
      x.reduce((sum, v, f) => sum + v * p[net.weightAt(f, h)]!, p[bias + h]!),
    );
  const sum = reference(
    data,
    (x) =>
      unitsOf(x).reduce((q, u, h) => q + Math.max(0, u) * p[bias + 24 + h]!, 0) +
      x.reduce((q, value, f) => q + value * p[f]!, 0),
    (x, slope) => {
      for (let f = 0; f < count; f++) wanted[f]! += slope * x[f]!;
      for (const [h, unit] of unitsOf(x).entries()) {
        if (unit <= 0) continue;
        wanted[bias + 24 + h]! += slope * unit;
        const back = slope * p[bias + 24 + h]!;
        wanted[bias + h]! += back;
        for (let f = 0; f < count; f++) wanted[net.weightAt(f, h)]! += back * x[f]!;
      }
    },
  );
  expect(Math.abs(loss - sum)).toBeLessThan(1e-6 * sum);
  expectNear(gradient, wanted, 100);
});

test.each(['linear', 'neural', 'equal-weights', 'rrf'] as const)(
  '%s: parts sum to q, the same seed repeats, and a saved choice scores alike',
  async (form) => {
    const fitted = () => learnedBy(form, teach, { seed: 11, held });
    const choice = await fitted();
    const features = held.features.subarray(0, 40 * columns.length);
    const q = new Float64Array(40);
    choice.score(features, 40, q);
    const parts = new Float64Array(columns.length);
    for (let c = 0; c < 40; c++) {
      const base = choice.attribute(features.subarray(c * columns.length, (c + 1) * columns.length), parts);
      const size = parts.reduce((sum, part) => sum + Math.abs(part), Math.abs(base));
      expect(Math.abs(parts.reduce((sum, part) => sum + part, base) - q[c]!)).toBeLessThan(1e-5 * size);
    }
    for (const other of [await fitted(), await loadChoice(choice.state())]) {
      const again = new Float64Array(40);
      other.score(features, 40, again);
      expect(again).toEqual(q);
    }
  },
);
