/**
 * Hidden items by self-attention that looks both ways; a question is a history that ends in a hidden item.
 *
 * @source Sun et al., BERT4Rec: sequential recommendation with bidirectional encoder representations from transformer, CIKM
 *   2019
 */
import type { ModelDefinition } from './model.ts';
import { defineSequenceModel } from './neural/sequence-model.ts';
import { hidingSettings, sequenceSettings } from './neural/sequence-settings.ts';
import { transformer, transformerSettings } from './neural/transformer-layers.ts';

export const bert4rec: ModelDefinition = defineSequenceModel({
  name: 'bert4rec',
  about: 'Self-attention in both directions, trained to find hidden items (Sun et al. 2019).',
  settings: { ...sequenceSettings, ...transformerSettings, ...hidingSettings },
  isTwoSided: true,
  layers: (own) => transformer('bert4rec', own),
});
