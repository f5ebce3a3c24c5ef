/**
 * The neural form: `q = w·x + v·relu(Wx + b)` over standardised features, trained by Adam on the listwise likelihood. It
 * starts at the linear optimum, so it can only learn what a straight line misses, and stops when held-out sets worsen.
 * Takes itself apart by integrated gradients, which for one hidden layer have a closed form: along the straight path from
 * the mean candidate a unit's change is shared by its inputs' shares of the change before it.
 *
 * @source Cao et al., ListNet, ICML 2007; Sundararajan, Taly & Yan, Axiomatic attribution for deep networks, ICML 2017
 */
import { Random } from '../../core/random.ts';
import { Adam } from '../../math/adam.ts';
import { OwnKernels } from '../../math/kernels/own-kernels.ts';
import type { ModelState } from '../../models/model.ts';
import type { Standardisation } from './choice-data.ts';
import type { ChoiceDefinition, ChoiceFitOptions, ChoiceModel } from './choice-model.ts';
import { fitLinearWeights, linearPenalty } from './conditional-logit.ts';
import {
  kernelLanes,
  kernelParameters,
  kernelUnits,
  networkWeightAt,
  type PooledChoice,
  type PooledSets,
  toKernel,
  withPooledChoice,
} from './pooled-sets.ts';

const hidden = kernelUnits;
const setsPerStep = 32;
const epochs = 24;
const patience = 3;
const peakRate = 4e-3;
const weightDecay = 1e-2;

export const neuralChoice: ChoiceDefinition = {
  form: 'neural',
  async fit(data, options) {
    const { held, pooled } = options;
    const sets = { teach: data, ...(held && { held }) };
    const fitOn = (laid: PooledChoice): Promise<NeuralChoice> => fitNetwork(laid, options);
    return pooled ? fitOn(pooled) : withPooledChoice(sets, options, fitOn);
  },
  async load({ meta, arrays }) {
    const scale = { mean: arrays['mean'] as Float64Array, inverse: arrays['inverse'] as Float64Array };
    const net = new ListwiseNet(scale.mean.length, meta['hidden'] as number);
    net.parameters.set(arrays['parameters'] as Float64Array);
    return NeuralChoice.of(net, scale);
  },
};

async function fitNetwork(
  { teach: train, held: test, scale }: PooledChoice,
  { seed, start, onProgress }: ChoiceFitOptions,
): Promise<NeuralChoice> {
  const net = new ListwiseNet(train.columns, hidden);
  const weights = start?.form === 'linear' ? start.state().arrays['weights'] : undefined;
  net.start((weights as Float64Array | undefined) ?? (await fitLinearWeights(train, linearPenalty)), seed);
  const adam = new Adam(net.parameters.length, weightDecay);
  const gradient = new Float64Array(net.parameters.length);
  const order = Array.from({ length: train.sets }, (_, s) => s);
  const random = new Random(seed, 0xc402);
  const steps = Math.max(1, epochs * Math.ceil(order.length / setsPerStep));
  const heldOut = async (sets: PooledSets): Promise<number> =>
    (await sets.network(net.parameters)) / Math.max(1, sets.sets);
  let step = 0;
  let best = test ? await heldOut(test) : Infinity;
  let kept = net.parameters.slice();
  let worse = 0;
  for (let epoch = 0; epoch < epochs && worse < patience; epoch++) {
    random.shuffle(order);
    for (let from = 0; from < order.length; from += setsPerStep) {
      const sets = order.slice(from, from + setsPerStep);
      gradient.fill(0);
      await train.network(net.parameters, sets, gradient);
      for (let i = 0; i < gradient.length; i++) gradient[i]! /= sets.length;
      // Warm-up over a twentieth of the steps, then a cosine to nothing.
      const share = step++ / steps;
      adam.step(net.parameters, gradient, peakRate * Math.min(share * 20, 0.5 * (1 + Math.cos(Math.PI * share))));
    }
    const loss = test ? await heldOut(test) : -epoch;
    onProgress?.((epoch + 1) / epochs, test ? `held-out loss ${loss.toFixed(4)}` : undefined);
    worse = loss < best ? 0 : worse + 1;
    if (loss < best) {
      best = loss;
      kept = net.parameters.slice();
    }
  }
  net.parameters.set(kept);
  return NeuralChoice.of(net, scale);
}

/** Parameters in one array: linear weights `[F]`, W `[H / 8, F, 8]`, b `[H]`, v `[H]`; H is a multiple of 8. */
export class ListwiseNet {
  readonly columns: number;
  readonly hidden: number;
  readonly parameters: Float64Array;

