/**
 * Adam with decoupled weight decay over flat float64 parameters.
 *
 * @source Kingma & Ba, Adam, ICLR 2015; Loshchilov & Hutter, Decoupled weight decay regularization, ICLR 2019
 */
export class Adam {
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  readonly #decay: number;
  #step = 0;

  constructor(size: number, weightDecay = 0) {
    this.#first = new Float64Array(size);
    this.#second = new Float64Array(size);
    this.#decay = weightDecay;
  }

  /** Moves `parameters` against `gradient`, both of shape `[size]`. */
  step(parameters: Float64Array, gradient: Float64Array, rate: number): void {
    this.#step++;
    const [beta1, beta2] = [0.9, 0.999];
    const correction1 = 1 - beta1 ** this.#step;
    const correction2 = 1 - beta2 ** this.#step;
    for (let i = 0; i < parameters.length; i++) {
      const g = gradient[i]!;
      const m = beta1 * this.#first[i]! + (1 - beta1) * g;
      const v = beta2 * this.#second[i]! + (1 - beta2) * g * g;
      this.#first[i] = m;
      this.#second[i] = v;
      const move = m / correction1 / (Math.sqrt(v / correction2) + 1e-8);
      parameters[i] = parameters[i]! * (1 - rate * this.#decay) - rate * move;
    }
  }
}
