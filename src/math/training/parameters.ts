/** What a model learns, and the random masks that it is trained with: both have names, and are the same for the same seed. */
import { fillMask } from '../../core/counter-bits.ts';
import { Random } from '../../core/random.ts';
import { dropout } from '../autodiff/operations/elementwise.ts';
import { input, type Named, parameter, refuse, sizeOf, type Tensor } from '../autodiff/tensor.ts';

/** Draws the first values of a parameter. */
export type Initial = (random: Random, shape: readonly number[]) => Float32Array;

export const zeros: Initial = (_, shape) => new Float32Array(sizeOf(shape));
export const ones: Initial = (_, shape) => new Float32Array(sizeOf(shape)).fill(1);

/** Normal with mean zero. */
export const normal =
  (deviation: number): Initial =>
  (random, shape) =>
    Float32Array.from({ length: sizeOf(shape) }, () => deviation * random.normal());

/**
 * Uniform, so that variance is kept from layer to layer. @param shape - `[outputs, inputs, ...]`
 *
 * @source Glorot & Bengio, Understanding the difficulty of training deep feedforward networks, AISTATS 2010
 */
export const glorot: Initial = (random, shape) => {
  const field = sizeOf(shape.slice(2));
  const most = Math.sqrt(6 / ((shape[0]! + (shape[1] ?? 1)) * field));
  return Float32Array.from({ length: sizeOf(shape) }, () => most * (2 * random.uniform() - 1));
};

export class Parameters {
  readonly #seed: number;
  readonly #tensors = new Map<string, Tensor<Named>>();
  readonly #values: Record<string, Float32Array> = {};

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** @throws ShelfwiseError `SW_USAGE` where the name is taken */
  add(name: string, shape: readonly number[], initial: Initial): Tensor<Named> {
    if (this.#tensors.has(name)) refuse('parameters', 'another name', name);
    const made = parameter(name, shape);
    this.#values[name] = initial(new Random(this.#seed, 0x9a00 + this.#tensors.size), shape);
    this.#tensors.set(name, made);
    return made;
  }

  get tensors(): readonly Tensor<Named>[] {
    return [...this.#tensors.values()];
  }

  /** First values, by name. */
  get values(): Readonly<Record<string, Float32Array>> {
    return this.#values;
  }
}

/** Masks of dropout: inputs of the training graph, filled anew for each step by (seed, step, place). */
export class Masks {
  readonly #masks: { readonly tensor: Tensor<Named>; readonly keep: number }[] = [];

  /** As in training: a share of about `rate` (in steps of 1/256) is made zero. */
  drop(x: Tensor, rate: number): Tensor {
    if (!(rate >= 0 && rate < 1)) refuse('dropout', 'a rate in [0, 1)', `${rate}`);
    const keep = Math.round((1 - rate) * 256) / 256;
    if (keep === 1) return x;
    const tensor = input(`mask ${this.#masks.length}`, x.shape, 'uint8');
    this.#masks.push({ tensor, keep });
    return dropout(x, tensor, 1 - keep);
  }

  get tensors(): readonly Tensor<Named>[] {
    return this.#masks.map(({ tensor }) => tensor);
  }

  /** Values of one step, into arrays that are used again. */
  fill(into: Record<string, Uint8Array>, seed: number, step: number): void {
    for (const [place, { tensor, keep }] of this.#masks.entries()) {
      const { name } = tensor.attributes;
      into[name] ??= new Uint8Array(sizeOf(tensor.shape));
      fillMask(into[name], keep, [seed, step, place]);
    }
  }
}

/** Leaves values as they are: a model is asked without masks. */
export const noMasks: Pick<Masks, 'drop'> = { drop: (x) => x };