  constructor(columns: number, units: number) {
    this.columns = columns;
    this.hidden = units;
    this.parameters = new Float64Array(columns + columns * units + 2 * units);
  }

  /** Linear weights as given; hidden weights small and random, v small, so that the start is nearly the linear form. */
  start(linear: Float64Array, seed: number): void {
    const random = new Random(seed, 0xc403);
    const { columns: F, hidden: H, parameters } = this;
    parameters.set(linear);
    for (let i = 0; i < F * H; i++) parameters[F + i] = random.normal() * Math.sqrt(1 / F);
    for (let h = 0; h < H; h++) {
      parameters[F + F * H + h] = 0.1 * random.normal();
      parameters[F + F * H + H + h] = 0.05 * random.normal();
    }
  }

  /** Place of the weight from column f to unit h. */
  weightAt(f: number, h: number): number {
    return networkWeightAt(this.columns, f, h);
  }
}

class NeuralChoice implements ChoiceModel {
  readonly form = 'neural';
  readonly #net: ListwiseNet;
  readonly #scale: Standardisation;
  readonly #kernels: OwnKernels;
  readonly #parameters: Float32Array;
  /** From each column to each unit, shape `[H, F]`. */
  readonly #weights: Float64Array;
  /** Room in the kernels' memory for so many rows: features, units, q. */
  #rows = 0;
  #features: Float32Array = new Float32Array(0);
  #units: Float32Array = new Float32Array(0);
  #q: Float32Array = new Float32Array(0);

  private constructor(net: ListwiseNet, scale: Standardisation, kernels: OwnKernels) {
    this.#net = net;
    this.#scale = scale;
    this.#kernels = kernels;
    this.#parameters = kernels.f32(kernelParameters(net.columns));
    toKernel(net.parameters, net.columns, this.#parameters);
    this.#weights = Float64Array.from({ length: net.columns * net.hidden }, (_, n) => {
      const [h, f] = [Math.floor(n / net.columns), n % net.columns];
      return net.parameters[net.weightAt(f, h)]!;
    });
  }

  static async of(net: ListwiseNet, scale: Standardisation): Promise<NeuralChoice> {
    return new NeuralChoice(net, scale, await OwnKernels.open());
  }

  score(features: Float32Array, count: number, out: Float64Array): void {
    const { columns } = this.#net;
    this.#makeRoom(count);
    this.#standardise(features, this.#features.subarray(0, count * columns));
    const args = [this.#features, columns, this.#parameters, this.#units, this.#q];
    this.#kernels.run('choiceScores', count, args);
    for (let c = 0; c < count; c++) out[c] = this.#q[c]!;
  }

  attribute(features: Float32Array, out: Float64Array): number {
    const { columns: F, hidden: H, parameters } = this.#net;
    const bias = F + F * H;
    const weights = this.#weights;
    const x = new Float32Array(F);
    this.#standardise(features, x);
    // The mean candidate is zero after standardisation: its units hold their biases.
    let base = 0;
    for (let f = 0; f < F; f++) out[f] = parameters[f]! * x[f]!;
    for (let h = 0; h < H; h++) {
      const start = parameters[bias + h]!;
      const row = h * F;
      let change = 0;
      for (let f = 0; f < F; f++) change += x[f]! * weights[row + f]!;
      const v = parameters[bias + H + h]!;
      base += v * Math.max(0, start);
      const moved = Math.max(0, start + change) - Math.max(0, start);
      if (moved === 0) continue;
      const scale = (v * moved) / change;
      for (let f = 0; f < F; f++) out[f]! += scale * x[f]! * weights[row + f]!;
    }
    return base;
  }

  state(): ModelState {
    const arrays = { parameters: this.#net.parameters, ...this.#scale };
    return { meta: { form: this.form, hidden: this.#net.hidden }, arrays };
  }

  #makeRoom(count: number): void {
    if (count <= this.#rows) return;
    const kernels = this.#kernels;
    this.#rows = 2 * count;
    this.#features = kernels.f32(this.#rows * this.#net.columns);
    this.#units = kernels.f32(this.#rows * kernelLanes);
    this.#q = kernels.f32(this.#rows);
  }

  #standardise(features: Float32Array, out: Float32Array): void {
    const { mean, inverse } = this.#scale;
    const columns = mean.length;
    for (let at = 0; at < out.length; )
      for (let f = 0; f < columns; f++, at++) out[at] = (features[at]! - mean[f]!) * inverse[f]!;
  }
}
