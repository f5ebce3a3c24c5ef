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
import { withKernels } from '../../math/kernels/kernel-pool.ts';
import type { ModelState } from '../../models/model.ts';
import { type Standardisation, standardisation } from './choice-data.ts';
import type { ChoiceDefinition, ChoiceModel } from './choice-model.ts';
import { fitLinearWeights, linearPenalty } from './conditional-logit.ts';
import { kernelUnits, networkWeightAt, PooledSets } from './pooled-sets.ts';

const hidden = kernelUnits;
const setsPerStep = 32;
const epochs = 24;
const patience = 3;
const peakRate = 4e-3;
const weightDecay = 1e-2;

export const neuralChoice: ChoiceDefinition = {
  form: 'neural',
  fit: (data, options) =>
    withKernels(options.threads, async (pool) => {
      const { seed, held, start, signal, onProgress } = options;
      const scale = standardisation(data);
      const train = new PooledSets(pool, data, scale, signal);
      const test = held && held.right.length > 0 ? new PooledSets(pool, held, scale, signal) : undefined;
      const net = new ListwiseNet(data.columns, hidden);
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
      return new NeuralChoice(net, scale);
    }),
  load({ meta, arrays }) {
    const scale = { mean: arrays['mean'] as Float64Array, inverse: arrays['inverse'] as Float64Array };
    const net = new ListwiseNet(scale.mean.length, meta['hidden'] as number);
    net.parameters.set(arrays['parameters'] as Float64Array);
    return new NeuralChoice(net, scale);
  },
};

/** Hidden units are worked on in blocks of this many, held in registers. */
const block = 8;

/** Parameters in one array: linear weights `[F]`, W `[H / 8, F, 8]`, b `[H]`, v `[H]`; H is a multiple of 8. */
export class ListwiseNet {
  readonly columns: number;
  readonly hidden: number;
  readonly parameters: Float64Array;
  #activations: Float64Array = new Float64Array(0);

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

  /** q of `count` rows of standardised features from row `from`; keeps the hidden activations `[count, H]`. */
  forward(features: Float32Array, from: number, count: number, q: Float64Array): Float64Array {
    const { columns: F, hidden: H, parameters: p } = this;
    if (this.#activations.length < count * H) this.#activations = new Float64Array(count * H);
    const act = this.#activations;
    const bias = F + F * H;
    for (let c = 0; c < count; c++) {
      const row = (from + c) * F;
      let sum = 0;
      for (let f = 0; f < F; f++) sum += features[row + f]! * p[f]!;
      for (let h = 0; h < H; h += block) {
        const b = bias + h;
        let [a0, a1, a2, a3] = [p[b]!, p[b + 1]!, p[b + 2]!, p[b + 3]!];
        let [a4, a5, a6, a7] = [p[b + 4]!, p[b + 5]!, p[b + 6]!, p[b + 7]!];
        for (let f = 0, w = F + h * F; f < F; f++, w += block) {
          const x = features[row + f]!;
          a0 += x * p[w]!;
          a1 += x * p[w + 1]!;
          a2 += x * p[w + 2]!;
          a3 += x * p[w + 3]!;
          a4 += x * p[w + 4]!;
          a5 += x * p[w + 5]!;
          a6 += x * p[w + 6]!;
          a7 += x * p[w + 7]!;
        }
        const at = c * H + h;
        act[at] = a0;
        act[at + 1] = a1;
        act[at + 2] = a2;
        act[at + 3] = a3;
        act[at + 4] = a4;
        act[at + 5] = a5;
        act[at + 6] = a6;
        act[at + 7] = a7;
      }
      for (let h = 0; h < H; h++) {
        if (act[c * H + h]! <= 0) act[c * H + h] = 0;
        else sum += act[c * H + h]! * p[bias + H + h]!;
      }
      q[c] = sum;
    }
    return act;
  }
}

class NeuralChoice implements ChoiceModel {
  readonly form = 'neural';
  readonly #net: ListwiseNet;
  readonly #scale: Standardisation;

  constructor(net: ListwiseNet, scale: Standardisation) {
    this.#net = net;
    this.#scale = scale;
  }

  score(features: Float32Array, count: number, out: Float64Array): void {
    this.#net.forward(this.#standardise(features, count), 0, count, out);
  }

  attribute(features: Float32Array, out: Float64Array): number {
    const { columns: F, hidden: H, parameters } = this.#net;
    const bias = F + F * H;
    const x = this.#standardise(features, 1);
    // The mean candidate is zero after standardisation: its units hold their biases.
    let base = 0;
    for (let f = 0; f < F; f++) out[f] = parameters[f]! * x[f]!;
    for (let h = 0; h < H; h++) {
      const start = parameters[bias + h]!;
      let change = 0;
      for (let f = 0; f < F; f++) change += x[f]! * parameters[this.#net.weightAt(f, h)]!;
      const v = parameters[bias + H + h]!;
      base += v * Math.max(0, start);
      const moved = Math.max(0, start + change) - Math.max(0, start);
      if (moved === 0) continue;
      for (let f = 0; f < F; f++) out[f]! += (v * moved * x[f]! * parameters[this.#net.weightAt(f, h)]!) / change;
    }
    return base;
  }

  state(): ModelState {
    const arrays = { parameters: this.#net.parameters, ...this.#scale };
    return { meta: { form: this.form, hidden: this.#net.hidden }, arrays };
  }

  #standardise(features: Float32Array, count: number): Float32Array {
    const { mean, inverse } = this.#scale;
    const columns = mean.length;
    const out = new Float32Array(count * columns);
    for (let at = 0; at < out.length; )
      for (let f = 0; f < columns; f++, at++) out[at] = (features[at]! - mean[f]!) * inverse[f]!;
    return out;
  }
}
