/**
 * Runs an expression here and now, without a runtime: small graphs (one shopper's history through a trained model) in some
 * milliseconds, in whatever thread asks, with weights that lie where they are.
 */
import { inOrder, isLeaf, type Numbers, refuse, sizeOf, sourceOf, type Tensor } from './tensor.ts';

/** Weights of more values than this are read where they lie; smaller ones are kept in double precision, which is faster. */
const mostCopied = 1 << 20;

export class PlainRunner {
  readonly #order: readonly Tensor[];
  readonly #wanted: Tensor;
  readonly #weights = new Map<Tensor, readonly Numbers[]>();

  /** @param weights - values of leaves that do not change, by name; the others are given to each run */
  constructor(wanted: Tensor, weights: Readonly<Record<string, Float32Array>>) {
    this.#wanted = wanted;
    this.#order = inOrder([wanted]);
    for (const of of this.#order) {
      if (!isLeaf(of)) continue;
      const own = weights[of.attributes.name];
      if (!own) continue;
      if (own.length !== sizeOf(of.shape)) refuse(of.attributes.name, `${sizeOf(of.shape)} weights`, `${own.length}`);
      const values = own.length > mostCopied ? (own as unknown as Numbers) : Float64Array.from(own);
      this.#weights.set(of, [values]);
    }
  }

  /** @throws ShelfwiseError `SW_USAGE` where a value is missing or of another size */
  run(given: Readonly<Record<string, ArrayLike<number>>>): Numbers {
    const values = new Map(this.#weights);
    const found = (tensor: Tensor): Numbers => {
      const { of, place } = sourceOf(tensor);
      return values.get(of)![place]!;
    };
    for (const of of this.#order) {
      if (values.has(of)) continue;
      if (isLeaf(of)) {
        const own = given[of.attributes.name];
        if (own?.length !== sizeOf(of.shape))
          refuse(of.attributes.name, `${sizeOf(of.shape)} values`, `${own?.length}`);
        values.set(of, [Float64Array.from(own as ArrayLike<number>)]);
      } else values.set(of, of.operation.evaluate(of, of.inputs.map(found)));
    }
    return found(this.#wanted);
  }
}
