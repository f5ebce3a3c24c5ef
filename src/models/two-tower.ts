/**
 * A tower for the shopper (the mean of the history, through layers) and one for the item (its own vector and what it is), trained
 * to find what was chosen among what others of the batch chose, corrected for how often that is.
 *
 * @source Yi et al., Sampling-bias-corrected neural modeling for large corpus item recommendations, RecSys 2019
 */
import { add } from '../math/autodiff/operations/elementwise.ts';
import { rows } from '../math/autodiff/operations/lookup.ts';
import { matmul } from '../math/autodiff/operations/matrix.ts';
import { softmax } from '../math/autodiff/operations/normalising.ts';
import { reshape } from '../math/autodiff/operations/shaping.ts';
import { layerNorm, multilayer } from '../math/training/layers.ts';
import { normal } from '../math/training/parameters.ts';
import type { ModelDefinition } from './model.ts';
import { defineSequenceModel } from './neural/sequence-model.ts';
import type { Layers } from './neural/sequence-network.ts';
import { sequenceSettings } from './neural/sequence-settings.ts';

export const twoTower: ModelDefinition = defineSequenceModel({
  name: 'two-tower',
  about: 'Towers of layers for shopper and item, told from the rest of the batch (Yi et al. 2019).',
  settings: {
    ...sequenceSettings,
    loss: { ...sequenceSettings.loss, default: 'in-batch' },
    hidden: { default: 128, min: 8, max: 4096, search: [64, 128, 256], doc: 'Units of the tower’s inner layer.' },
  },
  isTwoSided: false,
  layers: tower,
});

/** @param hidden - units of the inner layer */
export function tower({ hidden }: { readonly hidden: number }): Layers {
  return (parameters, { size, length: longest, dropout }) => {
    const ages = parameters.add('ages.weight', [longest, size], normal(0.02));
    const layers = multilayer(parameters, 'tower', [size, hidden, size], { dropout });
    const norm = layerNorm(parameters, 'norm', size);
    return ({ vectors, places, mask }, masks) => {
      const [batch, length] = vectors.shape as [number, number, number];
      // Equal weight for all that may be seen.
      const seen = softmax(reshape(mask, mask.shape.length === 2 ? [1, length, length] : [batch, length, length]));
      const mean = matmul(seen, masks.drop(add(vectors, rows(ages, places)), dropout));
      return norm(add(mean, layers(mean, masks)));
    };
  };
}
