/** Blocks of self-attention over a history, as more than one model has them. */
import { ShelfwiseError } from '../../core/errors.ts';
import { add } from '../../math/autodiff/operations/elementwise.ts';
import { rows } from '../../math/autodiff/operations/lookup.ts';
import { layerNorm, transformerBlock } from '../../math/training/layers.ts';
import { normal } from '../../math/training/parameters.ts';
import type { SettingsOf } from '../settings.ts';
import type { Layers } from './sequence-network.ts';

export const transformerSettings = {
  layers: { default: 2, min: 1, max: 12, search: [1, 2, 3], doc: 'Blocks of attention and feed-forward.' },
  heads: { default: 2, min: 1, max: 16, doc: 'Heads of attention; the dimensions are a multiple of them.' },
} as const;

/** @throws ShelfwiseError `SW_SETTING` where the heads do not share the dimensions evenly */
export function transformer(
  name: string,
  { layers, heads, dimensions }: SettingsOf<typeof transformerSettings> & { readonly dimensions: number },
): Layers {
  if (dimensions % heads !== 0) {
    const message = `${name}: expected dimensions that are a multiple of the ${heads} heads, got ${dimensions}.`;
    throw new ShelfwiseError('SW_SETTING', message, 'Change one of them.');
  }
  return (parameters, { size, length, dropout }) => {
    const table = parameters.add('places.weight', [length, size], normal(0.02));
    const blocks = Array.from({ length: layers }, (_, n) =>
      transformerBlock(parameters, `block.${n}`, { size, heads, inner: 4 * size, dropout }),
    );
    const norm = layerNorm(parameters, 'norm', size);
    return ({ vectors, places, mask }, masks) => {
      const begun = masks.drop(add(vectors, rows(table, places)), dropout);
      return norm(blocks.reduce((x, block) => block(x, mask, masks), begun));
    };
  };
}
