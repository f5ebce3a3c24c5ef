/**
 * A model in training: forward, backward and the optimiser's step as one graph, and the state that goes round it. The state
 * lies twice, since a runtime that writes what it reads trains wrongly in silence; each step reads one and writes the other.
 */
import { ShelfwiseError } from '../../core/errors.ts';
import { gradients } from '../autodiff/gradients.ts';
import { inOrder, input, isLeaf, type Named, sizeOf, type Tensor, type TensorForm } from '../autodiff/tensor.ts';
import { toOnnx } from '../autodiff/to-onnx.ts';
import type { GraphArray, GraphRunner, RunningGraph } from '../graph-runner.ts';
import { clipped, normOf, type Optimiser, scalarsOf, stepOf } from './optimisers.ts';
import type { Masks, Parameters } from './parameters.ts';

export interface TrainingGraphOptions {
  readonly parameters: Parameters;
  readonly masks?: Masks;
  /** A scalar. */
  readonly loss: Tensor;
  /** Further values of each step, by name. */
  readonly told?: Readonly<Record<string, Tensor>>;
  /** Inputs whose gradients each step returns as well, as `by NAME`: for what is changed outside the graph. */
  readonly inputGradients?: readonly Tensor<Named>[];
  readonly optimiser: Optimiser;
  /** Largest common norm of the gradients. @default Infinity */
  readonly clip?: number;
  /** Of the masks. */
  readonly seed: number;
}

/** All that a step changes; with it a training goes on as if it had never stopped. */
export interface TrainingState {
  readonly step: number;
  /** Parameters and moments, by name. */
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

export interface StepResult {
  readonly loss: number;
  /** Common norm of the gradients, before any clipping. */
  readonly norm: number;
  /** What was asked to be told; the arrays are used again by the next step. */
  readonly told: Readonly<Record<string, Float32Array>>;
}

export class TrainingGraph {
  readonly #graph: RunningGraph;
  readonly #options: TrainingGraphOptions;
  /** Names of the state, without the mark of what is written. */
  readonly #names: readonly string[];
  readonly #told: Record<string, Float32Array>;
  readonly #maskValues: Record<string, Uint8Array> = {};
  #state: Record<string, Float32Array>;
  #next: Record<string, Float32Array>;
  #step = 0;

  /**
   * @throws ShelfwiseError `SW_USAGE` where the loss is no scalar or a name is taken twice; `SW_PART_MISSING` without a
   *   runtime
   */
  static async open(runner: GraphRunner, options: TrainingGraphOptions): Promise<TrainingGraph> {
    const { parameters, loss, optimiser, clip = Infinity, inputGradients = [], told = {} } = options;
    const scalars = {
      ...{ rate: input('rate', []), correctedRate: input('corrected rate', []) },
      correctedEpsilon: input('corrected epsilon', []),
    };
    const by = parameters.tensors;
    const slopes = gradients(loss, [...by, ...inputGradients]);
    const own = slopes.slice(0, by.length);
    const bounded = clip < Infinity ? clipped(own, clip) : { slopes: own, norm: normOf(own) };
    const outputs: Record<string, Tensor> = { loss, norm: bounded.norm };
    const state: Record<string, Float32Array> = {};
    for (const [n, of] of by.entries()) {
      const { name } = of.attributes;
      const { next, moments } = stepOf(optimiser, name, of, bounded.slopes[n]!, scalars);
      state[name] = parameters.values[name]!.slice();
      outputs[`next ${name}`] = next;
      for (const { before, after } of moments) {
        if (!isLeaf(before)) continue;
        state[before.attributes.name] = new Float32Array(sizeOf(before.shape));
        outputs[`next ${before.attributes.name}`] = after;
      }
    }
    const further = {
      ...told,
      ...Object.fromEntries(inputGradients.map((one, n) => [`by ${one.attributes.name}`, slopes[by.length + n]!])),
    };
    Object.assign(outputs, further);
    const { model } = toOnnx(outputs, { name: 'training' });
    const leaves = inOrder(Object.values(outputs)).filter(isLeaf);
    const forms: Record<string, TensorForm> = {
      ...outputs,
      ...Object.fromEntries(leaves.map((leaf) => [leaf.attributes.name, leaf])),
    };
    const graph = await runner.open(model, forms);
    return new TrainingGraph(graph, options, state, further, new Set(leaves.map((leaf) => leaf.attributes.name)));
  }

