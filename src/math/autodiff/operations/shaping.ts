/** Operations that only move elements. */
import { axisOf, eachPlace, numbers, stridesOf } from '../indexing.ts';
import {
  filled,
  isSameShape,
  make,
  type Operation,
  output,
  refuse,
  shapeText,
  sizeOf,
  type Tensor,
} from '../tensor.ts';

const reshapeOf: Operation = {
  name: 'reshape',
  evaluate: (_, [x]) => [x!],
  emit: (to, { shape }, [x]) => to.node('Reshape', [x!, to.ints(shape)]),
  gradient: ({ inputs: [x] }, [g]) => [g && reshape(g, x!.shape)],
};
/** @param shape - one size may be -1: what is left */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const whole = shape.map((size) => (size === -1 ? sizeOf(x.shape) / known : size));
  if (sizeOf(whole) !== sizeOf(x.shape)) refuse('reshape', `${sizeOf(x.shape)} elements`, shapeText(shape));
  return isSameShape(whole, x.shape) ? x : make(reshapeOf, [x], { shape: whole, type: x.type }, undefined);
}

const transposeOf: Operation<{ readonly order: readonly number[] }> = {
  name: 'transpose',
  evaluate: ({ inputs: [x], attributes: { order }, shape }, [values]) => {
    const strides = stridesOf(x!.shape);
    const out = numbers(sizeOf(shape));
    eachPlace(
      shape,
      order.map((axis) => strides[axis]!),
      (element, place) => {
        out[element] = values![place]!;
      },
    );
    return [out];
  },
  emit: (to, { attributes: { order } }, inputs) => to.node('Transpose', inputs, { perm: { ints: order } }),
  gradient: ({ attributes: { order } }, [g]) => [
    g &&
      transpose(
        g,
        order.map((_, n) => order.indexOf(n)),
      ),
  ],
};
/** @param order - of the old axes; by default the last two change places */
export function transpose(x: Tensor, order?: readonly number[]): Tensor {
  const axes = x.shape.map((_, n) => n);
  const wanted = order ?? [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
  if (
    !isSameShape(
      [...wanted].sort((a, b) => a - b),
      axes,
    )
  )
    refuse('transpose', `an order of ${axes}`, `${wanted}`);
  const shape = wanted.map((axis) => x.shape[axis]!);
  return make(transposeOf, [x], { shape, type: x.type }, { order: wanted });
}

interface Span {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
}

/** Copies a span along an axis between an array and a part of it. */
function eachOfSpan(
  whole: readonly number[],
  { axis, from, to }: Span,
  tell: (inPart: number, inWhole: number) => void,
): void {
  const part = whole.map((size, n) => (n === axis ? to - from : size));
  const strides = stridesOf(whole);
  eachPlace(part, strides, (inPart, place) => tell(inPart, place + from * strides[axis]!));
}

const sliceOf: Operation<Span> = {
  name: 'slice',
  evaluate: ({ inputs: [x], attributes, shape }, [values]) => {
    const out = numbers(sizeOf(shape));
    eachOfSpan(x!.shape, attributes, (inPart, inWhole) => {
      out[inPart] = values![inWhole]!;
    });
    return [out];
  },
  emit: (to, { attributes: { axis, from, to: end } }, [x]) =>
    to.node('Slice', [x!, to.ints([from]), to.ints([end]), to.ints([axis])]),
  gradient: ({ inputs: [x], attributes: { axis, from, to } }, [g]) => [g && pad(g, axis, from, x!.shape[axis]! - to)],
};
/** Elements `from` to `to` (exclusive) along an axis. */
export function slice(x: Tensor, axis: number, from: number, to: number): Tensor {
  const at = axisOf('slice', axis, x.shape.length);
  const size = x.shape[at]!;
  if (!(from >= 0 && from < to && to <= size)) refuse('slice', `a span within ${size}`, `${from} to ${to}`);
  if (from === 0 && to === size) return x;
  const shape = x.shape.map((whole, n) => (n === at ? to - from : whole));
  return make(sliceOf, [x], { shape, type: x.type }, { axis: at, from, to });
}

const padOf: Operation<Span> = {
  name: 'pad',
  evaluate: ({ attributes, shape }, [values]) => {
    const out = numbers(sizeOf(shape));
    eachOfSpan(shape, attributes, (inPart, inWhole) => {
      out[inWhole] = values![inPart]!;
    });
    return [out];
  },
  emit: (to, { attributes: { axis, from, to: end }, shape }, [x]) => {
    const before = shape.map((_, n) => (n === axis ? from : 0));
    const after = shape.map((size, n) => (n === axis ? size - end : 0));
    return to.node('Pad', [x!, to.ints([...before, ...after])]);
  },
  gradient: ({ attributes: { axis, from, to } }, [g]) => [g && slice(g, axis, from, to)],
};
/** With so many zeros before and after along an axis. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const at = axisOf('pad', axis, x.shape.length);
  if (before === 0 && after === 0) return x;
  const size = x.shape[at]!;
  const shape = x.shape.map((whole, n) => (n === at ? before + size + after : whole));
  return make(padOf, [x], { shape, type: x.type }, { axis: at, from: before, to: before + size });
}

const concatOf: Operation<{ readonly axis: number; readonly starts: readonly number[] }> = {
  name: 'concat',
  evaluate: ({ inputs, attributes: { axis, starts }, shape }, values) => {
    const out = numbers(sizeOf(shape));
    for (const [n, from] of starts.entries())
      eachOfSpan(shape, { axis, from, to: from + inputs[n]!.shape[axis]! }, (inPart, inWhole) => {
        out[inWhole] = values[n]![inPart]!;
      });
    return [out];
  },
  emit: (to, { attributes: { axis } }, inputs) => to.node('Concat', inputs, { axis: { int: axis } }),
  gradient: ({ inputs, attributes: { axis, starts } }, [g]) =>
    g ? inputs.map(({ shape }, n) => slice(g, axis, starts[n]!, starts[n]! + shape[axis]!)) : [],
};
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const [first] = parts;
  if (!first) refuse('concat', 'a tensor', 'none');
  const at = axisOf('concat', axis, first.shape.length);
  for (const { shape } of parts)
    if (!isSameShape(shape.with(at, 1), first.shape.with(at, 1)))
      refuse('concat', `shapes like ${shapeText(first.shape)}`, shapeText(shape));
  if (parts.length === 1) return first;
  let total = 0;
  const starts = parts.map(({ shape }) => {
    total += shape[at]!;
    return total - shape[at]!;
  });
  return make(concatOf, parts, { shape: first.shape.with(at, total), type: first.type }, { axis: at, starts });
}

const splitOf: Operation<{ readonly axis: number }> = {
  name: 'split',
  evaluate: ({ inputs: [x], attributes: { axis }, shape, others }, [values]) =>
    Array.from({ length: others.length + 1 }, (_, n) => {
      const out = numbers(sizeOf(shape));
      const size = shape[axis]!;
      eachOfSpan(x!.shape, { axis, from: n * size, to: (n + 1) * size }, (inPart, inWhole) => {
        out[inPart] = values![inWhole]!;
      });
      return out;
    }),
  emit: (to, { attributes: { axis }, others }, inputs) => {
    const count = others.length + 1;
    return to.node('Split', inputs, { axis: { int: axis }, num_outputs: { int: count } }, { outputs: count });
  },
  gradient: ({ attributes: { axis }, shape, others }, upstream) => {
    const parts = Array.from({ length: others.length + 1 }, (_, n) => upstream[n] ?? filled(0, shape));
    return [concat(parts, axis)];
  },
};
/** So many parts of one size along an axis. */
export function split(x: Tensor, axis: number, count: number): Tensor[] {
  const at = axisOf('split', axis, x.shape.length);
  const size = x.shape[at]! / count;
  if (count === 1) return [x];
  const form = { shape: x.shape.with(at, size), type: x.type };
  const first = make(splitOf, [x], form, { axis: at }, new Array(count - 1).fill(form));
  return [first, ...Array.from({ length: count - 1 }, (_, n) => output(first, n + 1))];
}

/** Tensors of one shape along a new axis. */
export function stack(parts: readonly Tensor[], axis: number): Tensor {
  return concat(
    parts.map((part) => reshape(part, part.shape.toSpliced(axis, 0, 1))),
    axis,
  );
}
