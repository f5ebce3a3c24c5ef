/** Runs the kernels of item-to-item rows: weighted co-occurrence or transitions, scaled and cut to the K best. */
import { type KernelPool, withKernels } from '../math/kernels/kernel-pool.ts';
import { type SparseMatrix, transpose } from '../math/sparse-matrix.ts';
import type { FitContext } from './model.ts';
import type { NeighbourTable } from './neighbour-table.ts';

/** How raw sums become similarities: `sum(i, j) / (source[i] · target[j] + shrink)`, the K best j of each i. */
export interface NeighbourScaling {
  /** Shape `[items]`, > 0. */
  readonly source: Float32Array;
  /** Shape `[items]`, > 0. */
  readonly target: Float32Array;
  readonly shrink: number;
  readonly neighbours: number;
}

/**
 * `s(i, j) = Σ_u rowWeights[u] · m(u,i) · m(u,j) / (source[i] · target[j] + shrink)`, j ≠ i.
 *
 * @param rowWeights - shape `[users]`, ≥ 0
 */
export async function fitSimilarity(
  matrix: SparseMatrix,
  rowWeights: Float32Array,
  scaling: NeighbourScaling,
  context: FitContext,
): Promise<NeighbourTable> {
  const byItem = transpose(matrix);
  const weighted = matrix.values.slice();
  for (let u = 0; u < matrix.rows; u++) {
    for (let p = matrix.offsets[u]!; p < matrix.offsets[u + 1]!; p++) weighted[p]! *= rowWeights[u]!;
  }
  return withKernels(context.compute.threads, (pool) => {
    const left = [pool.i32(byItem.offsets), pool.i32(byItem.indices), pool.f32(byItem.values)];
    const right = [pool.i32(matrix.offsets), pool.i32(matrix.indices), pool.f32(weighted)];
    return neighbourRows(pool, 'similarityRows', matrix.columns, [...left, ...right], scaling, context);
  });
}

/** Floats of output that stand in the pool at a time; the rest of the table grows outside its 4 GiB. */
const slabEntries = 2 ** 24;

/** Runs a kernel of item rows, slab by slab; `inputs` are its arguments between `shrink` and `source`. */
export async function neighbourRows(
  pool: KernelPool,
  kernel: 'similarityRows' | 'transitionRows',
  items: number,
  inputs: readonly (number | Float32Array | Int32Array)[],
  scaling: NeighbourScaling,
  context: Pick<FitContext, 'signal' | 'onProgress'>,
): Promise<NeighbourTable> {
  const k = Math.max(1, Math.min(scaling.neighbours, items - 1));
  const slab = Math.max(1, Math.min(items, Math.floor(slabEntries / k)));
  const scratch = pool.f32(pool.threads * items * 4);
  const common = [...inputs, pool.f32(scaling.source), pool.f32(scaling.target), scratch];
  const [indices, values, counts] = [pool.i32(slab * k), pool.f32(slab * k), pool.i32(slab)];
  const offsets = new Int32Array(items + 1);
  const parts: { readonly indices: Int32Array; readonly values: Float32Array }[] = [];
  for (let first = 0; first < items; first += slab) {
    const rows = Math.min(slab, items - first);
    const args = [first, items, k, scaling.shrink, ...common, indices, values, counts];
    await pool.run(kernel, rows, args, { signal: context.signal });
    for (let r = 0; r < rows; r++) offsets[first + r + 1] = offsets[first + r]! + counts[r]!;
    const from = offsets[first]!;
    const part = {
      indices: new Int32Array(offsets[first + rows]! - from),
      values: new Float32Array(offsets[first + rows]! - from),
    };
    for (let r = 0; r < rows; r++) {
      part.indices.set(indices.subarray(r * k, r * k + counts[r]!), offsets[first + r]! - from);
      part.values.set(values.subarray(r * k, r * k + counts[r]!), offsets[first + r]! - from);
    }
    parts.push(part);
    context.onProgress?.((first + rows) / items);
  }
  const table = {
    itemCount: items,
    offsets,
    indices: new Int32Array(offsets[items]!),
    values: new Float32Array(offsets[items]!),
  };
  let at = 0;
  for (const part of parts) {
    table.indices.set(part.indices, at);
    table.values.set(part.values, at);
    at += part.indices.length;
  }
  return table;
}