  readonly #fed: ReadonlySet<string>;

  private constructor(
    graph: RunningGraph,
    options: TrainingGraphOptions,
    state: Record<string, Float32Array>,
    told: Readonly<Record<string, Tensor>>,
    fed: ReadonlySet<string>,
  ) {
    this.#graph = graph;
    this.#options = options;
    this.#state = state;
    this.#names = Object.keys(state);
    this.#next = Object.fromEntries(this.#names.map((name) => [name, new Float32Array(state[name]!.length)]));
    this.#told = Object.fromEntries(
      Object.entries(told).map(([name, { shape }]) => [name, new Float32Array(sizeOf(shape))]),
    );
    this.#fed = fed;
  }

  /** Steps that were made. */
  get steps(): number {
    return this.#step;
  }

  /**
   * @param feeds - values of the inputs
   * @param rate - how far to go
   * @throws ShelfwiseError `SW_TRAINING` where the loss is no number: the state is that before the step
   */
  async step(feeds: Readonly<Record<string, GraphArray>>, rate: number): Promise<StepResult> {
    const { masks, seed, optimiser } = this.#options;
    masks?.fill(this.#maskValues, seed, this.#step);
    const t = this.#step + 1;
    const { rate: own, correctedRate, correctedEpsilon } = scalarsOf(optimiser, rate, t);
    const scalars = {
      ...{ rate: Float32Array.of(own), 'corrected rate': Float32Array.of(correctedRate) },
      'corrected epsilon': Float32Array.of(correctedEpsilon),
    };
    const given = { ...this.#state, ...feeds, ...this.#maskValues, ...scalars };
    const needed = Object.fromEntries(Object.entries(given).filter(([name]) => this.#fed.has(name)));
    const [loss, norm] = [new Float32Array(1), new Float32Array(1)];
    const written = Object.fromEntries(this.#names.map((name) => [`next ${name}`, this.#next[name]!]));
    await this.#graph.run(needed, { loss, norm, ...written, ...this.#told });
    if (!Number.isFinite(loss[0]!) || !Number.isFinite(norm[0]!)) {
      const message = `training: expected a finite loss and gradient at step ${t}, got ${loss[0]} and ${norm[0]}.`;
      const hint = 'Lower the learning rate, or clip the gradients; weights are kept as they were before this step.';
      throw new ShelfwiseError('SW_TRAINING', message, hint, { step: t, loss: loss[0], norm: norm[0] });
    }
    [this.#state, this.#next] = [this.#next, this.#state];
    this.#step = t;
    return { loss: loss[0]!, norm: norm[0]!, told: this.#told };
  }

  /** Of now; the next step but one writes over it: copy what is kept. */
  get state(): TrainingState {
    return { step: this.#step, arrays: this.#state };
  }

  /** @throws ShelfwiseError `SW_TRAINING` where it is the state of another model */
  restore({ step, arrays }: TrainingState): void {
    for (const name of this.#names) {
      const own = this.#state[name]!;
      if (arrays[name]?.length === own.length) continue;
      const message = `training: expected a state with ${own.length} values of "${name}", got ${arrays[name]?.length ?? 'none'}.`;
      throw new ShelfwiseError('SW_TRAINING', message, 'Begin the training anew.');
    }
    for (const name of this.#names) this.#state[name]!.set(arrays[name]!);
    this.#step = step;
  }

  close(): Promise<void> {
    return this.#graph.close();
  }
}
