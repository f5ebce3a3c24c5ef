/** Runs the similarity kernel over a user-item matrix: weighted co-occurrence, scaled and cut to the K best. */
import { withKernels } from '../math/kernels/kernel-pool.ts';
import { type SparseMatrix, transpose } from '../math/sparse-matrix.ts';
import type { FitContext } from './model.ts';
import { type NeighbourTable, neighbourTable } from './neighbour-table.ts';

/**
 * `s(i, j) = Σ_u rowWeights[u] · m(u,i) · m(u,j) / (source[i] · target[j] + shrink)`, the K best j of each i.
 *
 * @param rowWeights - shape `[users]`
 * @param source - shape `[items]`, > 0
 * @param target - shape `[items]`, > 0
 */
export async function fitSimilarity(
  matrix: SparseMatrix,
  scaling: { rowWeights: Float32Array; source: Float32Array; target: Float32Array; shrink: number },
  neighbours: number,
  context: FitContext,
): Promise<NeighbourTable> {
  const items = matrix.columns;
  const byItem = transpose(matrix);
  const weighted = matrix.values.slice();
  for (let u = 0; u < matrix.rows; u++) {
    for (let p = matrix.offsets[u]!; p < matrix.offsets[u + 1]!; p++) weighted[p]! *= scaling.rowWeights[u]!;
  }
  const k = Math.max(1, Math.min(neighbours, items));
  return withKernels(context.compute.threads, async (pool) => {
    const [indices, values, counts] = [pool.i32(items * k), pool.f32(items * k), pool.i32(items)];
    const left = [pool.i32(byItem.offsets), pool.i32(byItem.indices), pool.f32(byItem.values)];
    const right = [pool.i32(matrix.offsets), pool.i32(matrix.indices), pool.f32(weighted)];
    const scale = [pool.f32(scaling.source), pool.f32(scaling.target), pool.f32(pool.threads * items * 2)];
    const args = [items, k, scaling.shrink, ...left, ...right, ...scale, indices, values, counts];
    await pool.run('similarityRows', items, args, { signal: context.signal });
    return neighbourTable(items, k, indices, values, counts);
  });
}
