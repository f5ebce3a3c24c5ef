/**
 * A three-step random walk user - item - user - item whose last step is damped by the target's popularity; the
 * exponents of each degree are free, which holds P3alpha and RP3beta as cases.
 *
 * @source Paudel, Christoffel, Newell & Bernstein, Updatable, accurate, diverse and scalable recommendations, TiiS 2016
 */
import { userItems } from '../data/user-items.ts';
import { columnCounts } from '../math/sparse-matrix.ts';
import { degreeWeights } from './item-knn.ts';
import { defineModel, type ModelDefinition } from './model.ts';
import { NeighbourModel } from './neighbour-model.ts';
import { fitSimilarity } from './similarity-fit.ts';

export const rp3beta: ModelDefinition = defineModel({
  name: 'rp3beta',
  about: 'Three-step random walk with damped popularity (Paudel et al. 2016).',
  settings: {
    neighbours: { default: 400, min: 1, max: 5000, search: [100, 200, 400], doc: 'Reachable items kept per item.' },
    userExponent: {
      default: 0.7,
      min: 0,
      max: 2,
      search: [0.3, 0.5, 0.7, 0.9],
      doc: 'Damping by the degree of the user between.',
    },
    sourceExponent: {
      default: 0.6,
      min: 0,
      max: 2,
      search: [0.4, 0.5, 0.6, 0.8],
      doc: 'Damping by the degree of the item walked from.',
    },
    targetExponent: {
      default: 0.3,
      min: 0,
      max: 2,
      search: [0.2, 0.3, 0.4, 0.6],
      doc: 'Damping by the degree of the item walked to (beta).',
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
    const matrix = userItems(histories);
    const degrees = columnCounts(matrix);
    const power = (exponent: number) => Float32Array.from(degrees, (n) => Math.max(1, n) ** exponent);
    const rowWeights = degreeWeights(matrix.offsets, settings.userExponent);
    const { sourceExponent, targetExponent, neighbours } = settings;
    const scaling = { source: power(sourceExponent), target: power(targetExponent), shrink: 0, neighbours };
    const table = await fitSimilarity(matrix, rowWeights, scaling, context);
    return new NeighbourModel('rp3beta', histories.ordered ? settings : { ...settings, historyDecay: 1 }, table);
  },
  async load(state, settings) {
    return NeighbourModel.load('rp3beta', state, settings);
  },
});
