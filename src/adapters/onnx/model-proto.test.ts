import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { encodeModel } from '../../math/onnx/model-proto.ts';

test('ONNX Runtime runs a written model with weights, typed attributes and an operator of its own', async () => {
  const model = encodeModel(
    {
      name: 'layer',
      nodes: [
        { op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] },
        { op: 'LeakyRelu', inputs: ['y'], outputs: ['z'], attributes: { alpha: { float: 0.5 } } },
        { op: 'Transpose', inputs: ['z'], outputs: ['t'], attributes: { perm: { ints: [1, 0] } } },
        { op: 'BiasGelu', domain: 'com.microsoft', inputs: ['t', 'b'], outputs: ['out'] },
      ],
      inputs: [{ name: 'x', type: 'float', shape: ['rows', 2] }],
      outputs: [
        { name: 't', type: 'float', shape: [2, 'rows'] },
        { name: 'out', type: 'float', shape: [2, 'rows'] },
      ],
      initializers: [
        { name: 'w', type: 'float', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
        { name: 'b', type: 'float', shape: [1], data: Float32Array.of(0) },
      ],
    },
    { domains: { 'com.microsoft': 1 }, metadata: { seed: '1' } },
  );
  const session = await InferenceSession.create(model);
  const results = await session.run({ x: new Tensor('float32', Float32Array.of(1, -1), [1, 2]) });
  expect([...(results['t']!.data as Float32Array)]).toEqual([-1, -1]);
  expect(results['out']!.dims).toEqual([2, 1]);
  expect((results['out']!.data as Float32Array)[0]).toBeCloseTo(-0.1587, 3);
  await session.release();
});
