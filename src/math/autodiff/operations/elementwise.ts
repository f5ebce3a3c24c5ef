/** Operations on each element by itself; those of two tensors broadcast by the rules of NumPy. */
import { erf } from '../../erf.ts';
import { broadcastPlaces, broadcastShape } from '../indexing.ts';
import { isSameShape, make, type Operation, scalar, sizeOf, type Tensor, type TensorType } from '../tensor.ts';
import { sumTo } from './summing.ts';

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

/** @param slope - gradient by what comes back, from the input, the value and the gradient of the value */
function unary(
  name: string,
  onnx: string,
  value: (x: number) => number,
  slope: (x: Tensor, y: Tensor, g: Tensor) => Tensor,
): Unary {
  const operation: Operation = {
    name,
    evaluate: (_, [x]) => [x!.map(value)],
    emit: (to, _, inputs) => to.node(onnx, inputs),
    gradient: (of, [g]) => [g && slope(of.inputs[0]!, of, g)],
  };
  return (x) => make(operation, [x], { shape: x.shape, type: 'float' }, undefined);
}

function binary(
  name: string,
  onnx: string,
  value: (a: number, b: number) => number,
  slopes: (a: Tensor, b: Tensor, g: Tensor, y: Tensor) => readonly [Tensor | undefined, Tensor | undefined],
): Binary {
  const operation: Operation = {
    name,
    evaluate: (of, inputs) => [pairwise(of, inputs, value)],
    emit: (to, _, inputs) => to.node(onnx, inputs),
    gradient: (of, [g]) => {
      if (!g) return [];
      const [a, b] = of.inputs as [Tensor, Tensor];
      return slopes(a, b, g, of).map((slope, n) => slope && sumTo(slope, of.inputs[n]!.shape));
    },
  };
  return (a, b) =>
    make(operation, [a, b], { shape: broadcastShape(name, [a.shape, b.shape]), type: 'float' }, undefined);
}

function pairwise(of: Tensor, [a, b]: readonly Float64Array[], value: (a: number, b: number) => number): Float64Array {
  const out = new Float64Array(sizeOf(of.shape));
  // Whatever repeats as a whole, as a bias does, needs no table of places.
  const [everyA, everyB] = of.inputs.map((one) => repeats(one.shape, of.shape)) as [boolean, boolean];
  if (everyA && everyB) {
    const [sizeA, sizeB] = [a!.length, b!.length];
    for (let n = 0, atA = 0, atB = 0; n < out.length; n++) {
      out[n] = value(a![atA]!, b![atB]!);
      if (++atA === sizeA) atA = 0;
      if (++atB === sizeB) atB = 0;
    }
    return out;
  }
  const [placesA, placesB] = of.inputs.map((one) => broadcastPlaces(one.shape, of.shape)) as [Int32Array, Int32Array];
  for (let n = 0; n < out.length; n++) out[n] = value(a![placesA[n]!]!, b![placesB[n]!]!);
  return out;
}

/** True where broadcasting only repeats the whole array. */
function repeats(from: readonly number[], to: readonly number[]): boolean {
  const begun = from.findIndex((size) => size > 1);
  const own = begun === -1 ? [] : from.slice(begun);
  return isSameShape(own, to.slice(to.length - own.length));
}

export const add: Binary = binary(
  'add',
  'Add',
  (a, b) => a + b,
  (_a, _b, g) => [g, g],
);
export const subtract: Binary = binary(
  'subtract',
  'Sub',
  (a, b) => a - b,
  (_a, _b, g) => [g, negate(g)],
);
export const multiply: Binary = binary(
  'multiply',
  'Mul',
  (a, b) => a * b,
  (a, b, g) => [multiply(g, b), multiply(g, a)],
);
export const divide: Binary = binary(
  'divide',
  'Div',
  (a, b) => a / b,
  (_a, b, g, y) => [divide(g, b), negate(divide(multiply(g, y), b))],
);
/** The larger one; where both are equal the gradient goes to the first. */
export const maximum: Binary = binary('maximum', 'Max', Math.max, (a, b, g) => {
  const isFirst = cast(not(less(a, b)), 'float');
  return [multiply(g, isFirst), multiply(g, subtract(scalar(1), isFirst))];
});
export const minimum = (a: Tensor, b: Tensor): Tensor => negate(maximum(negate(a), negate(b)));

