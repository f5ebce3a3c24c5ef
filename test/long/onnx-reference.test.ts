/** Exported models use the standard operator set: the reference evaluator of the onnx package gives the same scores. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pythonWith } from '../../bench/peers/python-peer.ts';
import { Random } from '../../src/core/random.ts';
import { add } from '../../src/math/autodiff/operations/elementwise.ts';
import { matmul } from '../../src/math/autodiff/operations/matrix.ts';
import { reshape, slice } from '../../src/math/autodiff/operations/shaping.ts';
import { compute } from '../../src/math/autodiff/reference.ts';
import { constant, input, type Tensor } from '../../src/math/autodiff/tensor.ts';
import { toOnnx } from '../../src/math/autodiff/to-onnx.ts';
import * as layers from '../../src/math/training/layers.ts';
import { normal, Parameters } from '../../src/math/training/parameters.ts';

const [batch, length, size, count] = [2, 5, 8, 11];
const script = fileURLToPath(new URL('../../bench/peers/onnx_reference.py', import.meta.url));

/** Scores of all items after a history, by each kind of model. */
function models(parameters: Parameters, history: Tensor): Readonly<Record<string, Tensor>> {
  const items = layers.embedding(parameters, 'items', { count, size, initial: normal(0.5) });
  const vectors = items.of(history);
  const scores = (last: Tensor): Tensor => matmul(last, items.table, { transposeB: true });
  const lastOf = (x: Tensor): Tensor => reshape(slice(x, 1, length - 1, length), [batch, size]);
  const block = layers.transformerBlock(parameters, 'block', { size, heads: 2, inner: 16 });
  const convolution = layers.causalConvolution(parameters, 'conv', {
    inputs: size,
    outputs: size,
    width: 3,
    dilation: 2,
  });
  const causal = constant([...layers.causalMask(length)], [length, length]);
  return {
    transformer: scores(lastOf(layers.layerNorm(parameters, 'norm', size)(block(vectors, causal)))),
    recurrent: scores(lastOf(layers.gru(parameters, 'gru', { inputs: size, size })(vectors))),
    convolution: scores(lastOf(convolution(vectors))),
    pooling: scores(layers.unitVectors(layers.attentionPooling(parameters, 'pool', { size })(vectors))),
    experts: scores(
      layers
        .sharedExperts(parameters, 'experts', { inputs: size, size, experts: 3, tasks: 2 })(lastOf(vectors))
        .reduce(add),
    ),
  };
}

test('models as they are exported score alike in the reference evaluator', async ({ skip }) => {
  const found = await pythonWith(['onnx']);
  if ('skipped' in found) {
    console.log(found.skipped);
    return skip(found.skipped);
  }
  const parameters = new Parameters(3);
  const history = input('history', [batch, length], 'int64');
  const outputs = models(parameters, history);
  const { model, inputs } = toOnnx(outputs, { name: 'export', isStandard: true, weights: parameters.values });
  expect(inputs).toEqual(['history']);
  const random = new Random(1);
  const values = Array.from({ length: batch * length }, () => random.below(count));
  const root = await mkdtemp(join(tmpdir(), 'onnx-'));
  try {
    const path = join(root, 'model.onnx');
    await writeFile(path, model);
    const peer = spawn(found.python, [script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    peer.stdin.end(JSON.stringify({ history: { shape: [batch, length], type: 'int64', values } }));
    const [said] = await Promise.all([text(peer.stdout), once(peer, 'exit')]);
    const answer = JSON.parse(said) as { domains: string[]; outputs: Record<string, number[]> };
    expect(answer.domains).toEqual(['']);
    const weights = Object.fromEntries(Object.entries(parameters.values).map(([name, own]) => [name, [...own]]));
    const right = compute(Object.values(outputs), { ...weights, history: values });
    for (const [n, name] of Object.keys(outputs).entries())
      for (const [at, value] of right[n]!.entries()) expect(answer.outputs[name]![at], name).toBeCloseTo(value, 4);
  } finally {
    await rm(root, { recursive: true });
  }
}, 300_000);
