/**
 * Vectors spread over a graph and averaged over the layers, outside of any training graph: what comes out is fed to one, and the
 * gradient that it returns for that input goes back through the adjoint.
 *
 * @source He et al., LightGCN: simplifying and powering graph convolution network for recommendation, SIGIR 2020
 */
import { type SparseMatrix, transpose } from '../sparse-matrix.ts';

export class Propagation {
  readonly #forward: SparseMatrix;
  readonly #backward: SparseMatrix;
  readonly #layers: number;

  /** @param adjacency - square, normalised as the model has it */
  constructor(adjacency: SparseMatrix, layers: number) {
    this.#forward = adjacency;
    this.#backward = transpose(adjacency);
    this.#layers = layers;
  }

  /** @param vectors - `[nodes, width]`. @returns the mean of what each number of steps makes of them, from none on */
  forward(vectors: Float32Array, width: number): Float32Array {
    return meanOfLayers(this.#forward, vectors, width, this.#layers);
  }

  /** @param slopes - gradient by what `forward` returned. @returns gradient by what it was given */
  adjoint(slopes: Float32Array, width: number): Float32Array {
    return meanOfLayers(this.#backward, slopes, width, this.#layers);
  }
}

function meanOfLayers(matrix: SparseMatrix, vectors: Float32Array, width: number, layers: number): Float32Array {
  const total = vectors.slice();
  let layer = vectors;
  for (let n = 0; n < layers; n++) {
    layer = product(matrix, layer, width);
    for (let i = 0; i < total.length; i++) total[i]! += layer[i]!;
  }
  for (let i = 0; i < total.length; i++) total[i]! /= layers + 1;
  return total;
}

function product({ rows, offsets, indices, values }: SparseMatrix, vectors: Float32Array, width: number): Float32Array {
  const out = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++)
    for (let p = offsets[r]!; p < offsets[r + 1]!; p++) {
      const [from, value] = [indices[p]! * width, values[p]!];
      for (let d = 0; d < width; d++) out[r * width + d]! += value * vectors[from + d]!;
    }
  return out;
}
