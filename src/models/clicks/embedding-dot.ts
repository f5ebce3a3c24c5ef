/**
 * The product of a user's vector and an item's, with a bias each, as a logit.
 *
 * @source Koren, Bell & Volinsky, Matrix factorization techniques for recommender systems, IEEE Computer 2009; with
 *   cross-entropy as He et al., Neural collaborative filtering, WWW 2017 (GMF)
 */
import { add, multiply } from '../../math/autodiff/operations/elementwise.ts';
import { reshape } from '../../math/autodiff/operations/shaping.ts';
import { sum } from '../../math/autodiff/operations/summing.ts';
import { embedding } from '../../math/training/layers.ts';
import { normal, zeros } from '../../math/training/parameters.ts';
import { type ClickModelDefinition, clickSettings, defineClickModel } from './click-model.ts';

export const embeddingDot: ClickModelDefinition = defineClickModel({
  name: 'embedding-dot',
  about: 'The product of two vectors with biases as a logit (Koren, Bell & Volinsky 2009).',
  settings: clickSettings,
  layers(parameters, { dimensions: size, dropout, batch }, { userCount, itemCount }) {
    const initial = normal(0.1);
    const users = embedding(parameters, 'users', { count: userCount, size, initial });
    const items = embedding(parameters, 'items', { count: itemCount, size, initial });
    const [ofUser, ofItem] = (['user', 'item'] as const).map((side) => {
      const count = side === 'user' ? userCount : itemCount;
      return embedding(parameters, `${side}Bias`, { count, size: 1, initial: zeros });
    });
    return ({ users: u, items: i }, masks) => {
      const both = masks.drop(multiply(users.of(u), items.of(i)), dropout);
      return [add(sum(both, [-1]), reshape(add(ofUser!.of(u), ofItem!.of(i)), [batch]))];
    };
  },
});
