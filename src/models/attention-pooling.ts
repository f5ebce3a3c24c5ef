/**
 * The history as a sum of its items, weighted by a softmax over scores: a small network scores what each item is, and a learned
 * number how long ago it was.
 *
 * @source Zhou et al., Deep interest network for click-through rate prediction, KDD 2018 (scored history); Yang et al.,
 *   Hierarchical attention networks, NAACL 2016 (softmax over it); Liu et al., STAMP, KDD 2018 (the last item beside it)
 */
import { add, tanh } from '../math/autodiff/operations/elementwise.ts';
import { rows } from '../math/autodiff/operations/lookup.ts';
import { matmul } from '../math/autodiff/operations/matrix.ts';
import { softmax } from '../math/autodiff/operations/normalising.ts';
import { reshape } from '../math/autodiff/operations/shaping.ts';
import { constant } from '../math/autodiff/tensor.ts';
import { layerNorm, linear } from '../math/training/layers.ts';
import { zeros } from '../math/training/parameters.ts';
import type { ModelDefinition } from './model.ts';
import { defineSequenceModel } from './neural/sequence-model.ts';
import type { Layers } from './neural/sequence-network.ts';
import { sequenceSettings } from './neural/sequence-settings.ts';

export const attentionPooling: ModelDefinition = defineSequenceModel({
  name: 'attention-pooling',
  about: 'A sum of the history, weighted by a softmax over a score of each item and its age (Zhou et al. 2018).',
  settings: sequenceSettings,
  isTwoSided: false,
  layers: () => pooling,
});

export const pooling: Layers = (parameters, { size, length: longest, dropout }) => {
  const inner = linear(parameters, 'inner', { inputs: size, outputs: size });
  const score = linear(parameters, 'score', { inputs: size, outputs: 1, bias: false });
  const ages = parameters.add('ages.weight', [longest, 1], zeros);
  const pool = linear(parameters, 'pool', { inputs: size, outputs: size });
  const last = linear(parameters, 'last', { inputs: size, outputs: size, bias: false });
  const norm = layerNorm(parameters, 'norm', size);
  return ({ vectors, mask }, masks) => {
    const [batch, length] = vectors.shape as [number, number, number];
    const x = masks.drop(vectors, dropout);
    const scores = reshape(score(tanh(inner(x))), [batch, 1, length]);
    const steps = Array.from({ length: length * length }, (_, n) =>
      Math.min(longest - 1, Math.max(0, Math.floor(n / length) - (n % length))),
    );
    const byAge = reshape(rows(ages, constant(steps, [steps.length], 'int64')), [length, length]);
    const seen = reshape(mask, mask.shape.length === 2 ? [1, length, length] : [batch, length, length]);
    const weights = softmax(add(add(scores, byAge), seen));
    return norm(add(pool(matmul(weights, x)), last(x)));
  };
};
