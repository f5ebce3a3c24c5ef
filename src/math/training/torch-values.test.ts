/** Layers, losses and optimisers against what PyTorch makes of the same values: test/vectors/torch-values.json. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { openOnnxGraphRunner } from '../../adapters/onnx/onnx-graph-runner.ts';
import { gradients } from '../autodiff/gradients.ts';
import { multiply } from '../autodiff/operations/elementwise.ts';
import { matmul } from '../autodiff/operations/matrix.ts';
import { reshape, stack } from '../autodiff/operations/shaping.ts';
import { sum } from '../autodiff/operations/summing.ts';
import { compute } from '../autodiff/reference.ts';
import { constant, input, type Named, sizeOf, type Tensor } from '../autodiff/tensor.ts';
import { toOnnx } from '../autodiff/to-onnx.ts';
import type { GraphRunner } from '../graph-runner.ts';
import * as layers from './layers.ts';
import * as losses from './losses.ts';
import type { Optimiser } from './optimisers.ts';
import { Parameters } from './parameters.ts';
import { TrainingGraph } from './training-graph.ts';

interface Told {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}
type ByName = Readonly<Record<string, Told>>;
const file = JSON.parse(readFileSync(new URL('../../../test/vectors/torch-values.json', import.meta.url), 'utf8')) as {
  readonly layers: Readonly<Record<string, { parameters: ByName; inputs: ByName; output: Told; gradients: ByName }>>;
  readonly losses: Readonly<Record<string, { inputs: ByName; loss: number; gradients: ByName }>>;
  readonly regression: { readonly features: Told; readonly answers: Told; readonly start: Told };
  readonly optimisers: Readonly<Record<string, readonly (readonly number[])[]>>;
};

let runner: GraphRunner;
beforeAll(async () => {
  runner = await openOnnxGraphRunner(2);
});

const causal = (length: number): Tensor => constant([...layers.causalMask(length)], [length, length]);
const block =
  (isNormedFirst: boolean, activation: 'gelu' | 'relu') => (p: Parameters, given: (name: string) => Tensor) =>
    layers.transformerBlock(p, 'l', { size: 6, heads: 2, inner: 8, isNormedFirst, activation })(given('x'), causal(4));
const made: Readonly<Record<string, (p: Parameters, given: (name: string) => Tensor) => Tensor>> = {
  linear: (p, given) => layers.linear(p, 'l', { inputs: 4, outputs: 3 })(given('x')),
  layerNorm: (p, given) => layers.layerNorm(p, 'l', 5)(given('x')),
  embedding: (p, given) => layers.embedding(p, 'l', { count: 4, size: 3 }).of(given('at')),
  selfAttention: (p, given) => layers.selfAttention(p, 'l', { size: 6, heads: 2 })(given('x'), causal(4)),
  blockNormedFirst: block(true, 'gelu'),
  blockNormedAfter: block(false, 'relu'),
  gru: (p, given) => layers.gru(p, 'l', { inputs: 3, size: 4 })(given('x')),
  causalConvolution: (p, given) =>
    layers.causalConvolution(p, 'l', { inputs: 3, outputs: 2, width: 3, dilation: 2 })(given('x')),
  attentionPooling: (p, given) => layers.attentionPooling(p, 'l', { size: 4, hidden: 3 })(given('x')),
  multilayer: (p, given) => layers.multilayer(p, 'l', [4, 6, 2])(given('x')),
  sharedExperts: (p, given) => {
    const tasks = layers.sharedExperts(p, 'l', { inputs: 4, size: 3, experts: 2, tasks: 2 })(given('x'));
    return stack(tasks, 1);
  },
  unitVectors: (_, given) => layers.unitVectors(given('x')),
};
const lossOf: Readonly<Record<string, (given: (name: string) => Tensor) => Tensor>> = {
  crossEntropy: (given) => losses.crossEntropy(given('logits'), given('targets')),
  binaryCrossEntropy: (given) => losses.binaryCrossEntropy(given('logits'), given('labels')),
  bayesianRanking: (given) => losses.bayesianRanking(given('positive'), given('negative')),
  marginRanking: (given) => losses.marginRanking(given('positive'), given('negative'), 0.5),
  squaredError: (given) => losses.squaredError(given('values'), given('targets')),
  sampledSoftmax: (given) =>
    losses.sampledSoftmax({
      ...{ positive: given('positive'), negatives: given('negatives') },
      ...{ positiveLogQ: constant([-1.5, -1.5, -1.5]), negativeLogQ: given('logQ') },
    }),
  generalisedBinary: (given) =>
    losses.generalisedBinary(
      { positive: given('positive'), negatives: given('negatives') },
      { share: 0.25, calibration: 0.75 },
    ),
  contrastive: (given) => losses.contrastive(given('a'), given('b'), 0.2),
  listwise: (given) => losses.listwise(given('scores'), given('relevances')),
};

function expectNear(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number, what: string): void {
  expect(got.length, what).toBe(wanted.length);
  for (let n = 0; n < wanted.length; n++)
    expect(Math.abs(got[n]! - wanted[n]!), `${what} at ${n}: ${got[n]} for ${wanted[n]}`).toBeLessThan(tolerance);
}

/** Values of tensors: by the reference to ten digits, by ONNX Runtime to four. */
async function expectValues(
  wanted: Readonly<Record<string, readonly [Tensor, readonly number[]]>>,
  given: ByName,
  leaves: readonly Tensor<Named>[],
): Promise<void> {
  const tensors = Object.fromEntries(Object.entries(wanted).map(([name, [tensor]]) => [name, tensor]));
  const values = Object.fromEntries(Object.entries(given).map(([name, one]) => [name, one.values]));
  const reference = compute(Object.values(tensors), values);
  for (const [n, [name, [, right]]] of Object.entries(wanted).entries()) expectNear(reference[n]!, right, 1e-9, name);
  const { model, inputs } = toOnnx(tensors, { name: 'test' });
  const forms = Object.fromEntries(leaves.map((leaf) => [leaf.attributes.name, leaf]));
  const graph = await runner.open(model, { ...forms, ...tensors });
  const feeds = inputs.map((name) => {
    const own = given[name]!.values;
    return [name, forms[name]!.type === 'int64' ? BigInt64Array.from(own, BigInt) : Float32Array.from(own)] as const;
  });
  const into = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape }]) => [name, new Float32Array(sizeOf(shape))]),
  );
  await graph.run(Object.fromEntries(feeds), into);
  await graph.close();
  for (const [name, [, right]] of Object.entries(wanted)) expectNear(into[name]!, right, 2e-4, name);
}

