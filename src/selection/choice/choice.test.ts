import { expect, test } from 'vitest';
import { Random } from '../../core/random.ts';
import { modelColumnParts, modelScores } from '../signals/model-scores.ts';
import { columnsOf } from '../signals/signal.ts';
import { type ChoiceData, ChoiceDataBuilder, standardisation, standardised } from './choice-data.ts';
import type { ChoiceModel } from './choice-model.ts';
import { fitLinearWeights, linearObjective } from './conditional-logit.ts';
import { heldOutQuality } from './held-out-quality.ts';
import { listwiseLoss, softmax } from './listwise-loss.ts';
import { ListwiseNet } from './neural-choice.ts';
import { choiceDefinitions, loadChoice } from './registry.ts';

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

test('what is learned beats each half of the truth, equal weights, and itself taught by shuffled choices', () => {
  const shuffled = planted(300, 1, { shuffled: true });
  for (const form of ['linear', 'neural'] as const) {
    const learned = quality(choiceDefinitions[form].fit(teach, { columns, seed: 3, held }));
    expect(learned).toBeGreaterThan(quality(only('left')) + 0.01);
    expect(learned).toBeGreaterThan(quality(only('right')) + 0.1);
    expect(learned).toBeGreaterThan(
      quality(choiceDefinitions['equal-weights'].fit(teach, { columns, seed: 3 })) + 0.02,
    );
    expect(learned).toBeGreaterThan(quality(choiceDefinitions.rrf.fit(teach, { columns, seed: 3 })) + 0.02);
    expect(learned).toBeGreaterThan(quality(choiceDefinitions[form].fit(shuffled, { columns, seed: 3 })) + 0.1);
  }
});

test('hidden units learn an interaction that a straight line cannot', () => {
  const [bent, bentHeld] = [planted(500, 5, { bent: true }), planted(200, 6, { bent: true })];
  const linear = heldOutQuality(choiceDefinitions.linear.fit(bent, { columns, seed: 3 }), bentHeld, 20).ndcg;
  const bending = choiceDefinitions.neural.fit(bent, { columns, seed: 3, held: bentHeld });
  const neural = heldOutQuality(bending, bentHeld, 20).ndcg;
  expect(neural).toBeGreaterThan(linear + 0.1);
});

test('weights learned from sampled wrong candidates are nearly the best for all of them', () => {
  const scale = standardisation(teach);
  const loss = linearObjective(standardised(teach, scale), 0);
  const scratch = new Float64Array(columns.length);
  const excess = (data: ChoiceData): number =>
    loss(fitLinearWeights(standardised(data, scale), 1e-4), scratch) -
    loss(fitLinearWeights(standardised(teach, scale), 1e-4), scratch);
  const sampled = planted(300, 1, { negatives: 20 });
  expect(sampled.right.length).toBe(300 * 21);
  expect(excess(sampled)).toBeLessThan(0.05);
});

test('the gradient of the linear objective is that of finite differences', () => {
  const data = standardised(planted(20, 7, { negatives: 10 }), standardisation(teach));
  const loss = linearObjective(data, 0.01);
  const random = new Random(9);
  const at = Float64Array.from({ length: columns.length }, () => random.normal());
  expectGradient((x, g) => loss(x, g), at);
});

test('the gradient of the network is that of finite differences', () => {
  const data = standardised(planted(6, 8), standardisation(teach));
  const net = new ListwiseNet(columns.length, 8);
  net.start(new Float64Array(columns.length).fill(0.1), 4);
  expectGradient((x, gradient) => {
    net.parameters.set(x);
    gradient.fill(0);
    let loss = 0;
    for (let s = 0; s < 6; s++) loss += net.addGradient(data, s, gradient);
    return loss;
  }, net.parameters.slice());
});

function expectGradient(f: (x: Float64Array, gradient: Float64Array) => number, at: Float64Array): void {
  const gradient = new Float64Array(at.length);
  f(at, gradient);
  const scratch = new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) {
    const step = 1e-6;
    const up = at.slice();
    up[i]! += step;
    const down = at.slice();
    down[i]! -= step;
    const difference = (f(up, scratch) - f(down, scratch)) / (2 * step);
    expect(Math.abs(difference - gradient[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(difference)));
  }
}

test('several right answers share the likelihood, and a set without one moves nothing', () => {
  const q = Float64Array.of(1, 2, 3);
  const slope = new Float64Array(3);
  const loss = listwiseLoss(q, new Float32Array(3), Uint8Array.of(1, 0, 1), 0, 3, slope);
  const [a, , c] = softmax(q);
  expect(loss).toBeCloseTo(-(Math.log(a!) + Math.log(c!)) / 2, 12);
  expect(slope[0]! + slope[1]! + slope[2]!).toBeCloseTo(0, 12);
  expect(listwiseLoss(q, new Float32Array(3), new Uint8Array(3), 0, 3, slope)).toBe(0);
  expect([...slope]).toEqual([0, 0, 0]);
});

test.each(['linear', 'neural', 'equal-weights', 'rrf'] as const)(
  '%s: parts sum to q, the same seed repeats, and a saved choice scores alike',
  (form) => {
    const fitted = () => choiceDefinitions[form].fit(teach, { columns, seed: 11, held });
    const choice = fitted();
    const features = held.features.subarray(0, 40 * columns.length);
    const q = new Float64Array(40);
    choice.score(features, 40, q);
    const parts = new Float64Array(columns.length);
    for (let c = 0; c < 40; c++) {
      const base = choice.attribute(features.subarray(c * columns.length, (c + 1) * columns.length), parts);
      expect(Math.abs(parts.reduce((sum, part) => sum + part, base) - q[c]!)).toBeLessThan(1e-6);
    }
    for (const other of [fitted(), loadChoice(choice.state())]) {
      const again = new Float64Array(40);
      other.score(features, 40, again);
      expect(again).toEqual(q);
    }
  },
);
