/** Writes tensors as an ONNX graph. */
import { encodeModel, type Node, type TensorValue, type ValueInfo } from '../onnx/model-proto.ts';
import { inOrder, isLeaf, type NodeOptions, type NodeWriter, refuse, sizeOf, sourceOf, type Tensor } from './tensor.ts';

export interface OnnxOptions {
  readonly name: string;
  /** Only operators of the standard set: any runtime opens the model. @default false */
  readonly isStandard?: boolean;
  /** Values of leaves that are kept in the model instead of being fed, by name. */
  readonly weights?: Readonly<Record<string, Float32Array>>;
  /** Free text kept with the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * @param outputs - what the graph computes, by the names of its outputs; its inputs are the leaves that they need
 * @returns the model, and the names of the leaves that it is fed, in the order in which they are needed
 * @throws ShelfwiseError `SW_USAGE` where two leaves have one name, or a weight is of another size
 */
export function toOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  { name, isStandard = false, weights = {}, metadata }: OnnxOptions,
): { readonly model: Uint8Array<ArrayBuffer>; readonly inputs: readonly string[] } {
  const writer = new Writer(isStandard);
  const names = new Map<Tensor, readonly string[]>();
  const nameOf = (tensor: Tensor): string => {
    const { of, place } = sourceOf(tensor);
    return names.get(of)![place]!;
  };
  const inputs: ValueInfo[] = [];
  const leaves = new Set<string>();
  for (const of of inOrder(Object.values(outputs))) {
    names.set(of, of.operation.emit(writer, of, of.inputs.map(nameOf)));
    if (!isLeaf(of)) continue;
    const leaf = of.attributes.name;
    if (leaves.has(leaf)) refuse('to-onnx', 'leaves of different names', `two of "${leaf}"`);
    leaves.add(leaf);
    const own = weights[leaf];
    if (!own) inputs.push({ name: leaf, type: of.type, shape: of.shape });
    else if (own.length !== sizeOf(of.shape))
      refuse(`to-onnx: ${leaf}`, `${sizeOf(of.shape)} weights`, `${own.length}`);
    else writer.initializers.push({ name: leaf, type: 'float', shape: of.shape, data: own });
  }
  const told = Object.entries(outputs).map(([as, tensor]): ValueInfo => {
    writer.rename(nameOf(tensor), as);
    return { name: as, type: tensor.type, shape: tensor.shape };
  });
  const graph = { name, nodes: writer.named, inputs, outputs: told, initializers: writer.initializers };
  const domains = writer.nodes.some(({ domain }) => domain) ? { domains: { 'com.microsoft': 1 } } : {};
  return {
    model: encodeModel(graph, { ...domains, ...(metadata && { metadata }) }),
    inputs: inputs.map((one) => one.name),
  };
}

class Writer implements NodeWriter {
  readonly isStandard: boolean;
  readonly nodes: Node[] = [];
  readonly initializers: TensorValue[] = [];
  /** Constants that stand there already. */
  readonly #constants = new Map<string, string>();
  readonly #renamed = new Map<string, string>();
  #count = 0;

  constructor(isStandard: boolean) {
    this.isStandard = isStandard;
  }

  node(op: string, inputs: readonly string[], attributes?: Node['attributes'], options: NodeOptions = {}): string[] {
    const outputs = Array.from({ length: options.outputs ?? 1 }, () => this.#name());
    const { domain } = options;
    this.nodes.push({ op, inputs, outputs, ...(attributes && { attributes }), ...(domain && { domain }) });
    return outputs;
  }

  ints(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant(`i ${values}`, { type: 'int64', shape: [values.length], data });
  }

  floats(values: readonly number[] | Float32Array, shape: readonly number[] = []): string {
    const data = Float32Array.from(values);
    return this.#constant(`f ${shape} ${data}`, { type: 'float', shape, data });
  }

  /** Gives a value the name of an output; where it has one already, or is a leaf or a constant, by a copy. */
  rename(from: string, to: string): void {
    const isMade = !this.#renamed.has(from) && this.nodes.some(({ outputs }) => outputs.includes(from));
    if (isMade) this.#renamed.set(from, to);
    else this.nodes.push({ op: 'Identity', inputs: [from], outputs: [to] });
  }

  /** The nodes with the names that were given last. */
  get named(): readonly Node[] {
    const called = (name: string): string => this.#renamed.get(name) ?? name;
    return this.nodes.map((node) => ({ ...node, inputs: node.inputs.map(called), outputs: node.outputs.map(called) }));
  }

  #constant(key: string, value: Omit<TensorValue, 'name'>): string {
    const known = this.#constants.get(key);
    if (known) return known;
    const name = this.#name();
    this.#constants.set(key, name);
    this.initializers.push({ name, ...value });
    return name;
  }

  #name(): string {
    // Leaves may not be named like this.
    return `~${this.#count++}`;
  }
}
