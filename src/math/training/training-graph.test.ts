import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openOnnxGraphRunner } from '../../adapters/onnx/onnx-graph-runner.ts';
import { fillMask } from '../../core/counter-bits.ts';
import { Random } from '../../core/random.ts';
import { log, multiply } from '../autodiff/operations/elementwise.ts';
import { reshape, slice } from '../autodiff/operations/shaping.ts';
import { sum } from '../autodiff/operations/summing.ts';
import { input, type Tensor } from '../autodiff/tensor.ts';
import type { GraphRunner } from '../graph-runner.ts';
import { embedding, gru, multilayer } from './layers.ts';
import { binaryCrossEntropy, crossEntropy, squaredError } from './losses.ts';
import { Masks, normal, Parameters } from './parameters.ts';
import { Propagation } from './propagation.ts';
import { RowSparseAdam } from './row-sparse-adam.ts';
import { constantRate, Plateau, warmUpCosine } from './schedules.ts';
import { TrainingGraph } from './training-graph.ts';

let runner: GraphRunner;
beforeAll(async () => {
  runner = await openOnnxGraphRunner(1);
});

/** A network with dropout that learns which side of a circle a point lies on. */
async function circle(seed = 1, rate = 0.2) {
  const parameters = new Parameters(seed);
  const masks = new Masks();
  const [x, y] = [input('x', [64, 2]), input('y', [64, 1])];
  const net = multilayer(parameters, 'net', [2, 16, 1], { dropout: rate });
  const loss = binaryCrossEntropy(net(x, masks), y);
  const training = await TrainingGraph.open(runner, {
    ...{ parameters, masks, loss, seed, clip: 5, told: { logits: net(x) } },
    optimiser: { kind: 'adamw', decay: 1e-3 },
  });
  const feeds = (step: number) => {
    const random = new Random(step, 3);
    const points = Float32Array.from({ length: 128 }, () => 2 * random.uniform() - 1);
    const labels = Float32Array.from({ length: 64 }, (_, n) =>
      Number(Math.hypot(points[2 * n]!, points[2 * n + 1]!) < 0.7),
    );
    return { x: points, y: labels };
  };
  return { training, feeds };
}

