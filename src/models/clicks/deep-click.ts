/**
 * Layers over a user's vector, an item's, their product and what counting says of the pair, with that as a straight way beside.
 *
 * @source Cheng et al., Wide & deep learning for recommender systems, DLRS 2016; He et al., Neural collaborative filtering,
 *   WWW 2017
 */
import { add, multiply } from '../../math/autodiff/operations/elementwise.ts';
import { concat, reshape } from '../../math/autodiff/operations/shaping.ts';
import { embedding, linear, multilayer } from '../../math/training/layers.ts';
import { normal } from '../../math/training/parameters.ts';
import { type ClickModelDefinition, clickSettings, defineClickModel } from './click-model.ts';
import { featureCount } from './pair-features.ts';

export const deepClick: ClickModelDefinition = defineClickModel({
  name: 'deep-click',
  about: 'Layers over both vectors, their product and counts, the counts straight beside (Cheng et al. 2016).',
  settings: {
    ...clickSettings,
    hidden: { default: 64, min: 4, max: 4096, search: [32, 64, 128], doc: 'Units of the inner layer.' },
  },
  layers(parameters, { dimensions: size, dropout, batch, hidden }, { userCount, itemCount }) {
    const initial = normal(0.1);
    const users = embedding(parameters, 'users', { count: userCount, size, initial });
    const items = embedding(parameters, 'items', { count: itemCount, size, initial });
    const deep = multilayer(parameters, 'deep', [3 * size + featureCount, hidden, 1], { dropout });
    const wide = linear(parameters, 'wide', { inputs: featureCount, outputs: 1 });
    return ({ users: u, items: i, counted }, masks) => {
      const [own, other] = [masks.drop(users.of(u), dropout), masks.drop(items.of(i), dropout)];
      const inner = deep(concat([own, other, multiply(own, other), counted], 1), masks);
      return [reshape(add(inner, wide(counted)), [batch])];
    };
  },
});
