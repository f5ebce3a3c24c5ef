/** Softmax and standardisation along the last axis, with gradients in closed form. */
import { eachLine, numbers } from '../indexing.ts';
import { make, type Operation, output, scalar, sizeOf, type Tensor } from '../tensor.ts';
import { add, exp, multiply, square, subtract } from './elementwise.ts';
import { mean } from './reductions.ts';
import { sum } from './summing.ts';

const last = (rank: number) => ({ axis: { int: rank - 1 } });

function logSumExp(values: Float64Array, start: number, step: number, size: number): number {
  let most = -Infinity;
  for (let n = 0; n < size; n++) most = Math.max(most, values[start + n * step]!);
  let total = 0;
  for (let n = 0; n < size; n++) total += Math.exp(values[start + n * step]! - most);
  return most + Math.log(total);
}

function byLine(of: Tensor, values: Float64Array, make: (x: number, logSum: number) => number): Float64Array {
  const axis = of.shape.length - 1;
  const out = numbers(sizeOf(of.shape));
  eachLine(of.shape, axis, (start, step) => {
    const logSum = logSumExp(values, start, step, of.shape[axis]!);
    for (let n = 0; n < of.shape[axis]!; n++) out[start + n * step] = make(values[start + n * step]!, logSum);
  });
  return out;
}

const softmaxOf: Operation = {
  name: 'softmax',
  evaluate: (of, [x]) => [byLine(of, x!, (value, logSum) => Math.exp(value - logSum))],
  emit: (to, { shape }, inputs) => to.node('Softmax', inputs, last(shape.length)),
  gradient: (of, [g]) => {
    if (!g) return [];
    const weighted = multiply(g, of);
    return [subtract(weighted, multiply(of, sum(weighted, [-1], true)))];
  },
};
export const softmax = (x: Tensor): Tensor => make(softmaxOf, [x], { shape: x.shape, type: 'float' }, undefined);

const logSoftmaxOf: Operation = {
  name: 'log-softmax',
  evaluate: (of, [x]) => [byLine(of, x!, (value, logSum) => value - logSum)],
  emit: (to, { shape }, inputs) => to.node('LogSoftmax', inputs, last(shape.length)),
  gradient: (of, [g]) => [g && subtract(g, multiply(exp(of), sum(g, [-1], true)))],
};
export const logSoftmax = (x: Tensor): Tensor => make(logSoftmaxOf, [x], { shape: x.shape, type: 'float' }, undefined);

const standardOf: Operation<{ readonly epsilon: number }> = {
  name: 'standardise',
  evaluate: ({ shape, attributes: { epsilon } }, [x]) => {
    const size = shape.at(-1)!;
    const [out, inverse] = [numbers(x!.length), numbers(x!.length / size)];
    for (let row = 0; row < inverse.length; row++) {
      const values = x!.subarray(row * size, (row + 1) * size);
      const middle = values.reduce((total, value) => total + value, 0) / size;
      const variance = values.reduce((total, value) => total + (value - middle) ** 2, 0) / size;
      inverse[row] = 1 / Math.sqrt(variance + epsilon);
      for (let n = 0; n < size; n++) out[row * size + n] = (values[n]! - middle) * inverse[row]!;
    }
    return [out, inverse];
  },
  emit: (to, { shape, attributes: { epsilon } }, [x]) => {
    const scale = to.floats(new Float32Array(shape.at(-1)!).fill(1), [shape.at(-1)!]);
    const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } };
    const [out, , inverse] = to.node('LayerNormalization', [x!, scale], attributes, { outputs: 3 });
    return [out!, inverse!];
  },
  gradient: (of, [g, byInverse]) => {
    const inverse = output(of, 1);
    const along = g && multiply(of, mean(multiply(g, of), [-1], true));
    const direct = g && multiply(inverse, subtract(subtract(g, mean(g, [-1], true)), along!));
    if (!byInverse) return [direct];
    // Of the second output: -y / size, times its square.
    const share = multiply(scalar(-1 / of.shape.at(-1)!), multiply(square(inverse), byInverse));
    const turned = multiply(of, share);
    return [direct ? add(direct, turned) : turned];
  },
};
/** Each vector of the last axis less its mean, over its standard deviation. */
export function standardise(x: Tensor, epsilon = 1e-5): Tensor {
  const rows = { shape: [...x.shape.slice(0, -1), 1], type: 'float' } as const;
  return make(standardOf, [x], { shape: x.shape, type: 'float' }, { epsilon }, [rows]);
}