describe('a training', () => {
  test('learns what no line tells apart', async () => {
    const { training, feeds } = await circle();
    const schedule = warmUpCosine(0.02, { warmUp: 20, steps: 400 });
    let right = 0;
    for (let step = 0; step < 400; step++) {
      const given = feeds(step);
      const { told } = await training.step(given, schedule(step));
      if (step >= 380) for (let n = 0; n < 64; n++) right += Number(told['logits']![n]! > 0 === given.y[n]! > 0);
    }
    expect(right / (20 * 64)).toBeGreaterThan(0.9);
    await training.close();
  });

  test('that is taken up from its state makes the same steps, to the byte', async () => {
    const whole = await circle();
    const broken = await circle();
    for (let step = 0; step < 7; step++) await whole.training.step(whole.feeds(step), 0.01);
    for (let step = 0; step < 4; step++) await broken.training.step(broken.feeds(step), 0.01);
    const kept = structuredClone(broken.training.state);
    const again = await circle();
    again.training.restore(kept);
    for (let step = 4; step < 7; step++) await again.training.step(again.feeds(step), 0.01);
    expect(again.training.state).toEqual(whole.training.state);
    for (const { training } of [whole, broken, again]) await training.close();
  });

  test('with another seed has other masks and other weights', async () => {
    const [a, b] = [await circle(1), await circle(2)];
    expect(a.training.state.arrays).not.toEqual(b.training.state.arrays);
    b.training.restore({ step: 0, arrays: structuredClone(a.training.state.arrays) });
    const losses = [await a.training.step(a.feeds(0), 0.01), await b.training.step(b.feeds(0), 0.01)];
    expect(losses[0]!.loss).not.toBe(losses[1]!.loss);
    for (const { training } of [a, b]) await training.close();
  });

  test('whose loss is no number stops by name, with the weights of before', async () => {
    const parameters = new Parameters(1);
    const w = parameters.add('w', [1], () => Float32Array.of(1));
    const x = input('x', [1]);
    const training = await TrainingGraph.open(runner, {
      parameters,
      loss: sum(log(multiply(w, x))),
      seed: 1,
      optimiser: { kind: 'adam' },
    });
    await training.step({ x: Float32Array.of(1) }, 0.1);
    const before = structuredClone(training.state);
    await expect(training.step({ x: Float32Array.of(-1) }, 0.1)).rejects.toMatchObject({
      code: 'SW_TRAINING',
      hint: expect.stringMatching(/learning rate/u),
    });
    expect(training.state).toEqual(before);
    expect(training.steps).toBe(1);
    await expect(training.step({ x: Float32Array.of(1, 2) }, 0.1)).rejects.toMatchObject({ code: 'SW_USAGE' });
    await training.step({ x: Float32Array.of(2) }, 0.1);
    await training.close();
  });

  test('refuses the state of another model', async () => {
    const { training } = await circle();
    expect(() => training.restore({ step: 1, arrays: { 'net.0.weight': new Float32Array(3) } })).toThrow(
      expect.objectContaining({ code: 'SW_TRAINING' }),
    );
    await training.close();
  });

  test('gives gradients of inputs, so that a table outside it learns as one inside, duplicates and all', async () => {
    const [count, size, rate] = [5, 3, 0.05];
    const at = [0, 2, 2, 2, 4, 0];
    const start = normal(1)(new Random(3), [count, size]);
    const answers = Float32Array.from(at, (row) => row / 4);
    const ofRows = (vectors: Tensor): Tensor => squaredError(sum(multiply(vectors, vectors), [-1]), input('y', [6]));

    const inside = new Parameters(1);
    const table = embedding(inside, 'table', { count, size, initial: () => start.slice() });
    const whole = await TrainingGraph.open(runner, {
      ...{ parameters: inside, loss: ofRows(table.of(input('at', [6], 'int64'))), seed: 1 },
      optimiser: { kind: 'sgd' },
    });
    const rows = input('rows', [6, size]);
    const outside = await TrainingGraph.open(runner, {
      ...{ parameters: new Parameters(1), loss: ofRows(rows), seed: 1, inputGradients: [rows] },
      optimiser: { kind: 'sgd' },
    });
    const own = start.slice();
    for (let step = 0; step < 3; step++) {
      await whole.step({ at: BigInt64Array.from(at, BigInt), y: answers }, rate);
      const fed = Float32Array.from(at.flatMap((row) => [...own.subarray(row * size, (row + 1) * size)]));
      const { told } = await outside.step({ rows: fed, y: answers }, rate);
      for (const [n, row] of at.entries())
        for (let d = 0; d < size; d++) own[row * size + d]! -= rate * told['by rows']![n * size + d]!;
    }
    for (const [n, value] of whole.state.arrays['table.weight']!.entries()) expect(own[n]).toBeCloseTo(value, 5);
    await Promise.all([whole.close(), outside.close()]);
  });

  test('a recurrent cell remembers what came first', async () => {
    const parameters = new Parameters(2);
    const [x, y] = [input('x', [32, 6], 'int64'), input('y', [32], 'int64')];
    const items = embedding(parameters, 'items', { count: 4, size: 8, initial: normal(0.5) });
    const states = gru(parameters, 'cell', { inputs: 8, size: 16 })(items.of(x));
    const out = multilayer(parameters, 'out', [16, 4]);
    const loss = crossEntropy(out(reshape(slice(states, 1, 5, 6), [32, 16])), y);
    const training = await TrainingGraph.open(runner, { parameters, loss, seed: 1, optimiser: { kind: 'adam' } });
    let value = 0;
    for (let step = 0; step < 150; step++) {
      const random = new Random(step, 9);
      const sequences = Array.from({ length: 32 * 6 }, () => random.below(4));
      const firsts = Array.from({ length: 32 }, (_, n) => sequences[n * 6]!);
      value = (
        await training.step({ x: BigInt64Array.from(sequences, BigInt), y: BigInt64Array.from(firsts, BigInt) }, 0.02)
      ).loss;
    }
    expect(value).toBeLessThan(0.2);
    await training.close();
  });
});

describe('masks', () => {
  test('are ones as often as they should be, evenly over places, and never the same twice', () => {
    const size = 40_000;
    const [one, other] = [new Uint8Array(size), new Uint8Array(size)];
    for (const share of [0.1, 0.5, 0.8]) {
      fillMask(one, share, [7, 1, 0]);
      fillMask(other, share, [7, 2, 0]);
      const kept = Math.round(share * 256) / 256;
      for (const part of [0, 1, 2, 3]) {
        const ones = one.filter((_, n) => n % 4 === part).reduce((total, value) => total + value, 0);
        expect(Math.abs(ones / (size / 4) - kept)).toBeLessThan(0.02);
      }
      // Of neighbours and of other steps they are independent.
      const both = one.reduce((total, value, n) => total + value * other[n]!, 0) / size;
      const next = one.reduce((total, value, n) => total + value * (one[n + 1] ?? 0), 0) / size;
      expect(Math.abs(both - kept ** 2)).toBeLessThan(0.02);
      expect(Math.abs(next - kept ** 2)).toBeLessThan(0.02);
    }
  });

  test('are a function of seed, step and place', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), fc.integer({ min: 1, max: 99 }), (key, size) => {
        const [one, other] = [new Uint8Array(size), new Uint8Array(size)];
        fillMask(one, 0.5, key);
        fillMask(other, 0.5, key);
        expect(one).toEqual(other);
      }),
    );
  });
});

