/**
 * A tensor that is not computed yet: an operation on other tensors, with the shape and type that it will have. Expressions of
 * tensors become ONNX graphs (`to-onnx.ts`), get gradients of the same kind (`gradients.ts`), and are computed in float64 to
 * check both (`reference.ts`).
 */
import { ShelfwiseError } from '../../core/errors.ts';
import type { ElementType, Node } from '../onnx/model-proto.ts';

/** Only floats have gradients; int64 are indices, bool conditions, uint8 masks. */
export type TensorType = Extract<ElementType, 'float' | 'int64' | 'bool' | 'uint8'>;

export interface TensorForm {
  /** Row-major; all sizes are known. */
  readonly shape: readonly number[];
  readonly type: TensorType;
}

export interface Tensor<A = unknown> extends TensorForm {
  readonly operation: Operation<A>;
  readonly inputs: readonly Tensor[];
  /** What the operation is told beside its inputs. */
  readonly attributes: A;
  /** Further outputs of the operation, read by `output`. */
  readonly others: readonly TensorForm[];
}

/** Values of a tensor in the float64 reference, whatever its type. */
export type Numbers = Float64Array;

/** What an operation is, once: its values, its nodes in ONNX, its gradient. */
export interface Operation<A = unknown> {
  readonly name: string;
  /** Values of all outputs, by the definition. */
  evaluate(of: Tensor<A>, inputs: readonly Numbers[]): readonly Numbers[];
  /** Names of all outputs. */
  emit(to: NodeWriter, of: Tensor<A>, inputs: readonly string[]): readonly string[];
  /**
   * Gradient of each input, from that of each output (undefined where none flows); absent for operations that have none.
   */
  gradient?(of: Tensor<A>, upstream: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[];
}

/** Where operations write their nodes. */
export interface NodeWriter {
  /** True where only operators of the standard set may be used, so that any runtime opens the model. */
  readonly isStandard: boolean;
  /** Adds a node. @returns names of its outputs */
  node(
    op: string,
    inputs: readonly string[],
    attributes?: Node['attributes'],
    options?: NodeOptions,
  ): readonly string[];
  /** A constant of int64. */
  ints(values: readonly number[]): string;
  /** A constant of floats. @param shape - by default that of a scalar */
  floats(values: readonly number[] | Float32Array, shape?: readonly number[]): string;
}

export interface NodeOptions {
  /** Names to give out. @default 1 */
  readonly outputs?: number;
  readonly domain?: 'com.microsoft';
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, n) => size === b[n]);
}

/** @throws ShelfwiseError `SW_USAGE` */
export function refuse(operation: string, expected: string, got: string): never {
  throw new ShelfwiseError('SW_USAGE', `${operation}: expected ${expected}, got ${got}.`, 'Change the shapes.');
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

export function make<A>(
  operation: Operation<A>,
  inputs: readonly Tensor[],
  form: TensorForm,
  attributes: A,
  others: readonly TensorForm[] = [],
): Tensor<A> {
  if (form.shape.some((size) => !Number.isInteger(size) || size < 1))
    refuse(operation.name, 'a shape of positive integers', shapeText(form.shape));
  return { operation, inputs, ...form, attributes, others };
}

export interface Named {
  readonly name: string;
}

/** What is fed into a run, or trained: it has a name and no operation behind it. */
const leaf: Operation<Named> = {
  name: 'leaf',
  evaluate: ({ attributes: { name } }) => refuse('reference', `values of ${name}`, 'none'),
  emit: (_, { attributes: { name } }) => [name],
};

export function isLeaf(tensor: Tensor): tensor is Tensor<Named> {
  return tensor.operation === leaf;
}

/** What each run is given. */
export function input(name: string, shape: readonly number[], type: TensorType = 'float'): Tensor<Named> {
  return make(leaf, [], { shape, type }, { name });
}

/** What training changes. */
export function parameter(name: string, shape: readonly number[]): Tensor<Named> {
  return make(leaf, [], { shape, type: 'float' }, { name });
}

const constantOf: Operation<{ readonly values: readonly number[] }> = {
  name: 'constant',
  evaluate: ({ attributes }) => [Float64Array.from(attributes.values)],
  emit: (to, { attributes: { values }, shape, type }) =>
    type === 'int64' && shape.length === 1 ? [to.ints(values)] : [to.floats(values, shape)],
};

/** @param values - row-major; int64 ones have one dimension */
export function constant(
  values: readonly number[],
  shape: readonly number[] = [values.length],
  type: 'float' | 'int64' = 'float',
): Tensor {
  if (values.length !== sizeOf(shape)) refuse('constant', `${sizeOf(shape)} values`, `${values.length}`);
  return make(constantOf, [], { shape, type }, { values });
}

export const scalar = (value: number): Tensor => constant([value], []);

const filledOf: Operation<{ readonly value: number }> = {
  name: 'filled',
  evaluate: ({ attributes: { value }, shape }) => [new Float64Array(sizeOf(shape)).fill(value)],
  emit: (to, { attributes: { value }, shape }) =>
    shape.length === 0 ? [to.floats([value])] : to.node('Expand', [to.floats([value]), to.ints(shape)]),
};

/** One value everywhere. */
export function filled(value: number, shape: readonly number[]): Tensor {
  return make(filledOf, [], { shape, type: 'float' }, { value });
}

const outputOf: Operation<{ readonly place: number }> = {
  name: 'output',
  evaluate: () => refuse('reference', 'outputs to be read by their operation', 'an output alone'),
  emit: () => refuse('to-onnx', 'outputs to be read by their operation', 'an output alone'),
};

/** A further output of an operation. @param place - from 1 on */
export function output(of: Tensor, place: number): Tensor {
  const form = of.others[place - 1];
  if (!form) refuse(of.operation.name, `an output from 1 to ${of.others.length}`, `${place}`);
  return make(outputOf, [of], form, { place });
}

/** The tensor whose operation makes it, and which of its outputs it is. */
export function sourceOf(tensor: Tensor): { readonly of: Tensor; readonly place: number } {
  if (tensor.operation !== (outputOf as Operation)) return { of: tensor, place: 0 };
  return { of: tensor.inputs[0]!, place: (tensor as Tensor<{ place: number }>).attributes.place };
}

/** All tensors that some need, each once and after what it needs; outputs are told by what makes them. */
export function inOrder(wanted: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  const order: Tensor[] = [];
  const stack: { readonly tensor: Tensor; next: number }[] = [];
  const visit = (tensor: Tensor): void => {
    const { of } = sourceOf(tensor);
    if (seen.has(of)) return;
    seen.add(of);
    stack.push({ tensor: of, next: 0 });
  };
  for (const tensor of wanted) {
    visit(tensor);
    // Unrolled recurrent cells are deeper than a call stack.
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const needed = top.tensor.inputs[top.next++];
      if (needed) visit(needed);
      else {
        order.push(top.tensor);
        stack.pop();
      }
    }
  }
  return order;
}
