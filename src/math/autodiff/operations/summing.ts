/** Sums along axes and the broadcasting that they undo: each is the gradient of the other. */
import { axisOf, broadcastPlaces, broadcastShape, eachPlace, numbers, stridesOf } from '../indexing.ts';
import { isSameShape, make, type Operation, sizeOf, type Tensor } from '../tensor.ts';
import { reshape } from './shaping.ts';

export interface Axes {
  readonly axes: readonly number[];
}

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
  emit: (to, { attributes: { axes } }, inputs) =>
    to.node('ReduceSum', [...inputs, to.ints(axes)], { keepdims: { int: 1 } }),
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