const integers = new Set(['at', 'targets']);
const leavesOf = (inputs: ByName, ofIntegers: ReadonlySet<string>) =>
  new Map(
    Object.entries(inputs).map(([name, { shape }]) => [
      name,
      input(name, shape, ofIntegers.has(name) ? 'int64' : 'float'),
    ]),
  );

test('every layer and loss that PyTorch was asked about is here', () => {
  expect(Object.keys(made).sort()).toEqual(Object.keys(file.layers).sort());
  expect(Object.keys(lossOf).sort()).toEqual(Object.keys(file.losses).sort());
});

test.each(Object.keys(file.layers))('%s and its gradients are those of PyTorch', async (name) => {
  const { parameters: own, inputs, output, gradients: slopes } = file.layers[name]!;
  const parameters = new Parameters(1);
  const given = leavesOf(inputs, integers);
  const y = made[name]!(parameters, (as) => given.get(as)!);
  expect(y.shape).toEqual(output.shape);
  const leaves = new Map([...given, ...parameters.tensors.map((one) => [one.attributes.name, one] as const)]);
  for (const [as, { shape }] of Object.entries(own)) expect(leaves.get(as)?.shape, as).toEqual(shape);
  const weights = constant(
    Array.from({ length: sizeOf(y.shape) }, (_, n) => (n + 1) / sizeOf(y.shape)),
    y.shape,
  );
  const names = Object.keys(slopes);
  const got = gradients(
    sum(multiply(y, weights)),
    names.map((as) => leaves.get(as)!),
  );
  const wanted = names.map((as, n) => [`by ${as}`, [got[n]!, slopes[as]!.values]] as const);
  await expectValues({ y: [y, output.values], ...Object.fromEntries(wanted) }, { ...own, ...inputs }, [
    ...leaves.values(),
  ]);
});

test.each(Object.keys(file.losses))('the loss %s and its gradients are those of PyTorch', async (name) => {
  const { inputs, loss: right, gradients: slopes } = file.losses[name]!;
  const given = leavesOf(inputs, name === 'crossEntropy' ? integers : new Set());
  const loss = lossOf[name]!((as) => given.get(as)!);
  const names = Object.keys(slopes);
  const got = gradients(
    loss,
    names.map((as) => given.get(as)!),
  );
  const wanted = names.map((as, n) => [`by ${as}`, [got[n]!, slopes[as]!.values]] as const);
  await expectValues({ loss: [loss, [right]], ...Object.fromEntries(wanted) }, inputs, [...given.values()]);
});

describe('optimisers', () => {
  const kinds: Readonly<Record<string, { optimiser: Optimiser; clip?: number }>> = {
    sgd: { optimiser: { kind: 'sgd' } },
    momentum: { optimiser: { kind: 'sgd', momentum: 0.9, l2: 0.02 } },
    adam: { optimiser: { kind: 'adam', betas: [0.8, 0.95], l2: 0.02 } },
    adamw: { optimiser: { kind: 'adamw', decay: 0.3 } },
    clipped: { optimiser: { kind: 'sgd' }, clip: 0.5 },
  };
  test.each(Object.keys(file.optimisers))('%s makes the steps of PyTorch', async (name) => {
    const { features, answers, start } = file.regression;
    const parameters = new Parameters(1);
    const weights = parameters.add('weights', [3], () => Float32Array.from(start.values));
    const x = constant(features.values, features.shape);
    const predicted = reshape(matmul(x, reshape(weights, [3, 1])), [6]);
    const loss = losses.squaredError(predicted, constant(answers.values));
    const training = await TrainingGraph.open(runner, { parameters, loss, seed: 1, ...kinds[name]! });
    for (const right of file.optimisers[name]!) {
      await training.step({}, 0.1);
      expectNear(training.state.arrays['weights']!, right, 1e-5, name);
    }
    await training.close();
  });
});
