/**
 * Adam on the rows of a table that a step touched, outside the graph. This is other mathematics than Adam on the whole table: a
 * row that is not touched keeps its moments, and does not go on by them. Rows count their own steps.
 *
 * @source Kingma & Ba, Adam, ICLR 2015; as SparseAdam of PyTorch, which counts the steps of the whole table
 */
export interface RowSparseAdamState {
  readonly first: Float32Array;
  readonly second: Float32Array;
  /** Of each row. */
  readonly steps: Int32Array;
}

export interface RowSparseAdamOptions {
  readonly betas?: readonly [number, number];
  readonly epsilon?: number;
  /** Added to the gradient of what is touched. */
  readonly l2?: number;
}

export class RowSparseAdam {
  readonly state: RowSparseAdamState;
  readonly #width: number;
  readonly #options: Required<RowSparseAdamOptions>;
  /** Sum of the gradients of a step, and which rows have one. */
  readonly #sum: Float32Array;
  readonly #isTouched: Uint8Array;

  constructor(rows: number, width: number, options: RowSparseAdamOptions = {}) {
    this.#width = width;
    this.#options = { betas: [0.9, 0.999], epsilon: 1e-8, l2: 0, ...options };
    this.state = {
      first: new Float32Array(rows * width),
      second: new Float32Array(rows * width),
      steps: new Int32Array(rows),
    };
    this.#sum = new Float32Array(rows * width);
    this.#isTouched = new Uint8Array(rows);
  }

  /**
   * @param table - `[rows, width]`, changed
   * @param indices - rows of the gradients; one that comes several times gets their sum
   * @param slopes - `[indices, width]`
   */
  step(table: Float32Array, indices: ArrayLike<number>, slopes: Float32Array, rate: number): void {
    const width = this.#width;
    const touched: number[] = [];
    for (let n = 0; n < indices.length; n++) {
      const row = indices[n]!;
      if (this.#isTouched[row] === 0) touched.push(row);
      this.#isTouched[row] = 1;
      for (let d = 0; d < width; d++) this.#sum[row * width + d]! += slopes[n * width + d]!;
    }
    const { first, second, steps } = this.state;
    const [beta1, beta2] = this.#options.betas;
    const { epsilon, l2 } = this.#options;
    for (const row of touched) {
      const t = ++steps[row]!;
      const [unbiased1, unbiased2] = [1 - beta1 ** t, 1 - beta2 ** t];
      for (let at = row * width; at < (row + 1) * width; at++) {
        const g = this.#sum[at]! + l2 * table[at]!;
        first[at] = beta1 * first[at]! + (1 - beta1) * g;
        second[at] = beta2 * second[at]! + (1 - beta2) * g * g;
        table[at]! -= (rate * first[at]!) / unbiased1 / (Math.sqrt(second[at]! / unbiased2) + epsilon);
        this.#sum[at] = 0;
      }
      this.#isTouched[row] = 0;
    }
  }
}
