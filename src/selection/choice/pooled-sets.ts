/**
 * Choice sets in the memory of the kernels, standardised: loss and gradient of both learned forms, a set a row, on all
 * threads. What a set gives does not depend on the threads, and the sum is made in the order of the sets.
 */
import { type KernelPool, withKernels } from '../../math/kernels/kernel-pool.ts';
import { type ChoiceData, type Standardisation, standardisation } from './choice-data.ts';

/** Of the kernels: hidden units, and float32 that a column's weights take, or a row's units. */
export const kernelUnits = 24;
export const kernelLanes = 28;
const lanes = kernelLanes;
/** Sets whose gradients are held at once. */
const setsAtOnce = 512;

export class PooledSets {
  readonly sets: number;
  readonly columns: number;
  readonly #pool: KernelPool;
  readonly #signal: AbortSignal | undefined;
  readonly #offsets: Int32Array;
  readonly #features: Float32Array;
  readonly #correction: Float32Array;
  readonly #right: Int32Array;
  readonly #params: Float32Array;
  readonly #order: Int32Array;
  readonly #losses: Float32Array;
  readonly #gradients: Float32Array;
  readonly #scratch: Float32Array;
  readonly #mostRows: number;

  constructor(pool: KernelPool, data: ChoiceData, { mean, inverse }: Standardisation, signal?: AbortSignal) {
    const { offsets, features, columns, right, correction } = data;
    this.sets = offsets.length - 1;
    this.columns = columns;
    this.#pool = pool;
    this.#signal = signal;
    this.#mostRows = Math.max(1, ...Array.from({ length: this.sets }, (_, s) => offsets[s + 1]! - offsets[s]!));
    const size = kernelParameters(columns);
    const held = Math.min(this.sets, setsAtOnce);
    this.#offsets = pool.i32(offsets);
    this.#correction = pool.f32(correction);
    this.#right = pool.i32(right);
    this.#params = pool.f32(size);
    this.#order = pool.i32(held);
    this.#losses = pool.f32(held);
    this.#gradients = pool.f32(held * size);
    // Last, since it is by far the largest: where it does not fit, all that is needed beside it is counted.
    this.#scratch = pool.f32(pool.threads * this.#mostRows * (2 * lanes + 2));
    this.#features = pool.f32(features.length);
    for (let from = 0; from < features.length; from += columns)
      for (let f = 0; f < columns; f++) this.#features[from + f] = (features[from + f]! - mean[f]!) * inverse[f]!;
  }

  /**
   * Sum of the losses of some sets under the network's parameters.
   *
   * @param parameters - as `ListwiseNet` has them
   * @param sets - all of them where absent
   * @param gradient - the sum of the gradients is added to it
   */
  async network(parameters: Float64Array, sets?: readonly number[], gradient?: Float64Array): Promise<number> {
    toKernel(parameters, this.columns, this.#params);
    const order = sets ?? Array.from({ length: this.sets }, (_, s) => s);
    let loss = 0;
    for (let from = 0; from < order.length; from += setsAtOnce) {
      const some = order.slice(from, from + setsAtOnce);
      this.#order.set(some);
      const args = [this.#order, this.#offsets, this.#features, this.columns, this.#params, this.#correction];
      const out = [this.#right, this.#losses, gradient ? this.#gradients : 0, this.#scratch, this.#mostRows];
      await this.#pool.run('choiceSets', some.length, [...args, ...out], { chunk: 4, signal: this.#signal });
      for (let n = 0; n < some.length; n++) loss += this.#losses[n]!;
      if (gradient) addFromKernel(this.#gradients, some.length, this.columns, gradient);
    }
    return loss;
  }

  /** Sum of the losses of all sets under linear weights, and of their gradients, both of shape `[columns]`. */
  async linear(weights: Float64Array, gradient: Float64Array): Promise<number> {
    const { columns } = this;
    this.#params.set(weights);
    gradient.fill(0);
    let loss = 0;
    for (let from = 0; from < this.sets; from += setsAtOnce) {
      const some = Math.min(setsAtOnce, this.sets - from);
      const offsets = this.#offsets.subarray(from, from + some + 1);
      const args = [offsets, this.#features, columns, this.#params, this.#correction, this.#right, this.#losses];
      const out = [this.#gradients, this.#scratch, this.#mostRows];
      await this.#pool.run('linearSets', some, [...args, ...out], { signal: this.#signal });
      for (let n = 0; n < some; n++) {
        loss += this.#losses[n]!;
        for (let f = 0; f < columns; f++) gradient[f]! += this.#gradients[n * columns + f]!;
      }
    }
    return loss;
  }
}

/** Sets that teach and sets kept from it, on one scale: laid out once for all forms that are tried. */
export interface PooledChoice {
  readonly scale: Standardisation;
  readonly teach: PooledSets;
  readonly held?: PooledSets;
}

/** Lays sets out in kernel memory for as long as `work` takes. */
export function withPooledChoice<Result>(
  { teach, held }: { readonly teach: ChoiceData; readonly held?: ChoiceData },
  { threads, signal }: { readonly threads: number; readonly signal?: AbortSignal },
  work: (pooled: PooledChoice) => Promise<Result>,
): Promise<Result> {
  return withKernels(threads, (pool) => {
    const scale = standardisation(teach);
    const laid = (data: ChoiceData): PooledSets => new PooledSets(pool, data, scale, signal);
    return work({ scale, teach: laid(teach), ...(held && held.right.length > 0 && { held: laid(held) }) });
  });
}

/** Units in blocks of eight, as `ListwiseNet` keeps them. */
const block = 8;

/** Where the weight from column f to unit h stands in the network's parameters. */
export function networkWeightAt(columns: number, f: number, h: number): number {
  return columns + ((h - (h % block)) * columns + f * block + (h % block));
}

/** How many numbers the kernels have the network's parameters in. */
export function kernelParameters(columns: number): number {
  return columns * lanes + 2 * kernelUnits;
}

/** The network's parameters as the kernels read them. */
export function toKernel(parameters: Float64Array, columns: number, out: Float32Array): void {
  for (let f = 0; f < columns; f++) {
    for (let h = 0; h < kernelUnits; h++) out[f * lanes + h] = parameters[networkWeightAt(columns, f, h)]!;
    out[f * lanes + kernelUnits] = parameters[f]!;
  }
  const rest = columns * (1 + kernelUnits);
  for (let n = 0; n < 2 * kernelUnits; n++) out[columns * lanes + n] = parameters[rest + n]!;
}

function addFromKernel(rows: Float32Array, count: number, columns: number, gradient: Float64Array): void {
  const size = kernelParameters(columns);
  const sum = new Float64Array(size);
  for (let n = 0; n < count; n++) for (let i = 0; i < size; i++) sum[i]! += rows[n * size + i]!;
  for (let f = 0; f < columns; f++) {
    for (let h = 0; h < kernelUnits; h++) gradient[networkWeightAt(columns, f, h)]! += sum[f * lanes + h]!;
    gradient[f]! += sum[f * lanes + kernelUnits]!;
  }
  const rest = columns * (1 + kernelUnits);
  for (let n = 0; n < 2 * kernelUnits; n++) gradient[rest + n]! += sum[columns * lanes + n]!;
}
