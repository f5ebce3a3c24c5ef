/** Softmax and standardisation along the last axis, with gradients in closed form. */
import { eachLine, numbers } from '../indexing.ts';
import {
  isSameShape,
  make,
  type Operation,
  output,
  refuse,
  scalar,
  shapeText,
  sizeOf,
  type Tensor,
} from '../tensor.ts';
import { add, exp, multiply, square, subtract } from './elementwise.ts';
import { mean } from './reductions.ts';
import { reshape } from './shaping.ts';
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

const softmaxLossOf: Operation = {
  name: 'softmax-loss',
  evaluate: ({ inputs: [logits] }, [x, targets]) => {
    const [count, classes] = logits!.shape as [number, number];
    const probabilities = byLine(logits!, x!, (value, logSum) => Math.exp(value - logSum));
    const losses = numbers(count);
    for (let row = 0; row < count; row++)
      losses[row] = logSumExp(x!, row * classes, 1, classes) - x![row * classes + targets![row]!]!;
    return [losses, probabilities];
  },
  emit: (to, { inputs: [logits] }, [x, targets]) => {
    const [count] = logits!.shape as [number, number];
    const probabilities = to.node('Softmax', [x!], { axis: { int: 1 } })[0]!;
    const at = to.node('Reshape', [targets!, to.ints([count, 1])])[0]!;
    const picked = to.node('GatherElements', [probabilities, at], { axis: { int: 1 } })[0]!;
    const flat = to.node('Reshape', [picked, to.ints([count])])[0]!;
    // Below this a float32 has no logarithm; the gradient is right all the same.
    const bounded = to.node('Max', [flat, to.floats([1e-37])])[0]!;
    return [to.node('Neg', to.node('Log', [bounded]))[0]!, probabilities];
  },
  gradient: (of, [g, byProbabilities]) => {
    const probabilities = output(of, 1);
    const [logits, targets] = of.inputs as [Tensor, Tensor];
    const minus = g && lessOne(probabilities, targets);
    const direct = minus && multiply(minus, reshape(g, [logits.shape[0]!, 1]));
    if (!byProbabilities) return [direct];
    const weighted = multiply(byProbabilities, probabilities);
    const turned = subtract(weighted, multiply(probabilities, sum(weighted, [-1], true)));
    return [direct ? add(direct, turned) : turned];
  },
};
/**
 * Minus the log-probability of one class in each row: a softmax and its gradient in as few passes over `[rows, classes]` as it
 * takes, where classes are thousands of products.
 *
 * @param logits - `[rows, classes]`
 * @param targets - int64 `[rows]`
 * @returns `[rows]`
 */
export function softmaxLoss(logits: Tensor, targets: Tensor): Tensor {
  const [count] = logits.shape;
  if (logits.shape.length !== 2 || targets.type !== 'int64' || !isSameShape(targets.shape, [count!]))
    refuse(
      'softmax-loss',
      '[rows, classes] and int64 [rows]',
      `${shapeText(logits.shape)} and ${shapeText(targets.shape)}`,
    );
  const probabilities = { shape: logits.shape, type: 'float' } as const;
  return make(softmaxLossOf, [logits, targets], { shape: [count!], type: 'float' }, undefined, [probabilities]);
}

const lessOneOf: Operation = {
  name: 'less-one',
  evaluate: ({ shape }, [x, targets]) => {
    const out = x!.slice();
    for (const [row, target] of targets!.entries()) out[row * shape[1]! + target]! -= 1;
    return [out];
  },
  emit: (to, { shape }, [x, targets]) => {
    const column = to.ints([shape[0]!, 1]);
    const at = to.node('Reshape', [targets!, column])[0]!;
    const updates = to.node('Expand', [to.floats([-1]), column])[0]!;
    return to.node('ScatterElements', [x!, at, updates], { axis: { int: 1 }, reduction: { text: 'add' } });
  },
  gradient: (_, [g]) => [g],
};
/** Each row less one at its target. */
const lessOne = (x: Tensor, targets: Tensor): Tensor =>
  make(lessOneOf, [x, targets], { shape: x.shape, type: 'float' }, undefined);

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