test('Adam of touched rows is Adam where every row is touched, and leaves others as they are', async () => {
  const start = normal(1)(new Random(4), [3, 2]);
  const parameters = new Parameters(1);
  const w = parameters.add('w', [3, 2], () => start.slice());
  const training = await TrainingGraph.open(runner, {
    ...{ parameters, loss: squaredError(w, input('y', [3, 2])), seed: 1, optimiser: { kind: 'adam' }, told: {} },
  });
  const [table, adam] = [start.slice(), new RowSparseAdam(4, 2)];
  const wider = Float32Array.from([...table, 9, 9]);
  for (let step = 0; step < 4; step++) {
    const y = Float32Array.from({ length: 6 }, (_, n) => n + step);
    const slopes = Float32Array.from({ length: 6 }, (_, n) => (2 * (wider[n]! - y[n]!)) / 6);
    // One row in two parts.
    const halves = Float32Array.from([
      slopes[0]! / 2,
      slopes[1]! / 2,
      ...slopes.subarray(2),
      slopes[0]! / 2,
      slopes[1]! / 2,
    ]);
    adam.step(wider, [0, 1, 2, 0], halves, 0.1);
    await training.step({ y }, 0.1);
    for (const [n, value] of training.state.arrays['w']!.entries()) expect(wider[n]).toBeCloseTo(value, 4);
  }
  expect([...wider.subarray(6)]).toEqual([9, 9]);
  await training.close();
});

test('what is spread over a graph comes back through the adjoint', () => {
  const random = new Random(5);
  const [nodes, width] = [6, 2];
  const dense = Array.from({ length: nodes }, () =>
    Array.from({ length: nodes }, () => (random.uniform() < 0.4 ? random.normal() : 0)),
  );
  const entries = dense.map((row) => row.flatMap((value, column) => (value === 0 ? [] : [[column, value] as const])));
  const offsets = Int32Array.from([0, ...entries.map((_, r) => entries.slice(0, r + 1).flat().length)]);
  const flat = entries.flat();
  const adjacency = {
    ...{ rows: nodes, columns: nodes, offsets },
    indices: Int32Array.from(flat, ([column]) => column),
    values: Float32Array.from(flat, ([, value]) => value),
  };
  const spread = new Propagation(adjacency, 3);
  const vectors = normal(1)(random, [nodes, width]);
  const slopes = normal(1)(random, [nodes, width]);
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((total, value, n) => total + value * b[n]!, 0);
  // <A x, y> = <x, Aᵀ y> for all x and y.
  expect(dot(spread.forward(vectors, width), slopes)).toBeCloseTo(dot(vectors, spread.adjoint(slopes, width)), 4);
  // Written out: the mean of none to three steps.
  const times = (v: number[]): number[] =>
    dense.map((row) => row.reduce((total, value, n) => total + value * v[n]!, 0));
  const column = [...vectors].filter((_, n) => n % width === 0);
  const steps = [column, times(column), times(times(column)), times(times(times(column)))];
  const right = column.map((_, n) => steps.reduce((total, step) => total + step[n]!, 0) / 4);
  const got = spread.forward(vectors, width);
  for (const [n, value] of right.entries()) expect(got[n * width]).toBeCloseTo(value, 4);
});

test('rates warm up, fall along a cosine, and fall where nothing improves', () => {
  const rate = warmUpCosine(1, { warmUp: 4, steps: 104, end: 0.1 });
  expect([0, 1, 3].map(rate)).toEqual([0.25, 0.5, 1]);
  expect(rate(54)).toBeCloseTo(0.55, 9);
  expect(rate(104)).toBeCloseTo(0.1, 9);
  expect(constantRate(0.3)(7)).toBe(0.3);
  const plateau = new Plateau(1, { patience: 1, factor: 0.1, least: 0.05 });
  expect([0.5, 0.6, 0.6, 0.6, 0.7, 0.7, 0.7, 0.7].map((figure) => plateau.tell(figure))).toEqual([
    1, 1, 1, 0.1, 0.1, 0.1, 0.05, 0.05,
  ]);
});
