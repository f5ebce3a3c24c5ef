import { expect, test } from 'vitest';
import { openOnnxDenseMath } from '../../src/adapters/onnx/onnx-dense-math.ts';
import { openWasmDenseMath } from '../../src/math/wasm-dense-math.ts';
import { denseMathContract } from './dense-math.ts';

denseMathContract('wasm kernels, 2 threads', () => openWasmDenseMath(2));
denseMathContract('wasm kernels, 1 thread', () => openWasmDenseMath(1));
denseMathContract('ONNX Runtime', () => openOnnxDenseMath(2));

test('without onnxruntime-node the error says what to install', async () => {
  const opening = openOnnxDenseMath(1, () => Promise.reject(new Error('Cannot find package')));
  await expect(opening).rejects.toMatchObject({
    code: 'SW_PART_MISSING',
    hint: expect.stringContaining('npm install'),
  });
});