export const negate: Unary = unary(
  'negate',
  'Neg',
  (x) => -x,
  (_x, _y, g) => negate(g),
);
export const exp: Unary = unary('exp', 'Exp', Math.exp, (_x, y, g) => multiply(g, y));
export const log: Unary = unary('log', 'Log', Math.log, (x, _y, g) => divide(g, x));
export const sqrt: Unary = unary('sqrt', 'Sqrt', Math.sqrt, (_x, y, g) => divide(g, multiply(scalar(2), y)));
export const abs: Unary = unary('abs', 'Abs', Math.abs, (x, _y, g) => multiply(g, sign(x)));
export const sign: Unary = unary('sign', 'Sign', Math.sign, (x) => multiply(scalar(0), x));
export const sin: Unary = unary('sin', 'Sin', Math.sin, (x, _y, g) => multiply(g, cos(x)));
export const cos: Unary = unary('cos', 'Cos', Math.cos, (x, _y, g) => negate(multiply(g, sin(x))));
export const tanh: Unary = unary('tanh', 'Tanh', Math.tanh, (_x, y, g) =>
  multiply(g, subtract(scalar(1), multiply(y, y))),
);
const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
export const sigmoid: Unary = unary('sigmoid', 'Sigmoid', logistic, (_x, y, g) =>
  multiply(g, multiply(y, subtract(scalar(1), y))),
);
/** `log(1 + exp(x))`, without overflow. */
export const softplus: Unary = unary(
  'softplus',
  'Softplus',
  (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  (x, _y, g) => multiply(g, sigmoid(x)),
);
/** `log(sigmoid(x))`, without overflow. */
export const logSigmoid = (x: Tensor): Tensor => negate(softplus(negate(x)));
export const relu: Unary = unary(
  'relu',
  'Relu',
  (x) => Math.max(0, x),
  (x, _y, g) => multiply(g, cast(less(scalar(0), x), 'float')),
);
const erfOf: Unary = unary('erf', 'Erf', erf, (x, _y, g) =>
  multiply(g, multiply(scalar(2 / Math.sqrt(Math.PI)), exp(negate(multiply(x, x))))),
);

export { erfOf as erf };

/**
 * `x Φ(x)` with the exact normal distribution.
 *
 * @source Hendrycks & Gimpel, Gaussian error linear units, 2016
 */
export const gelu: Unary = unary(
  'gelu',
  'Gelu',
  (x) => (x * (1 + erf(x / Math.SQRT2))) / 2,
  (x, _y, g) => {
    const cumulated = multiply(scalar(0.5), add(scalar(1), erfOf(multiply(x, scalar(Math.SQRT1_2)))));
    const density = multiply(scalar(1 / Math.sqrt(2 * Math.PI)), exp(multiply(scalar(-0.5), multiply(x, x))));
    return multiply(g, add(cumulated, multiply(x, density)));
  },
);

export const square = (x: Tensor): Tensor => multiply(x, x);

function comparison(name: string, onnx: string, holds: (a: number, b: number) => boolean): Binary {
  const operation: Operation = {
    name,
    evaluate: (of, inputs) => [pairwise(of, inputs, (a, b) => Number(holds(a, b)))],
    emit: (to, _, inputs) => to.node(onnx, inputs),
  };
  return (a, b) =>
    make(operation, [a, b], { shape: broadcastShape(name, [a.shape, b.shape]), type: 'bool' }, undefined);
}

export const equal: Binary = comparison('equal', 'Equal', (a, b) => a === b);
export const less: Binary = comparison('less', 'Less', (a, b) => a < b);
/** Of conditions. */
export const and: Binary = comparison('and', 'And', (a, b) => a === 1 && b === 1);

const notOf: Operation = {
  name: 'not',
  evaluate: (_, [x]) => [x!.map((value) => 1 - value)],
  emit: (to, _, inputs) => to.node('Not', inputs),
};
export const not = (x: Tensor): Tensor => make(notOf, [x], { shape: x.shape, type: 'bool' }, undefined);

const castOf: Operation = {
  name: 'cast',
  evaluate: ({ type }, [x]) => [
    type === 'float' ? x! : x!.map((value) => (type === 'bool' ? Number(value !== 0) : Math.trunc(value))),
  ],
  emit: (to, { type }, inputs) => to.node('Cast', inputs, { to: { int: onnxTypes[type] } }),
};
const onnxTypes: Readonly<Record<TensorType, number>> = { float: 1, uint8: 2, int64: 7, bool: 9 };
/** Without a gradient. */
export const cast = (x: Tensor, type: TensorType): Tensor =>
  x.type === type ? x : make(castOf, [x], { shape: x.shape, type }, undefined);

const whereOf: Operation = {
  name: 'where',
  evaluate: (of, values) => {
    const at = of.inputs.map((one) => broadcastPlaces(one.shape, of.shape));
    const [condition, a, b] = values;
    return [
      Float64Array.from({ length: sizeOf(of.shape) }, (_, n) =>
        condition![at[0]![n]!] === 1 ? a![at[1]![n]!]! : b![at[2]![n]!]!,
      ),
    ];
  },
  emit: (to, _, inputs) => to.node('Where', inputs),
  gradient: ({ inputs: [condition, a, b] }, [g]) => {
    if (!g) return [];
    const none = scalar(0);
    return [undefined, sumTo(where(condition!, g, none), a!.shape), sumTo(where(condition!, none, g), b!.shape)];
  },
};
/** @param condition - bool */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShape('where', [condition.shape, a.shape, b.shape]);
  return make(whereOf, [condition, a, b], { shape, type: a.type }, undefined);
}

const stopped: Operation = {
  name: 'stop',
  evaluate: (_, [x]) => [x!],
  emit: (to, _, inputs) => to.node('Identity', inputs),
};
/** The same value, through which no gradient flows. */
export const stop = (x: Tensor): Tensor => make(stopped, [x], { shape: x.shape, type: x.type }, undefined);

/** The values at random places made zero, and the others larger, so that the mean stays. */
export function dropout(x: Tensor, mask: Tensor | undefined, rate: number): Tensor {
  if (!mask || rate === 0) return x;
  if (!isSameShape(mask.shape, x.shape)) broadcastShape('dropout', [x.shape, mask.shape]);
  return multiply(x, multiply(cast(mask, 'float'), scalar(1 / (1 - rate))));
}
