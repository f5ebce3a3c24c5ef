/** Expressions that are asked again and again with other values, by a runtime. */
import { inOrder, isLeaf, sizeOf, type Tensor } from '../autodiff/tensor.ts';
import { toOnnx } from '../autodiff/to-onnx.ts';
import type { GraphArray, GraphRunner, RunningGraph } from '../graph-runner.ts';

export class ForwardGraph<Name extends string = string> {
  readonly #graph: RunningGraph;
  readonly #fed: ReadonlySet<string>;
  readonly #out: Readonly<Record<Name, Float32Array>>;

  /** @throws ShelfwiseError `SW_PART_MISSING` without a runtime */
  static async open<Name extends string>(
    runner: GraphRunner,
    wanted: Readonly<Record<Name, Tensor>>,
  ): Promise<ForwardGraph<Name>> {
    const outputs: Readonly<Record<string, Tensor>> = wanted;
    const leaves = inOrder(Object.values(outputs)).filter(isLeaf);
    const named = Object.fromEntries(leaves.map((leaf) => [leaf.attributes.name, leaf]));
    const { model } = toOnnx(outputs, { name: 'forward' });
    const graph = await runner.open(model, { ...named, ...outputs });
    const out = Object.entries(outputs).map(([name, { shape }]) => [name, new Float32Array(sizeOf(shape))]);
    return new ForwardGraph(graph, new Set(Object.keys(named)), Object.fromEntries(out));
  }

  private constructor(graph: RunningGraph, fed: ReadonlySet<string>, out: Readonly<Record<Name, Float32Array>>) {
    this.#graph = graph;
    this.#fed = fed;
    this.#out = out;
  }

  /** @param feeds - values of the leaves; others are left. @returns used again by the next run */
  async run(feeds: Readonly<Record<string, GraphArray>>): Promise<Readonly<Record<Name, Float32Array>>> {
    const needed = Object.fromEntries(Object.entries(feeds).filter(([name]) => this.#fed.has(name)));
    await this.#graph.run(needed, this.#out);
    return this.#out;
  }

  close(): Promise<void> {
    return this.#graph.close();
  }
}
