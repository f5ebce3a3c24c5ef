/** Sums along axes and the broadcasting that they undo: each is the gradient of the other. */
import { axisOf, broadcastPlaces, broadcastShape, eachPlace, numbers, stridesOf } from '../indexing.ts';
import { isSameShape, make, type Operation, sizeOf, type Tensor } from '../tensor.ts';
import { reshape } from './shaping.ts';

export interface Axes {
  readonly axes: readonly number[];
}

/** Rows at most that are summed by a product with ones: a constant of so many numbers stands in the model. */
const mostOnes = 1 << 20;

/** Strides that put all elements along the axes in one place. */
export function foldedStrides(shape: readonly number[], axes: readonly number[]): number[] {
  const kept = shape.map((size, n) => (axes.includes(n) ? 1 : size));
  return stridesOf(kept).map((stride, n) => (axes.includes(n) ? 0 : stride));
}

const sumOf: Operation<Axes> = {
  name: 'sum',
  evaluate: ({ inputs: [x], attributes: { axes }, shape }, [values]) => {
    const out = numbers(sizeOf(shape));
    eachPlace(x!.shape, foldedStrides(x!.shape, axes), (element, place) => {
      out[place]! += values![element]!;
    });
    return [out];
  },
  emit: (to, { attributes: { axes }, inputs: [x], shape }, [given]) => {
    const count = sizeOf(x!.shape) / sizeOf(shape);
    const areFirst = axes.every((axis) => axis < axes.length);
    if (!areFirst || sizeOf(shape) === 1 || count > mostOnes)
      return to.node('ReduceSum', [given!, to.ints(axes)], { keepdims: { int: 1 } });
    // Sums over the first axes, as those of biases, are several times faster as a product with ones.
    const flat = to.node('Reshape', [given!, to.ints([count, sizeOf(shape)])])[0]!;
    const ones = to.floats(new Float32Array(count).fill(1), [1, count]);
    return to.node('Reshape', [to.node('Gemm', [ones, flat])[0]!, to.ints(shape)]);
  },
  gradient: ({ inputs: [x] }, [g]) => [g && broadcastTo(g, x!.shape)],
};

/** Folds axes, all by default; `keeps` leaves each as one element. */
export function along(
  operation: Operation<Axes>,
  x: Tensor,
  axes: readonly number[] | undefined,
  keeps: boolean,
): Tensor {
  const over = (axes ?? x.shape.map((_, n) => n)).map((axis) => axisOf(operation.name, axis, x.shape.length));
  const kept = x.shape.map((size, n) => (over.includes(n) ? 1 : size));
  const folded = over.length === 0 ? x : make(operation, [x], { shape: kept, type: 'float' }, { axes: over });
  return keeps
    ? folded
    : reshape(
        folded,
        x.shape.filter((_, n) => !over.includes(n)),
      );
}

/** Over all axes by default; `keeps` leaves each as one element. */
export const sum = (x: Tensor, axes?: readonly number[], keeps = false): Tensor => along(sumOf, x, axes, keeps);

/** What broadcasting spread, summed back to a shape. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  if (isSameShape(x.shape, shape)) return x;
  const more = x.shape.length - shape.length;
  const axes = x.shape.flatMap((size, n) => (n < more || (shape[n - more] === 1 && size > 1) ? [n] : []));
  return reshape(sum(x, axes, true), shape);
}

const broadcastOf: Operation = {
  name: 'broadcast',
  evaluate: ({ inputs: [x], shape }, [values]) => [
    Float64Array.from(broadcastPlaces(x!.shape, shape), (place) => values![place]!),
  ],
  emit: (to, { shape }, [x]) => to.node('Expand', [x!, to.ints(shape)]),
  gradient: ({ inputs: [x] }, [g]) => [g && sumTo(g, x!.shape)],
};
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  if (isSameShape(x.shape, shape)) return x;
  broadcastShape('broadcast', [x.shape, shape]);
  return make(broadcastOf, [x], { shape, type: x.type }, undefined);
}
