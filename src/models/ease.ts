/**
 * Embarrassingly shallow autoencoder: the linear map B of items to items, zero on its diagonal, that best rebuilds the
 * histories, `B = I - P / diag(P)` with `P = (XᵀX + λI)⁻¹`. Scores `x B`, the newest items counting most where the
 * histories are ordered.
 *
 * The fit holds P whole in memory (4·items² bytes and as much again while inverting); the model keeps the largest
 * entries of each row of B.
 *
 * @source Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019
 */
import { ShelfwiseError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import { userItems } from '../data/user-items.ts';
import type { SparseMatrix } from '../math/sparse-matrix.ts';
import { invertSpd } from '../math/spd-inverse.ts';
import { topK } from '../math/top-k.ts';
import { defineModel, type ModelDefinition } from './model.ts';
import { NeighbourModel } from './neighbour-model.ts';
import type { NeighbourTable } from './neighbour-table.ts';

const mostItems = 20_000;
/** Above this relative residual of `(XᵀX + λI) P v = v` float32 was not enough. */
const tolerance = 1e-2;

export const ease: ModelDefinition = defineModel({
  name: 'ease',
  about: 'Closed-form linear autoencoder of items (Steck 2019).',
  settings: {
    regularisation: {
      default: 100,
      min: 0.1,
      max: 1e6,
      search: [30, 100, 300, 1000],
      doc: 'λ, added to the diagonal of the items’ co-occurrences.',
    },
    neighbours: {
      default: 1000,
      min: 1,
      max: mostItems,
      search: [200, 1000, mostItems],
      doc: 'Entries kept in each row of B, largest first.',
    },
    historyDecay: {
      default: 0.7,
      min: 0,
      max: 1,
      search: [0.5, 0.7, 0.9, 1],
      doc: 'Weight lost per step back; ordered data only.',
    },
    historyLength: { default: 500, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
  },
  async fit({ histories }, settings, context) {
    const items = histories.itemCount;
    if (items > mostItems) {
      throw new ShelfwiseError(
        'SW_MODEL_LIMIT',
        `ease: expected at most ${mostItems} items, got ${items}.`,
        'Use item-knn, rp3beta or graph-filter, which have no such limit.',
        { items, mostItems },
      );
    }
    const { signal, onProgress } = context;
    const matrix = userItems(histories);
    const lambda = settings.regularisation;
    const inverse = cooccurrences(matrix, lambda);
    const tell = (share: number): void => onProgress?.(share * 0.9, 'inverting');
    await invertSpd(inverse, items, context.compute.dense, { signal, onProgress: tell });
    const residual = relativeResidual(matrix, lambda, inverse, new Random(context.seed));
    if (!(residual <= tolerance)) {
      throw new ShelfwiseError(
        'SW_MODEL_LIMIT',
        `ease.regularisation: expected an inverse good to ${tolerance}, got a residual of ${residual.toExponential(1)}.`,
        'Use a larger regularisation.',
        { residual },
      );
    }
    const table = largestEntries(inverse, items, settings.neighbours);
    onProgress?.(1, `residual ${residual.toExponential(1)}`);
    return new NeighbourModel('ease', histories.ordered ? settings : { ...settings, historyDecay: 1 }, table);
  },
  async load(state, settings) {
    return NeighbourModel.load('ease', state, settings);
  },
});

/** `XᵀX + λI`, shape `[items, items]`. */
function cooccurrences({ rows, columns: items, offsets, indices, values }: SparseMatrix, lambda: number): Float32Array {
  const gram = new Float32Array(items * items);
  for (let u = 0; u < rows; u++) {
    const to = offsets[u + 1]!;
    for (let p = offsets[u]!; p < to; p++) {
      const row = indices[p]! * items;
      for (let q = offsets[u]!; q < to; q++) gram[row + indices[q]!]! += values[p]! * values[q]!;
    }
  }
  for (let i = 0; i < items; i++) gram[i * items + i]! += lambda;
  return gram;
}

/** `‖(XᵀX + λI) P v - v‖ / ‖v‖` for a random v, summed in float64 from the sparse matrix itself. */
function relativeResidual(matrix: SparseMatrix, lambda: number, inverse: Float32Array, random: Random): number {
  const { rows, columns: items, offsets, indices, values } = matrix;
  const v = Float64Array.from({ length: items }, () => random.normal());
  const solved = new Float64Array(items);
  for (let i = 0; i < items; i++) {
    let sum = 0;
    for (let j = 0; j < items; j++) sum += inverse[i * items + j]! * v[j]!;
    solved[i] = sum;
  }
  const rebuilt = solved.map((y) => lambda * y);
  for (let u = 0; u < rows; u++) {
    let sum = 0;
    for (let p = offsets[u]!; p < offsets[u + 1]!; p++) sum += values[p]! * solved[indices[p]!]!;
    for (let p = offsets[u]!; p < offsets[u + 1]!; p++) rebuilt[indices[p]!]! += values[p]! * sum;
  }
  let error = 0;
  let norm = 0;
  for (let i = 0; i < items; i++) {
    error += (rebuilt[i]! - v[i]!) ** 2;
    norm += v[i]! ** 2;
  }
  return Math.sqrt(error / Math.max(norm, Number.MIN_VALUE));
}

/** The `kept` entries of each row of B that are largest in magnitude; exact zeros are left out. */
function largestEntries(inverse: Float32Array, items: number, kept: number): NeighbourTable {
  const scale = Float64Array.from({ length: items }, (_, j) => -1 / inverse[j * items + j]!);
  const magnitudes = new Float32Array(items);
  const rows: Int32Array[] = [];
  const offsets = new Int32Array(items + 1);
  for (let i = 0; i < items; i++) {
    for (let j = 0; j < items; j++) magnitudes[j] = Math.abs(inverse[i * items + j]! * scale[j]!);
    magnitudes[i] = 0;
    const row = topK(magnitudes, Math.min(kept, items)).filter((j) => magnitudes[j]! > 0);
    rows.push(row);
    offsets[i + 1] = offsets[i]! + row.length;
  }
  const indices = new Int32Array(offsets[items]!);
  const values = new Float32Array(offsets[items]!);
  for (const [i, row] of rows.entries()) {
    indices.set(row, offsets[i]);
    for (let n = 0; n < row.length; n++) values[offsets[i]! + n] = inverse[i * items + row[n]!]! * scale[row[n]!]!;
  }
  return { itemCount: items, offsets, indices, values };
}
