/**
 * The next item by gated recurrent units over the history.
 *
 * @source Hidasi et al., Session-based recommendations with recurrent neural networks, ICLR 2016; Hidasi & Karatzoglou,
 *   Recurrent neural networks with top-k gains for session-based recommendations, CIKM 2018 (the loss decides)
 */
import { gru, layerNorm, linear } from '../math/training/layers.ts';
import type { ModelDefinition } from './model.ts';
import { defineSequenceModel } from './neural/sequence-model.ts';
import type { Layers } from './neural/sequence-network.ts';
import { sequenceSettings } from './neural/sequence-settings.ts';

export const gru4rec: ModelDefinition = defineSequenceModel({
  name: 'gru4rec',
  about: 'Gated recurrent units over the history, trained with a softmax over the catalogue (Hidasi et al. 2016).',
  settings: {
    ...sequenceSettings,
    layers: { default: 1, min: 1, max: 4, search: [1, 2], doc: 'Units one over another.' },
    units: { default: 128, min: 8, max: 1024, search: [64, 128, 256], doc: 'Length of a state.' },
  },
  isTwoSided: false,
  layers: recurrent,
});

/** @param units - length of a state */
export function recurrent({ layers, units }: { readonly layers: number; readonly units: number }): Layers {
  return (parameters, { size, dropout }) => {
    const cells = Array.from({ length: layers }, (_, n) =>
      gru(parameters, `gru.${n}`, { inputs: n === 0 ? size : units, size: units }),
    );
    const out = linear(parameters, 'out', { inputs: units, outputs: size });
    const norm = layerNorm(parameters, 'norm', size);
    return ({ vectors, begins }, masks) => {
      const begun = masks.drop(vectors, dropout);
      return norm(out(cells.reduce((x, cell) => masks.drop(cell(x, { begins }), dropout), begun)));
    };
  };
}
