/**
 * Steps of optimisers as tensors, so that forward, backward and step are one graph.
 *
 * @source Kingma & Ba, Adam, ICLR 2015
 * @source Loshchilov & Hutter, Decoupled weight decay regularization, ICLR 2019 (AdamW)
 */
import { add, divide, minimum, multiply, sqrt, square, subtract } from '../autodiff/operations/elementwise.ts';
import { sum } from '../autodiff/operations/summing.ts';
import { parameter, scalar, type Tensor } from '../autodiff/tensor.ts';

export type Optimiser =
  | { readonly kind: 'sgd'; readonly momentum?: number; readonly l2?: number }
  /** `l2` is added to the gradient. */
  | {
      readonly kind: 'adam';
      readonly betas?: readonly [number, number];
      readonly epsilon?: number;
      readonly l2?: number;
    }
  /** `decay` shrinks the weights apart from the gradient. */
  | {
      readonly kind: 'adamw';
      readonly betas?: readonly [number, number];
      readonly epsilon?: number;
      readonly decay?: number;
    };

/** What a step is told: scalars of the graph, made by `scalarsOf`. */
export interface StepScalars {
  readonly rate: Tensor;
  /** Rate and epsilon with the corrections of both moments in them, so that tables are gone over once less. */
  readonly correctedRate: Tensor;
  readonly correctedEpsilon: Tensor;
}

/** @param t - number of the step, from 1 */
export function scalarsOf(optimiser: Optimiser, rate: number, t: number): Readonly<Record<keyof StepScalars, number>> {
  if (optimiser.kind === 'sgd') return { rate, correctedRate: rate, correctedEpsilon: 0 };
  const { betas: [beta1, beta2] = defaultBetas, epsilon = 1e-8 } = optimiser;
  const size = Math.sqrt(1 - beta2 ** t);
  return { rate, correctedRate: (rate * size) / (1 - beta1 ** t), correctedEpsilon: epsilon * size };
}

export interface Stepped {
  readonly next: Tensor;
  /** Moments: leaves that begin with zeros, and what they become. */
  readonly moments: readonly { readonly before: Tensor; readonly after: Tensor }[];
}

const defaultBetas = [0.9, 0.999] as const;

/** @param name - of the parameter */
export function stepOf(optimiser: Optimiser, name: string, of: Tensor, slope: Tensor, told: StepScalars): Stepped {
  const moment = (as: string): Tensor => parameter(`${name} ${as}`, of.shape);
  const blend = (before: Tensor, value: Tensor, beta: number): Tensor =>
    add(multiply(scalar(beta), before), multiply(scalar(1 - beta), value));
  const l2 = optimiser.kind === 'adamw' ? 0 : (optimiser.l2 ?? 0);
  const g = l2 > 0 ? add(slope, multiply(scalar(l2), of)) : slope;
  if (optimiser.kind === 'sgd') {
    const { momentum = 0 } = optimiser;
    if (momentum === 0) return { next: subtract(of, multiply(told.rate, g)), moments: [] };
    const before = moment('velocity');
    const after = add(multiply(scalar(momentum), before), g);
    return { next: subtract(of, multiply(told.rate, after)), moments: [{ before, after }] };
  }
  const [beta1, beta2] = optimiser.betas ?? defaultBetas;
  const [first, second] = [moment('first'), moment('second')];
  const m = blend(first, g, beta1);
  const v = blend(second, square(g), beta2);
  const move = multiply(told.correctedRate, divide(m, add(sqrt(v), told.correctedEpsilon)));
  const decay = optimiser.kind === 'adamw' ? (optimiser.decay ?? 0.01) : 0;
  const kept = decay > 0 ? subtract(of, multiply(multiply(told.rate, scalar(decay)), of)) : of;
  return {
    next: subtract(kept, move),
    moments: [
      { before: first, after: m },
      { before: second, after: v },
    ],
  };
}

/**
 * Gradients made smaller together where their common norm is larger than a bound.
 *
 * @returns with the norm before
 * @source Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks, ICML 2013
 */
export function clipped(
  slopes: readonly Tensor[],
  most: number,
): { readonly slopes: readonly Tensor[]; readonly norm: Tensor } {
  const norm = normOf(slopes);
  const factor = minimum(scalar(1), divide(scalar(most), add(norm, scalar(1e-6))));
  return { slopes: slopes.map((slope) => multiply(slope, factor)), norm };
}

export function normOf(slopes: readonly Tensor[]): Tensor {
  return sqrt(slopes.map((slope) => sum(square(slope))).reduce(add, scalar(0)));
}
