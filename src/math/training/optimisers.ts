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

/** What a step is told: scalars of the graph. */
export interface StepScalars {
  readonly rate: Tensor;
  /** `1 - beta^t` of both moments, t counted from 1. */
  readonly corrections: readonly [Tensor, Tensor];
}

export interface Stepped {
  readonly next: Tensor;
  /** Moments: leaves that begin with zeros, and what they become. */
  readonly moments: readonly { readonly before: Tensor; readonly after: Tensor }[];
}

export const betasOf = (optimiser: Optimiser): readonly [number, number] =>
  optimiser.kind === 'sgd' ? [0, 0] : (optimiser.betas ?? [0.9, 0.999]);

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
  const [beta1, beta2] = betasOf(optimiser);
  const first = { before: moment('first'), after: undefined as unknown as Tensor };
  const second = { before: moment('second'), after: undefined as unknown as Tensor };
  const m = blend(first.before, g, beta1);
  const v = blend(second.before, square(g), beta2);
  const [unbiased1, unbiased2] = told.corrections;
  const size = add(sqrt(divide(v, unbiased2)), scalar(optimiser.epsilon ?? 1e-8));
  const move = multiply(told.rate, divide(divide(m, unbiased1), size));
  const decay = optimiser.kind === 'adamw' ? (optimiser.decay ?? 0.01) : 0;
  const kept = decay > 0 ? subtract(of, multiply(multiply(told.rate, scalar(decay)), of)) : of;
  return {
    next: subtract(kept, move),
    moments: [
      { before: first.before, after: m },
      { before: second.before, after: v },
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
