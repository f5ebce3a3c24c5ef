/** What is largest, and the mean, along axes. */
import { eachPlace, numbers } from '../indexing.ts';
import { type Operation, scalar, sizeOf, type Tensor } from '../tensor.ts';
import { cast, divide, equal, multiply } from './elementwise.ts';
import { type Axes, along, foldedStrides, sum } from './summing.ts';

const largestOf: Operation<Axes> = {
  name: 'largest',
  evaluate: ({ inputs: [x], attributes: { axes }, shape }, [values]) => {
    const out = numbers(sizeOf(shape)).fill(-Infinity);
    eachPlace(x!.shape, foldedStrides(x!.shape, axes), (element, place) => {
      out[place] = Math.max(out[place]!, values![element]!);
    });
    return [out];
  },
  emit: (to, { attributes: { axes } }, inputs) =>
    to.node('ReduceMax', [...inputs, to.ints(axes)], { keepdims: { int: 1 } }),
  gradient: (of, [g]) => {
    if (!g) return [];
    // Equal ones share it.
    const isLargest = cast(equal(of.inputs[0]!, of), 'float');
    return [multiply(isLargest, divide(g, sum(isLargest, of.attributes.axes, true)))];
  },
};

/** Over all axes by default; `keeps` leaves each as one element. */
export const largest = (x: Tensor, axes?: readonly number[], keeps = false): Tensor => along(largestOf, x, axes, keeps);

export function mean(x: Tensor, axes?: readonly number[], keeps = false): Tensor {
  const total = sum(x, axes, keeps);
  return multiply(total, scalar(sizeOf(total.shape) / sizeOf(x.shape)));
}
