/**
 * The next item by self-attention over the history: a transformer whose output at each position is compared with the vectors of all
 * items. Trained on every position at once with the softmax over the whole catalogue, or over drawn items where that is large.
 *
 * @source Kang & McAuley, Self-attentive sequential recommendation, ICDM 2018
 * @source Klenitskiy & Vasilev, Turning dross into gold loss: is BERT4Rec really better than SASRec?, RecSys 2023 (cross-entropy)
 * @source Zhou et al., S3-Rec: self-supervised learning for sequential recommendation, CIKM 2020 (pretraining on hidden items)
 */
import type { ModelDefinition } from './model.ts';
import { defineSequenceModel } from './neural/sequence-model.ts';
import { hidingSettings, pretrainingSettings, sequenceSettings } from './neural/sequence-settings.ts';
import { transformer, transformerSettings } from './neural/transformer-layers.ts';

export const sasrec: ModelDefinition = defineSequenceModel({
  name: 'sasrec',
  about: 'Self-attention over the history, trained with a softmax over the catalogue (Kang & McAuley 2018).',
  settings: { ...sequenceSettings, ...transformerSettings, ...pretrainingSettings, ...hidingSettings },
  isTwoSided: false,
  layers: (own) => transformer('sasrec', own),
});
