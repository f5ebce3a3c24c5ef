/** Computes tensors in float64, plainly: what ONNX graphs and gradients are checked against. */
import { inOrder, isLeaf, type Numbers, refuse, sizeOf, sourceOf, type Tensor } from './tensor.ts';

/**
 * @param wanted - what to compute
 * @param given - values of inputs and parameters by their names
 * @throws ShelfwiseError `SW_USAGE` where a value is missing or of another size
 */
export function compute(
  wanted: readonly Tensor[],
  given: Readonly<Record<string, ArrayLike<number | bigint>>>,
): Numbers[] {
  const values = new Map<Tensor, readonly Numbers[]>();
  const found = (tensor: Tensor): Numbers => {
    const { of, place } = sourceOf(tensor);
    return values.get(of)![place]!;
  };
  for (const of of inOrder(wanted)) {
    if (isLeaf(of)) {
      const { name } = of.attributes;
      const own = given[name];
      if (own?.length !== sizeOf(of.shape))
        refuse(`reference: ${name}`, `${sizeOf(of.shape)} values`, `${own?.length}`);
      values.set(of, [Float64Array.from(own as ArrayLike<number>, Number)]);
    } else values.set(of, of.operation.evaluate(of, of.inputs.map(found)));
  }
  return wanted.map(found);
}
