/** Convolution in one dimension; with one row it is what text and sequence models use. */
import { numbers } from '../indexing.ts';
import { make, type Operation, refuse, shapeText, sizeOf, type Tensor } from '../tensor.ts';
import { transpose } from './shaping.ts';

interface Padding {
  readonly before: number;
  readonly after: number;
  readonly dilation: number;
}

const convolveOf: Operation<Padding> = {
  name: 'convolve',
  evaluate: ({ inputs, attributes: { before, dilation }, shape }, [x, w]) => {
    const [batch, outer, length] = shape as [number, number, number];
    const [, inner, size] = inputs[1]!.shape as [number, number, number];
    const given = inputs[0]!.shape[2]!;
    const out = numbers(sizeOf(shape));
    for (let b = 0; b < batch; b++)
      for (let o = 0; o < outer; o++)
        for (let t = 0; t < length; t++) {
          let total = 0;
          for (let c = 0; c < inner; c++)
            for (let k = 0; k < size; k++) {
              const at = t + k * dilation - before;
              if (at >= 0 && at < given) total += x![(b * inner + c) * given + at]! * w![(o * inner + c) * size + k]!;
            }
          out[(b * outer + o) * length + t] = total;
        }
    return [out];
  },
  emit: (to, { attributes: { before, after, dilation } }, inputs) =>
    to.node('Conv', inputs, { pads: { ints: [before, after] }, dilations: { ints: [dilation] } }),
  gradient: ({ inputs: [x, w], attributes: { before, after, dilation } }, [g]) => {
    if (!g) return [];
    const reach = (w!.shape[2]! - 1) * dilation;
    // By the input: the same filter turned round; by the filter: input and gradient with batch and channels changed over.
    const turned = reversed(transpose(w!, [1, 0, 2]));
    const byInput = convolve(g, turned, { before: reach - before, after: reach - after, dilation });
    const channels = [1, 0, 2];
    const byFilter = correlated(transpose(x!, channels), transpose(g, channels), { before, after, dilation });
    return [byInput, transpose(byFilter, channels)];
  },
};

/**
 * @param x - `[batch, channels, length]`
 * @param filter - `[outputs, channels, size]`
 * @returns `[batch, outputs, length + before + after - (size - 1) · dilation]`
 */
export function convolve(x: Tensor, filter: Tensor, padding: Partial<Padding> = {}): Tensor {
  const { before = 0, after = 0, dilation = 1 } = padding;
  const [batch, channels, length] = x.shape as [number, number, number];
  const [outputs, inner, size] = filter.shape as [number, number, number];
  const left = length + before + after - (size - 1) * dilation;
  if (x.shape.length !== 3 || filter.shape.length !== 3 || channels !== inner || !(left > 0))
    refuse(
      'convolve',
      '[batch, channels, length] and [outputs, channels, size]',
      `${shapeText(x.shape)} and ${shapeText(filter.shape)}`,
    );
  const reach = (size - 1) * dilation;
  if (Math.min(before, after) < 0 || Math.max(before, after) > reach)
    refuse('convolve', `padding from 0 to ${reach}`, `${before} and ${after}`);
  return make(convolveOf, [x, filter], { shape: [batch, outputs, left], type: 'float' }, { before, after, dilation });
}

const reversedOf: Operation = {
  name: 'reversed',
  evaluate: ({ shape }, [x]) => {
    const size = shape.at(-1)!;
    return [x!.map((_, n) => x![n - (n % size) + size - 1 - (n % size)]!)];
  },
  emit: (to, { shape }, [x]) => {
    const [start, end, axis, step] = [[-1], [-(shape.at(-1)! + 1)], [shape.length - 1], [-1]].map((one) =>
      to.ints(one),
    );
    return to.node('Slice', [x!, start!, end!, axis!, step!]);
  },
  gradient: (_, [g]) => [g && reversed(g)],
};
/** The last axis from its end. */
export const reversed = (x: Tensor): Tensor => make(reversedOf, [x], { shape: x.shape, type: x.type }, undefined);

/** Steps of the filter's gradient are its dilation: a strided convolution. */
const correlatedOf: Operation<Padding> = {
  name: 'correlated',
  evaluate: ({ inputs, attributes: { before, dilation }, shape }, [x, g]) => {
    const [outer, outputs, size] = shape as [number, number, number];
    const [, batch, given] = inputs[0]!.shape as [number, number, number];
    const length = inputs[1]!.shape[2]!;
    const out = numbers(sizeOf(shape));
    for (let c = 0; c < outer; c++)
      for (let o = 0; o < outputs; o++)
        for (let k = 0; k < size; k++) {
          let total = 0;
          for (let b = 0; b < batch; b++)
            for (let t = 0; t < length; t++) {
              const at = t + k * dilation - before;
              if (at >= 0 && at < given) total += x![(c * batch + b) * given + at]! * g![(o * batch + b) * length + t]!;
            }
          out[(c * outputs + o) * size + k] = total;
        }
    return [out];
  },
  emit: (to, { attributes: { before, after, dilation } }, inputs) =>
    to.node('Conv', inputs, { pads: { ints: [before, after] }, strides: { ints: [dilation] } }),
};
function correlated(x: Tensor, g: Tensor, { before, after, dilation }: Padding): Tensor {
  const size = Math.floor((x.shape[2]! + before + after - g.shape[2]!) / dilation) + 1;
  const shape = [x.shape[0]!, g.shape[0]!, size];
  return make(correlatedOf, [x, g], { shape, type: 'float' }, { before, after, dilation });
}
