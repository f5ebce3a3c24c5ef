/** Layers of neural models: each adds its parameters and returns what it does. Weights lie as PyTorch lays them. */

import { convolve } from '../autodiff/operations/convolution.ts';
import {
  add,
  divide,
  gelu,
  multiply,
  relu,
  sigmoid,
  sqrt,
  subtract,
  tanh,
} from '../autodiff/operations/elementwise.ts';
import { rows } from '../autodiff/operations/lookup.ts';
import { matmul } from '../autodiff/operations/matrix.ts';
import { softmax, standardise } from '../autodiff/operations/normalising.ts';
import { reshape, slice, split, stack, transpose } from '../autodiff/operations/shaping.ts';
import { sum } from '../autodiff/operations/summing.ts';
import { filled, type Named, scalar, type Tensor } from '../autodiff/tensor.ts';
import { glorot, type Initial, type Masks, noMasks, normal, ones, type Parameters, zeros } from './parameters.ts';

type Drop = Pick<Masks, 'drop'>;
export type Layer = (x: Tensor) => Tensor;

/** `x Wᵀ + b` of the last axis. */
export function linear(
  parameters: Parameters,
  name: string,
  {
    inputs,
    outputs,
    bias = true,
    initial = glorot,
  }: { inputs: number; outputs: number; bias?: boolean; initial?: Initial },
): Layer {
  const weight = parameters.add(`${name}.weight`, [outputs, inputs], initial);
  const shift = bias ? parameters.add(`${name}.bias`, [outputs], zeros) : undefined;
  return (x) => {
    const y = matmul(x, weight, { transposeB: true });
    return shift ? add(y, shift) : y;
  };
}

/** @source Ba, Kiros & Hinton, Layer normalization, 2016 */
export function layerNorm(parameters: Parameters, name: string, size: number, epsilon = 1e-5): Layer {
  const weight = parameters.add(`${name}.weight`, [size], ones);
  const bias = parameters.add(`${name}.bias`, [size], zeros);
  return (x) => add(multiply(standardise(x, epsilon), weight), bias);
}

export interface Embedding {
  /** `[count, size]`. */
  readonly table: Tensor<Named>;
  /** @param indices - int64 */
  readonly of: (indices: Tensor) => Tensor;
}

export function embedding(
  parameters: Parameters,
  name: string,
  { count, size, initial = normal(0.02) }: { count: number; size: number; initial?: Initial },
): Embedding {
  const table = parameters.add(`${name}.weight`, [count, size], initial);
  return { table, of: (indices) => rows(table, indices) };
}

/** Added to scores of attention where one may not look. */
export const unseen = -1e9;

/** `[length, length]`: each position sees itself and those before. */
export function causalMask(length: number): Float32Array {
  return Float32Array.from({ length: length * length }, (_, n) => (n % length > Math.floor(n / length) ? unseen : 0));
}

/**
 * @param mask - added to the scores; broadcasts to `[batch, heads, length, length]`
 * @returns of `[batch, length, size]` the same shape
 * @source Vaswani et al., Attention is all you need, NeurIPS 2017
 */
