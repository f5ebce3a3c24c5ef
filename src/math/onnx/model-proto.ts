/**
 * Writes ONNX models: the messages that a graph with weights needs, in protobuf's wire form. Field numbers are those of
 * onnx.proto3. Weights are referred to, not copied, until the bytes are joined once at the end.
 *
 * @source Open Neural Network Exchange, onnx.proto3 (IR version 10)
 */
import { Message } from './protobuf.ts';

/** The ONNX element types that are written here, by their number in TensorProto.DataType. */
export const elementTypes = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, double: 11 } as const;
export type ElementType = keyof typeof elementTypes;

/** An input or output; a number in its shape is a fixed size, a string a named free one. */
export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

/** A constant; `data` holds its elements row-major (bool and int8 as bytes). */
export interface TensorValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array | Int8Array | Uint8Array;
}

/** An attribute says its type, since 1 may be an int or a float. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorValue }
  | { readonly graph: Graph };

export interface Node {
  readonly op: string;
  /** Names of values; '' leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** The operator set, where it is not the standard one: `com.microsoft` for ONNX Runtime's own. */
  readonly domain?: string;
}

export interface Graph {
  readonly name: string;
  /** In an order in which every input is already there. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers?: readonly TensorValue[];
}

export interface ModelOptions {
  /** Version of the standard operator set. */
  readonly opset?: number;
  /** Versions of further operator sets, by domain. */
  readonly domains?: Readonly<Record<string, number>>;
  /** Free text kept with the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The bytes of a model file.
 *
 * @example encodeModel({ name: 'sum', nodes: [{ op: 'Add', inputs: ['a', 'b'], outputs: ['c'] }], inputs, outputs })
 */
export function encodeModel(graph: Graph, options: ModelOptions = {}): Uint8Array<ArrayBuffer> {
  const model = new Message().int(1, 10).text(2, 'shelfwise').message(7, encodeGraph(graph));
  const sets = { '': options.opset ?? 21, ...options.domains };
  for (const [domain, version] of Object.entries(sets)) {
    model.message(8, new Message().text(1, domain).int(2, version));
  }
  for (const [key, value] of Object.entries(options.metadata ?? {})) {
    model.message(14, new Message().text(1, key).text(2, value));
  }
  return model.bytes();
}

function encodeGraph(graph: Graph): Message {
  const message = new Message();
  for (const node of graph.nodes) message.message(1, encodeNode(node));
  message.text(2, graph.name);
  for (const initializer of graph.initializers ?? []) message.message(5, encodeTensor(initializer));
  for (const input of graph.inputs) message.message(11, encodeValue(input));
  for (const output of graph.outputs) message.message(12, encodeValue(output));
  return message;
}

function encodeNode(node: Node): Message {
  const message = new Message();
  for (const input of node.inputs) message.text(1, input);
  for (const output of node.outputs) message.text(2, output);
  message.text(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes ?? {})) {
    message.message(5, encodeAttribute(name, attribute));
  }
  if (node.domain) message.text(7, node.domain);
  return message;
}

function encodeAttribute(name: string, attribute: Attribute): Message {
  const message = new Message().text(1, name);
  if ('float' in attribute) return message.float(2, attribute.float).int(20, 1);
  if ('int' in attribute) return message.int(3, attribute.int).int(20, 2);
  if ('text' in attribute) return message.text(4, attribute.text).int(20, 3);
  if ('tensor' in attribute) return message.message(5, encodeTensor(attribute.tensor)).int(20, 4);
  if ('graph' in attribute) return message.message(6, encodeGraph(attribute.graph)).int(20, 5);
  if ('floats' in attribute) {
    for (const value of attribute.floats) message.float(7, value);
    return message.int(20, 6);
  }
  for (const value of attribute.ints) message.int(8, value);
  return message.int(20, 7);
}

function encodeTensor({ name, type, shape, data }: TensorValue): Message {
  const message = new Message();
  for (const size of shape) message.int(1, size);
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message.int(2, elementTypes[type]).text(8, name).raw(9, raw);
}

function encodeValue(value: ValueInfo): Message {
  const shape = new Message();
  for (const size of value.shape) {
    shape.message(1, typeof size === 'number' ? new Message().int(1, size) : new Message().text(2, size));
  }
  const tensor = new Message().int(1, elementTypes[value.type]).message(2, shape);
  return new Message().text(1, value.name).message(2, new Message().message(1, tensor));
}
