/** Every model by the name that the command line, artefacts and logs use. */
import { ShelfwiseError } from '../core/errors.ts';
import { als } from './als.ts';
import { ease } from './ease.ts';
import { graphFilter } from './graph-filter.ts';
import { itemKnn } from './item-knn.ts';
import type { ModelDefinition, Setting, Settings } from './model.ts';
import { popularity } from './popularity.ts';
import { recentlyViewed } from './recently-viewed.ts';
import { rp3beta } from './rp3beta.ts';
import { sessionKnn } from './session-knn.ts';
import { transitionKnn } from './transition-knn.ts';
import { userGroups } from './user-groups.ts';

export const modelDefinitions: readonly ModelDefinition[] = [
  popularity,
  recentlyViewed,
  itemKnn,
  transitionKnn,
  rp3beta,
  sessionKnn,
  ease,
  als,
  graphFilter,
  userGroups,
];

/** @throws ShelfwiseError `SW_MODEL_UNKNOWN`, naming the models there are */
export function modelNamed(name: string): ModelDefinition {
  const found = modelDefinitions.find((definition) => definition.name === name);
  if (found) return found;
  const names = modelDefinitions.map((definition) => definition.name).join(', ');
  throw new ShelfwiseError(
    'SW_MODEL_UNKNOWN',
    `--model: expected one of ${names}; got "${name}".`,
    'Choose one of them.',
  );
}

/**
 * The definition's defaults with `chosen` laid over them.
 *
 * @throws ShelfwiseError `SW_SETTING` for an unknown name, a wrong type or a value out of bounds
 */
export function completeSettings(
  definition: ModelDefinition,
  chosen: Readonly<Record<string, Setting>> = {},
): Settings {
  const complete: Record<string, Setting> = {};
  for (const [name, spec] of Object.entries(definition.settings)) complete[name] = spec.default;
  for (const [name, value] of Object.entries(chosen)) {
    const spec = definition.settings[name];
    const where = `${definition.name}.${name}`;
    if (!spec) {
      const names = Object.keys(definition.settings).join(', ') || 'none';
      throw new ShelfwiseError('SW_SETTING', `${where}: no such setting; got ${value}.`, `The settings are: ${names}.`);
    }
    const bounded = typeof value !== 'number' || (value >= (spec.min ?? -Infinity) && value <= (spec.max ?? Infinity));
    const listed = !spec.choices || spec.choices.includes(value);
    if (typeof value !== typeof spec.default || !bounded || !listed) {
      const expected =
        spec.choices?.join(' | ') ?? `a ${typeof spec.default} in [${spec.min ?? '-∞'}, ${spec.max ?? '∞'}]`;
      throw new ShelfwiseError('SW_SETTING', `${where}: expected ${expected}, got ${value}.`, spec.doc);
    }
    complete[name] = value;
  }
  return complete;
}
