/**
 * Reverse mode: the gradient of a scalar is an expression of the same tensors, made by going from it to what it needs and adding
 * what comes back on every way. It can be computed, sent to ONNX, or differentiated again like any other.
 *
 * @source Baydin et al., Automatic differentiation in machine learning: a survey, JMLR 18, 2018
 */
import { add } from './operations/elementwise.ts';
import { filled, inOrder, refuse, shapeText, sizeOf, sourceOf, type Tensor } from './tensor.ts';

/**
 * @param loss - a scalar
 * @param by - what the loss is differentiated by
 * @returns of the shape of each; zeros where the loss does not depend on it
 * @throws ShelfwiseError `SW_USAGE` where the loss is no scalar of floats
 */
export function gradients(loss: Tensor, by: readonly Tensor[]): Tensor[] {
  if (sizeOf(loss.shape) !== 1 || loss.type !== 'float') refuse('gradients', 'a scalar loss', shapeText(loss.shape));
  const order = inOrder([loss]);
  const needed = reaching(order, new Set(by.map((one) => sourceOf(one).of)));
  /** What has come back to each output of each operation. */
  const back = new Map<Tensor, (Tensor | undefined)[]>();
  const give = (tensor: Tensor, value: Tensor): void => {
    const { of, place } = sourceOf(tensor);
    const outputs = back.get(of) ?? [];
    const before = outputs[place];
    outputs[place] = before ? add(before, value) : value;
    back.set(of, outputs);
  };
  give(loss, filled(1, loss.shape));
  for (const of of order.toReversed()) {
    const upstream = back.get(of);
    if (!upstream || !needed.has(of) || of.inputs.length === 0) continue;
    const own = of.operation.gradient?.(of, upstream) ?? [];
    for (const [n, value] of own.entries()) {
      const to = of.inputs[n]!;
      if (value && to.type === 'float' && needed.has(sourceOf(to).of)) give(to, value);
    }
  }
  return by.map((one) => {
    const { of, place } = sourceOf(one);
    return back.get(of)?.[place] ?? filled(0, one.shape);
  });
}

/** Those of an order that lead to some of the wanted ones: gradients of others are not asked for. */
function reaching(order: readonly Tensor[], wanted: ReadonlySet<Tensor>): ReadonlySet<Tensor> {
  const found = new Set<Tensor>();
  for (const of of order) if (wanted.has(of) || of.inputs.some((one) => found.has(sourceOf(one).of))) found.add(of);
  return found;
}
