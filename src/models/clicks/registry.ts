/** Models of clicks by the names that the command line uses. */
import { ShelfwiseError } from '../../core/errors.ts';
import type { ClickModelDefinition } from './click-model.ts';
import { deepClick } from './deep-click.ts';
import { embeddingDot } from './embedding-dot.ts';
import { kgcn } from './kgcn.ts';
import { sharedExperts } from './shared-experts.ts';

export const clickModels: readonly ClickModelDefinition[] = [embeddingDot, deepClick, sharedExperts, kgcn];

/** @throws ShelfwiseError `SW_MODEL_UNKNOWN`, naming the models there are */
export function clickModelNamed(name: string): ClickModelDefinition {
  const found = clickModels.find((definition) => definition.name === name);
  if (found) return found;
  const names = clickModels.map((definition) => definition.name).join(', ');
  const message = `\`model\`: expected one of ${names}; got "${name}".`;
  throw new ShelfwiseError('SW_MODEL_UNKNOWN', message, 'Choose one of them.');
}
