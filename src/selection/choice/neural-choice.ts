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
import type { ModelState } from '../../models/model.ts';
import { type ChoiceData, type Standardisation, standardisation, standardised } from './choice-data.ts';
import type { ChoiceDefinition, ChoiceModel } from './choice-model.ts';
import { fitLinearWeights, linearPenalty } from './conditional-logit.ts';
import { listwiseLoss } from './listwise-loss.ts';

const hidden = 24;
const setsPerStep = 32;
const epochs = 24;
const patience = 3;
const peakRate = 4e-3;
const weightDecay = 1e-2;

export const neuralChoice: ChoiceDefinition = {
  form: 'neural',
  fit(data, { seed, held, start, signal, onProgress }) {
    const scale = standardisation(data);
    const train = standardised(data, scale);
    const test = held && standardised(held, scale);
    const net = new ListwiseNet(data.columns, hidden);
    const weights = start?.form === 'linear' ? start.state().arrays['weights'] : undefined;
    net.start((weights as Float64Array | undefined) ?? fitLinearWeights(train, linearPenalty, signal), seed);
    const adam = new Adam(net.parameters.length, weightDecay);
    const gradient = new Float64Array(net.parameters.length);
    const order = Array.from({ length: train.offsets.length - 1 }, (_, s) => s);
    const random = new Random(seed, 0xc402);
    const steps = Math.max(1, epochs * Math.ceil(order.length / setsPerStep));
    let step = 0;
    let best = test ? net.loss(test) : Infinity;
    let kept = net.parameters.slice();
    let worse = 0;
    for (let epoch = 0; epoch < epochs && worse < patience; epoch++) {
      random.shuffle(order);
      for (let from = 0; from < order.length; from += setsPerStep) {
        signal?.throwIfAborted();
        const sets = order.slice(from, from + setsPerStep);
        gradient.fill(0);
        for (const s of sets) net.addGradient(train, s, gradient);
        for (let i = 0; i < gradient.length; i++) gradient[i]! /= sets.length;
        // Warm-up over a twentieth of the steps, then a cosine to nothing.
        const share = step++ / steps;
        adam.step(net.parameters, gradient, peakRate * Math.min(share * 20, 0.5 * (1 + Math.cos(Math.PI * share))));
      }
      const loss = test ? net.loss(test) : -epoch;
      onProgress?.((epoch + 1) / epochs, test ? `held-out loss ${loss.toFixed(4)}` : undefined);
      worse = loss < best ? 0 : worse + 1;
      if (loss < best) {
        best = loss;
        kept = net.parameters.slice();
      }
    }
    net.parameters.set(kept);
    return new NeuralChoice(net, scale);
  },
  load({ meta, arrays }) {
    const scale = { mean: arrays['mean'] as Float64Array, inverse: arrays['inverse'] as Float64Array };
    const net = new ListwiseNet(scale.mean.length, meta['hidden'] as number);
    net.parameters.set(arrays['parameters'] as Float64Array);
    return new NeuralChoice(net, scale);
  },
};

/** Hidden units are worked on in blocks of this many, held in registers. */
const block = 8;
/** Candidates whose slope is below this are all but impossible and move nothing. */
const leastSlope = 1e-7;

/** Parameters in one array: linear weights `[F]`, W `[H / 8, F, 8]`, b `[H]`, v `[H]`; H is a multiple of 8. */
export class ListwiseNet {
  readonly columns: number;
  readonly hidden: number;
  readonly parameters: Float64Array;
  #activations: Float64Array = new Float64Array(0);
  #back: Float64Array = new Float64Array(0);
  #active: Int32Array = new Int32Array(0);
  #q: Float64Array = new Float64Array(0);
  #slope: Float64Array = new Float64Array(0);

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
    return this.columns + ((h - (h % block)) * this.columns + f * block + (h % block));
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

  /** Adds the gradient of one set's loss, and returns the loss. */
  addGradient(data: ChoiceData, set: number, gradient: Float64Array): number {
    const { columns: F, hidden: H, parameters } = this;
    const { features } = data;
    const from = data.offsets[set]!;
    const to = data.offsets[set + 1]!;
    const count = to - from;
    this.#reserve(count);
    const act = this.forward(features, from, count, this.#q);
    const right = data.right.subarray(from, to);
    const loss = listwiseLoss(this.#q, data.correction.subarray(from, to), right, 0, count, this.#slope);
    const bias = F + F * H;
    const back = this.#back;
    const active = this.#active;
    let actives = 0;
    for (let c = 0; c < count; c++) {
      const g = this.#slope[c]!;
      if (Math.abs(g) < leastSlope) continue;
      const row = (from + c) * F;
      for (let f = 0; f < F; f++) gradient[f]! += g * features[row + f]!;
      for (let h = 0; h < H; h++) {
        const a = act[c * H + h]!;
        const passed = a > 0 ? g * parameters[bias + H + h]! : 0;
        back[actives * H + h] = passed;
        gradient[bias + h]! += passed;
        gradient[bias + H + h]! += g * a;
      }
      active[actives++] = row;
    }
    for (let h = 0; h < H; h += block) {
      for (let f = 0, w = F + h * F; f < F; f++, w += block) {
        let [g0, g1, g2, g3, g4, g5, g6, g7] = [0, 0, 0, 0, 0, 0, 0, 0];
        for (let n = 0, b = h; n < actives; n++, b += H) {
          const x = features[active[n]! + f]!;
          g0 += x * back[b]!;
          g1 += x * back[b + 1]!;
          g2 += x * back[b + 2]!;
          g3 += x * back[b + 3]!;
          g4 += x * back[b + 4]!;
          g5 += x * back[b + 5]!;
          g6 += x * back[b + 6]!;
          g7 += x * back[b + 7]!;
        }
        gradient[w]! += g0;
        gradient[w + 1]! += g1;
        gradient[w + 2]! += g2;
        gradient[w + 3]! += g3;
        gradient[w + 4]! += g4;
        gradient[w + 5]! += g5;
        gradient[w + 6]! += g6;
        gradient[w + 7]! += g7;
      }
    }
    return loss;
  }

  /** Mean loss of all sets. */
  loss(data: ChoiceData): number {
    let sum = 0;
    const sets = data.offsets.length - 1;
    for (let s = 0; s < sets; s++) {
      const from = data.offsets[s]!;
      const to = data.offsets[s + 1]!;
      this.#reserve(to - from);
      this.forward(data.features, from, to - from, this.#q);
      const right = data.right.subarray(from, to);
      sum += listwiseLoss(this.#q, data.correction.subarray(from, to), right, 0, to - from, this.#slope);
    }
    return sum / Math.max(1, sets);
  }

  #reserve(count: number): void {
    if (this.#q.length >= count) return;
    this.#q = new Float64Array(count);
    this.#slope = new Float64Array(count);
    this.#active = new Int32Array(count);
    this.#back = new Float64Array(count * this.hidden);
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