export function selfAttention(
  parameters: Parameters,
  name: string,
  { size, heads, dropout = 0 }: { size: number; heads: number; dropout?: number },
): (x: Tensor, mask?: Tensor, masks?: Drop) => Tensor {
  // Queries, keys and values in one product.
  const into = linear(parameters, `${name}.in_proj`, { inputs: size, outputs: 3 * size });
  const out = linear(parameters, `${name}.out_proj`, { inputs: size, outputs: size });
  const width = size / heads;
  return (x, mask, masks = noMasks) => {
    const [batch, length] = x.shape as [number, number, number];
    const parts = transpose(reshape(into(x), [batch, length, 3, heads, width]), [2, 0, 3, 1, 4]);
    const [queries, keys, values] = split(parts, 0, 3).map((part) => reshape(part, [batch, heads, length, width])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const scores = matmul(queries, keys, { transposeB: true, scale: 1 / Math.sqrt(width) });
    const weights = masks.drop(softmax(mask ? add(scores, mask) : scores), dropout);
    return out(reshape(transpose(matmul(weights, values), [0, 2, 1, 3]), [batch, length, size]));
  };
}

export interface BlockOptions {
  readonly size: number;
  readonly heads: number;
  /** Units between the two layers of the feed-forward part. */
  readonly inner: number;
  readonly dropout?: number;
  readonly activation?: 'relu' | 'gelu';
  /** True normalises what goes into each part, false what comes out of it. @default true */
  readonly isNormedFirst?: boolean;
}

/** Attention and a feed-forward part, each added to what it was given. */
export function transformerBlock(
  parameters: Parameters,
  name: string,
  { size, heads, inner, dropout = 0, activation = 'gelu', isNormedFirst = true }: BlockOptions,
): (x: Tensor, mask?: Tensor, masks?: Drop) => Tensor {
  const attend = selfAttention(parameters, `${name}.self_attn`, { size, heads, dropout });
  const widen = linear(parameters, `${name}.linear1`, { inputs: size, outputs: inner });
  const narrow = linear(parameters, `${name}.linear2`, { inputs: inner, outputs: size });
  const [norm1, norm2] = [1, 2].map((n) => layerNorm(parameters, `${name}.norm${n}`, size)) as [Layer, Layer];
  const activate = activation === 'relu' ? relu : gelu;
  return (x, mask, masks = noMasks) => {
    const feed = (y: Tensor): Tensor => masks.drop(narrow(masks.drop(activate(widen(y)), dropout)), dropout);
    const look = (y: Tensor): Tensor => masks.drop(attend(y, mask, masks), dropout);
    if (isNormedFirst) {
      const seen = add(x, look(norm1(x)));
      return add(seen, feed(norm2(seen)));
    }
    const seen = norm1(add(x, look(x)));
    return norm2(add(seen, feed(seen)));
  };
}

/**
 * A gated recurrent unit over the positions of `[batch, length, inputs]`, unrolled.
 *
 * @param valid - floats `[batch, length]`: where it is 0 the state stays
 * @param begins - floats `[batch, length]`: where it is 1 another sequence begins, and the state before is forgotten
 * @returns states after each position, `[batch, length, size]`
 * @source Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014
 */
export function gru(
  parameters: Parameters,
  name: string,
  { inputs, size }: { inputs: number; size: number },
): (x: Tensor, marks?: { readonly valid?: Tensor; readonly begins?: Tensor }) => Tensor {
  const fromInput = linear(parameters, `${name}.ih`, { inputs, outputs: 3 * size });
  const fromState = linear(parameters, `${name}.hh`, { inputs: size, outputs: 3 * size });
  return (x, { valid, begins } = {}) => {
    const [batch, length] = x.shape as [number, number, number];
    const given = split(fromInput(x), 1, length);
    const goesOn = begins && subtract(scalar(1), begins);
    let state = filled(0, [batch, size]);
    const states: Tensor[] = [];
    for (let t = 0; t < length; t++) {
      if (goesOn) state = multiply(slice(goesOn, 1, t, t + 1), state);
      const now = reshape(given[t]!, [batch, 3 * size]);
      const before = fromState(state);
      const [resetNow, updateNow, candidateNow] = split(now, 1, 3) as [Tensor, Tensor, Tensor];
      const [resetBefore, updateBefore, candidateBefore] = split(before, 1, 3) as [Tensor, Tensor, Tensor];
      const reset = sigmoid(add(resetNow, resetBefore));
      const update = sigmoid(add(updateNow, updateBefore));
      const candidate = tanh(add(candidateNow, multiply(reset, candidateBefore)));
      // What it becomes is the candidate, moved towards the state before by the update gate.
      const moved = add(candidate, multiply(update, subtract(state, candidate)));
      state = valid ? add(state, multiply(slice(valid, 1, t, t + 1), subtract(moved, state))) : moved;
      states.push(state);
    }
    return stack(states, 1);
  };
}

/** Of `[batch, length, inputs]`: each position sees itself and `width - 1` before it, `dilation` apart. */
export function causalConvolution(
  parameters: Parameters,
  name: string,
  { inputs, outputs, width, dilation = 1 }: { inputs: number; outputs: number; width: number; dilation?: number },
): Layer {
  const weight = parameters.add(`${name}.weight`, [outputs, inputs, width], glorot);
  const bias = parameters.add(`${name}.bias`, [outputs], zeros);
  return (x) => {
    const y = convolve(transpose(x, [0, 2, 1]), weight, { before: (width - 1) * dilation, dilation });
    return add(transpose(y, [0, 2, 1]), bias);
  };
}

/**
 * The history as one vector: a sum of its positions, weighted by a softmax over a score that a small network gives each.
 *
 * @param mask - added to the scores, `[batch, length]`
 * @returns of `[batch, length, size]` one vector for each, `[batch, size]`
 * @source Zhou et al., Deep interest network for click-through rate prediction, KDD 2018 (scored history); Yang et al.,
 *   Hierarchical attention networks, NAACL 2016 (softmax over it)
 */
export function attentionPooling(
  parameters: Parameters,
  name: string,
  { size, hidden = size }: { size: number; hidden?: number },
): (x: Tensor, mask?: Tensor) => Tensor {
  const inner = linear(parameters, `${name}.inner`, { inputs: size, outputs: hidden });
  const score = linear(parameters, `${name}.score`, { inputs: hidden, outputs: 1, bias: false });
  return (x, mask) => {
    const [batch, length] = x.shape as [number, number, number];
    const scores = reshape(score(tanh(inner(x))), [batch, length]);
    const weights = softmax(mask ? add(scores, mask) : scores);
    return sum(multiply(x, reshape(weights, [batch, length, 1])), [1]);
  };
}

/** Layers one after another, each but the last followed by an activation. @param sizes - from the inputs on */
export function multilayer(
  parameters: Parameters,
  name: string,
  sizes: readonly number[],
  { activation = relu, dropout = 0 }: { activation?: Layer; dropout?: number } = {},
): (x: Tensor, masks?: Drop) => Tensor {
  const layers = sizes.slice(1).map((outputs, n) => linear(parameters, `${name}.${n}`, { inputs: sizes[n]!, outputs }));
  return (x, masks = noMasks) =>
    layers.reduce((y, layer, n) => (n < layers.length - 1 ? masks.drop(activation(layer(y)), dropout) : layer(y)), x);
}

/**
 * Experts that several tasks share, mixed for each task by a gate of its own.
 *
 * @returns for each task, `[batch, size]`
 * @source Ma et al., Modeling task relationships in multi-task learning with multi-gate mixture-of-experts, KDD 2018
 */
export function sharedExperts(
  parameters: Parameters,
  name: string,
  { inputs, size, experts, tasks }: { inputs: number; size: number; experts: number; tasks: number },
): (x: Tensor) => Tensor[] {
  const made = Array.from({ length: experts }, (_, n) =>
    linear(parameters, `${name}.expert.${n}`, { inputs, outputs: size }),
  );
  const gates = Array.from({ length: tasks }, (_, n) =>
    linear(parameters, `${name}.gate.${n}`, { inputs, outputs: experts }),
  );
  return (x) => {
    const batch = x.shape[0]!;
    const said = stack(
      made.map((expert) => relu(expert(x))),
      1,
    );
    return gates.map((gate) => sum(multiply(said, reshape(softmax(gate(x)), [batch, experts, 1])), [1]));
  };
}

/** Vectors of length 1. */
export function unitVectors(x: Tensor, epsilon = 1e-12): Tensor {
  const squares = sum(multiply(x, x), [-1], true);
  return divide(x, sqrt(add(squares, scalar(epsilon))));
}
