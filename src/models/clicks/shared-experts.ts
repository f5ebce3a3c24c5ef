/**
 * Several tasks at once (click, cart, buy): experts that all share, mixed for each task by a gate of its own.
 *
 * @source Ma et al., Modeling task relationships in multi-task learning with multi-gate mixture-of-experts, KDD 2018
 */
import { multiply } from '../../math/autodiff/operations/elementwise.ts';
import { concat, reshape } from '../../math/autodiff/operations/shaping.ts';
import { embedding, linear, sharedExperts as mixture } from '../../math/training/layers.ts';
import { normal } from '../../math/training/parameters.ts';
import { type ClickModelDefinition, clickSettings, defineClickModel } from './click-model.ts';
import { featureCount } from './pair-features.ts';

export const sharedExperts: ClickModelDefinition = defineClickModel({
  name: 'shared-experts',
  about: 'Click, cart and buy by experts that all share and a gate for each (Ma et al. 2018).',
  settings: {
    ...clickSettings,
    experts: { default: 4, min: 1, max: 64, search: [2, 4, 8], doc: 'Experts.' },
    hidden: { default: 32, min: 4, max: 4096, search: [16, 32, 64], doc: 'Units of an expert.' },
  },
  layers(parameters, { dimensions: size, dropout, batch, experts, hidden }, { userCount, itemCount, train }) {
    const initial = normal(0.1);
    const users = embedding(parameters, 'users', { count: userCount, size, initial });
    const items = embedding(parameters, 'items', { count: itemCount, size, initial });
    const tasks = Object.keys(train.labels);
    const form = { inputs: 3 * size + featureCount, size: hidden, experts, tasks: tasks.length };
    const mixed = mixture(parameters, 'mixture', form);
    const heads = tasks.map((task) => linear(parameters, `head.${task}`, { inputs: hidden, outputs: 1 }));
    return ({ users: u, items: i, counted }, masks) => {
      const [own, other] = [masks.drop(users.of(u), dropout), masks.drop(items.of(i), dropout)];
      const said = mixed(concat([own, other, multiply(own, other), counted], 1));
      return heads.map((head, n) => reshape(head(masks.drop(said[n]!, dropout)), [batch]));
    };
  },
});
