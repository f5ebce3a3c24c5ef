/** Every model by the name that the command line, artefacts and logs use. */
import { ShelfwiseError } from '../core/errors.ts';
import { als } from './als.ts';
import { attentionPooling } from './attention-pooling.ts';
import { bert4rec } from './bert4rec.ts';
import { contentAligned } from './content-aligned.ts';
import { contentKnn } from './content-knn.ts';
import { contentProfile } from './content-profile.ts';
import { ease } from './ease.ts';
import { graphFilter } from './graph-filter.ts';
import { gru4rec } from './gru4rec.ts';
import { itemKnn } from './item-knn.ts';
import { item2vec } from './item2vec.ts';
import { lightGcn } from './light-gcn.ts';
import { matrixFactorisation } from './matrix-factorisation.ts';
import type { ModelDefinition, Setting, Settings } from './model.ts';
import { popularity } from './popularity.ts';
import { recentlyViewed } from './recently-viewed.ts';
import { rp3beta } from './rp3beta.ts';
import { sasrec } from './sasrec.ts';
import { sessionKnn } from './session-knn.ts';
import { completeSettings } from './settings.ts';
import { transitionKnn } from './transition-knn.ts';
import { twoTower } from './two-tower.ts';
import { userGroups } from './user-groups.ts';

export const modelDefinitions: readonly ModelDefinition[] = [
  popularity,
  recentlyViewed,
  itemKnn,
  transitionKnn,
  rp3beta,
  sessionKnn,
  item2vec,
  sasrec,
  bert4rec,
  gru4rec,
  attentionPooling,
  twoTower,
  ease,
  als,
  matrixFactorisation,
  lightGcn,
  graphFilter,
  userGroups,
  contentKnn,
  contentProfile,
  contentAligned,
];

/** @throws ShelfwiseError `SW_MODEL_UNKNOWN`, naming the models there are */
export function modelNamed(name: string): ModelDefinition {
  const found = modelDefinitions.find((definition) => definition.name === name);
  if (found) return found;
  const names = modelDefinitions.map((definition) => definition.name).join(', ');
  throw new ShelfwiseError(
    'SW_MODEL_UNKNOWN',
    `\`model\`: expected one of ${names}; got "${name}".`,
    'Choose one of them.',
  );
}

/**
 * The definition's defaults with `chosen` laid over them.
 *
 * @throws ShelfwiseError `SW_SETTING` for an unknown name, a wrong type or a value out of bounds
 */
export function modelSettings(
  { name, settings }: ModelDefinition,
  chosen: Readonly<Record<string, Setting>> = {},
): Settings {
  return completeSettings(name, settings, chosen);
}
