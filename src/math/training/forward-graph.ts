/** An expression that is asked again and again with other values, by a runtime. */
import { inOrder, isLeaf, sizeOf, type Tensor } from '../autodiff/tensor.ts';
import { toOnnx } from '../autodiff/to-onnx.ts';
import type { GraphArray, GraphRunner, RunningGraph } from '../graph-runner.ts';

export class ForwardGraph {
  readonly #graph: RunningGraph;
  readonly #fed: ReadonlySet<string>;
  readonly #out: Float32Array;

  /** @throws ShelfwiseError `SW_PART_MISSING` without a runtime */
  static async open(runner: GraphRunner, wanted: Tensor): Promise<ForwardGraph> {
    const leaves = inOrder([wanted]).filter(isLeaf);
    const named = Object.fromEntries(leaves.map((leaf) => [leaf.attributes.name, leaf]));
    const { model } = toOnnx({ wanted }, { name: 'forward' });
    const graph = await runner.open(model, { ...named, wanted });
    return new ForwardGraph(graph, new Set(Object.keys(named)), sizeOf(wanted.shape));
  }

  private constructor(graph: RunningGraph, fed: ReadonlySet<string>, size: number) {
    this.#graph = graph;
    this.#fed = fed;
    this.#out = new Float32Array(size);
  }

  /** @param feeds - values of the leaves; others are left. @returns used again by the next run */
  async run(feeds: Readonly<Record<string, GraphArray>>): Promise<Float32Array> {
    const needed = Object.fromEntries(Object.entries(feeds).filter(([name]) => this.#fed.has(name)));
    await this.#graph.run(needed, { wanted: this.#out });
    return this.#out;
  }

  close(): Promise<void> {
    return this.#graph.close();
  }
}
