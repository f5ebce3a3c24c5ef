/**
 * Item-based nearest neighbours: cosine of two items' user vectors with shrinkage toward zero for rare pairs; a history
 * scores by the similarities of its items, the newest counting most.
 *
 * @source Sarwar et al., Item-based collaborative filtering recommendation algorithms, WWW 2001
 */
import { userItems } from '../data/user-items.ts';
import { columnSquares } from '../math/sparse-matrix.ts';
import { defineModel, type ModelDefinition } from './model.ts';
import { NeighbourModel } from './neighbour-model.ts';
import { fitSimilarity } from './similarity-fit.ts';

export const itemKnn: ModelDefinition = defineModel({
  name: 'item-knn',
  about: 'Cosine similarity of items by the users they share, with shrinkage (Sarwar et al. 2001).',
  settings: {
    neighbours: { default: 200, min: 1, max: 5000, search: [50, 100, 200, 400], doc: 'Similar items kept per item.' },
    shrink: {
      default: 10,
      min: 0,
      max: 10_000,
      search: [0, 5, 10, 30, 100],
      doc: 'Added to the denominator of the cosine.',
    },
    userExponent: {
      default: 0.5,
      min: 0,
      max: 2,
      search: [0, 0.3, 0.5, 0.8],
      doc: 'A user with n items counts n^-exponent.',
    },
    historyDecay: {
      default: 0.8,
      min: 0,
      max: 1,
      search: [0.6, 0.8, 0.9, 1],
      doc: 'Weight lost per step back; ordered data only.',
    },
    historyLength: { default: 500, min: 1, max: 100_000, doc: 'Newest positions of a history that count.' },
  },
  async fit({ histories }, settings, context) {
    const matrix = userItems(histories);
    const rowWeights = degreeWeights(matrix.offsets, settings.userExponent);
    const norms = Float32Array.from(columnSquares(matrix), (s) => Math.sqrt(Math.max(s, 1e-12)));
    const { shrink, neighbours } = settings;
    const scaling = { source: norms, target: norms, shrink, neighbours };
    const table = await fitSimilarity(matrix, rowWeights, scaling, context);
    return new NeighbourModel('item-knn', histories.ordered ? settings : { ...settings, historyDecay: 1 }, table);
  },
  async load(state, settings) {
    return NeighbourModel.load('item-knn', state, settings);
  },
});

/** `n^-exponent` for each row with n entries. */
export function degreeWeights(offsets: Int32Array, exponent: number): Float32Array {
  const weights = new Float32Array(offsets.length - 1);
  for (let u = 0; u < weights.length; u++) weights[u] = Math.max(1, offsets[u + 1]! - offsets[u]!) ** -exponent;
  return weights;
}
